"""Keep the extremes of the errors by the size of the input, in 131 bins.

A bin is half an octave of |z| from 2^−16 to 2^16; one holds what lies between, one on either side
what lies beyond. Every point falls into one, so that no error hides; envelopes of parts add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.budget import Budget
from comparisons.judge.judgement import Judgement

OCTAVES = 16
LAST = 4 * OCTAVES + 1


class Bin(NamedTuple):
    """The extremes among the points of a bin."""

    above: float  # error upwards, in ulp
    below: float  # error downwards, in ulp
    allowed: float  # in ulp
    wrong: int  # points that are off by more than is allowed

    def joined(self, other: Bin) -> Bin:
        """The extremes among the points of two bins."""
        return Bin(
            max(self.above, other.above),
            max(self.below, other.below),
            max(self.allowed, other.allowed),
            self.wrong + other.wrong,
        )


Envelope = Mapping[int, Bin]  # by the bin's number, from −LAST to LAST; those that have points


def bins(z: Float64Array) -> Any:
    """The number of the bin of each finite z, from −LAST to LAST."""
    with np.errstate(divide="ignore"):
        octave = np.log2(np.abs(z)) + OCTAVES
    size = np.where(octave < 0, 0, 1 + np.floor(2 * np.maximum(octave, 0)))
    return (np.sign(z) * np.minimum(size, LAST)).astype(np.intp)


def joined(parts: Iterable[Envelope]) -> Envelope:
    """The envelope of the points of all parts."""
    found: dict[int, Bin] = {}
    for part in parts:
        for number, extremes in part.items():
            before = found.get(number)
            found[number] = extremes if before is None else extremes.joined(before)
    return found


def envelope(
    z: Float64Array,
    truth: Float64Array,
    computed: Float64Array,
    judgement: Judgement,
    *,
    dtype: FloatType,
    budget: Budget,
    cotangent: Float64Array,
) -> Envelope:
    """The envelope of judged gradients; inputs and truths that are not finite are left out.

    Args: arrays of one shape.
    """
    finite = np.isfinite(z) & np.isfinite(truth)
    at = bins(z[finite]) + LAST
    g, off, excess = truth[finite], judgement.ulp[finite], judgement.excess[finite]
    upwards = ~(computed[finite] < g)
    line = allowed(g, dtype, budget, cotangent[finite])
    within = (excess > 0) & (excess < 1)  # error over excess is the line, conditioning and all
    with np.errstate(over="ignore"):
        line[within] = np.maximum(line, off / np.where(within, excess, 1.0))[within]
    extremes = (
        _largest(at, np.where(upwards, off, 0.0)),
        _largest(at, np.where(upwards, 0.0, off)),
        _largest(at, line),
        np.bincount(at, excess > 1, 2 * LAST + 1).astype(int),
    )
    columns = zip(*(column.tolist() for column in extremes), strict=True)
    filled = np.bincount(at, minlength=2 * LAST + 1).tolist()
    return {i - LAST: Bin(*found) for i, found in enumerate(columns) if filled[i]}


def allowed(
    g: Float64Array, dtype: FloatType, budget: Budget, cotangent: Float64Array
) -> Float64Array:
    """The error in ulp that is allowed at each gradient, its conditioning left out."""
    size = np.minimum(np.abs(g), dtype.largest)
    scale = np.minimum(np.maximum(np.abs(g), np.abs(cotangent)), dtype.largest)
    with np.errstate(over="ignore"):
        return np.asarray(budget.absolute * dtype.ulp(scale) / dtype.ulp(size))


def _largest(at: Any, values: Float64Array) -> Float64Array:
    most = np.zeros(2 * LAST + 1)
    if at.size:
        runs = np.concatenate([[0], np.flatnonzero(np.diff(at)) + 1])  # inputs come in order
        np.maximum.at(most, at[runs], np.maximum.reduceat(values, runs))
    return most
