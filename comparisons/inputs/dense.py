"""Draw points by the hundred thousand that leave no gap in a type's range."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.points import every_pattern, neighbours
from comparisons.inputs.values import seeded

# Half the width of an interval around 0, and how many cells it is cut into: 2000, 128 and 16 of
# them to a unit of z. A gap of two cells or more holds a point for certain.
_LINEAR = ((8.0, 2**15), (128.0, 2**15), (1024.0, 2**15))
# Sizes from 2^low to 2^high, and into how many cells they are cut: 200 to a binade where most
# inputs are. All binades beside them, four cells each in float64 and thirty in float32.
_USUAL = (-40.0, 24.0, 2**13)
_ALL = 2**13
_WHOLE = 256  # whole numbers and halves of either sign, where people put their branches
# exp overflows in float64 and float32, and its inverse is subnormal: where formulas change over
_TYPES = (708.0, 709.0, 710.0, 711.0, 720.0, 745.0, 746.0, 87.0, 88.0, 89.0, 90.0, 103.0, 104.0)


def dense(dtype: FloatType, special: Iterable[float] = ()) -> Float64Array:
    """Finite values of a type, one drawn in each of many cells, in random order.

    Of a 16-bit type all values; else cells of equal length and of equal ratio, whole numbers and
    halves, ±0, the ends of the range, and the neighbours of `special` points.
    """
    draw = seeded()
    centres = [*special, *_TYPES, *(-t for t in _TYPES)]
    if dtype.bits == 16:
        values = every_pattern(dtype)
        return draw.permutation(values[np.isfinite(values)])
    parts = [half * _spread(draw, -1, 1, count) for half, count in _LINEAR]
    low, high, count = _USUAL
    everywhere = (float(dtype.e_min - dtype.precision + 1), float(dtype.e_max + 1), _ALL)
    for first, last, cells in ((low, high, count), everywhere):
        parts += [s * np.exp2(_spread(draw, first, last, cells)) for s in (-1.0, 1.0)]
    whole = np.arange(-_WHOLE, _WHOLE + 1) / 2
    ends = [dtype.smallest_subnormal, dtype.smallest_normal, dtype.largest]
    parts += [whole, np.array([0.0, -0.0, *ends, *(-e for e in ends)])]
    parts += [neighbours(c, dtype) for c in centres if abs(c) <= dtype.largest]
    points = dtype.round(np.concatenate(parts))
    return draw.permutation(points[np.isfinite(points)])


def _spread(draw: np.random.Generator, low: float, high: float, count: int) -> Float64Array:
    """A number in each of so many cells from low to high."""
    return np.asarray(low + (high - low) * (np.arange(count) + draw.random(count)) / count)
