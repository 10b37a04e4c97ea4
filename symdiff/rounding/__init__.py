"""What rounding does to a graph's adjoints: how far off an honest implementation may be."""

from symdiff.rounding.errors import RoundingErrors, rounding_errors, scale_of
from symdiff.rounding.precision import DOUBLE, SINGLE, Precision

__all__ = ["DOUBLE", "SINGLE", "Precision", "RoundingErrors", "rounding_errors", "scale_of"]
