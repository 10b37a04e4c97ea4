"""Random graphs and honest implementations of them are those that the roundings are tested with."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "symdiff" / "rounding"))
