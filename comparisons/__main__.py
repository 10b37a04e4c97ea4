"""Run the command line `symdiff` as `python -m comparisons`."""

import sys

from comparisons.cli.command import main

if __name__ == "__main__":  # a float32 sweep's worker processes import this file
    sys.exit(main())
