"""The README's picture: the error of torch's float32 gradient of gelu; `make picture` renews it."""

from __future__ import annotations

import sys

from matplotlib.figure import Figure

import comparisons


def main() -> None:
    """Draw the picture into the file that is named."""
    found = comparisons.compare("gelu", dtype="float32")
    drawn = Figure(figsize=(9, 3.4), layout="constrained")
    found.plot(ax=drawn.add_subplot())
    drawn.savefig(sys.argv[1], dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
