"""Bound what rounding does to a graph's adjoints: the errors of an honest implementation."""

from symdiff.rounding.errors import RoundingErrors, rounding_errors, scale_of
from symdiff.rounding.precision import DOUBLE, SINGLE, Precision

__all__ = ["DOUBLE", "SINGLE", "Precision", "RoundingErrors", "rounding_errors", "scale_of"]
