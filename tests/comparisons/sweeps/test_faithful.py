"""The first pass says only what is certain."""

import numpy as np
import pytest

from comparisons.dtypes import FLOAT_TYPES
from comparisons.sweeps.faithful import CORRECT, FAITHFUL, OTHER, classify
from symdiff.oracle.enclosures.enclosure import Enclosure

FLOAT32 = FLOAT_TYPES["float32"]
U = 2.0**-23  # ulp(1) in float32


def kinds(computed, high, bound=0.0, low=0.0):
    """`classify` for float32, with one bound and low part for all."""
    computed, high = np.atleast_1d(computed).astype(float), np.atleast_1d(high).astype(float)
    known = np.ones(high.shape, dtype=bool)
    parts = (np.full(high.shape, low), np.full(high.shape, bound), known)
    return classify(computed, Enclosure(high, *parts), FLOAT32, bulk_from=0.5)


@pytest.mark.parametrize(
    ("computed", "truth", "bound", "kind"),
    [
        (1.0, 1.0, 0, CORRECT),
        (1.0, 1 + 0.49 * U, 0, CORRECT),
        (1.0, 1 + 0.51 * U, 0, FAITHFUL),
        (1.0, 1 + 0.99 * U, 0, FAITHFUL),
        (1.0, 1 + 1.01 * U, 0, OTHER),
        (1.0, 1 + 0.49 * U, 0.02 * U, OTHER),  # the bound does not decide
        (1.0, 1 + 0.99 * U, 0.02 * U, OTHER),
        (np.nan, 1.0, 0, OTHER),
        (np.inf, 1.0, 0, OTHER),
        (1.0, np.nan, np.inf, OTHER),
        (5.0, np.inf, 0, OTHER),  # beyond float64, whose unit is infinite
        (5.0, -np.inf, 0, OTHER),
        (0.0, 0.9 * 2.0**-150, 0, CORRECT),  # under half the smallest subnormal
        (0.0, 2.0**-149, 0, OTHER),
        (0.0, 1e-320, 0, CORRECT),  # subnormal in float64 too
        (-1.0, 1.0, 0, OTHER),
    ],
)
def test_each_kind(computed, truth, bound, kind):
    """Certainly within half an ulp, certainly between half and one, or left to the judge."""
    assert kinds(computed, truth, bound).kind[0] == kind


def test_the_low_part_counts():
    """A double-double's low part may carry the error over the threshold."""
    assert kinds(1.0, 1 + 0.49 * U, low=0.02 * U).kind[0] == OTHER


def test_the_largest_error_in_bulk():
    """Only where the gradient is of its usual size, and only of what was placed."""
    found = kinds([1.0, 0.25, 1.0], [1 + 0.75 * U, 0.25 + 0.9 * U / 4, 1 + 5 * U])

    assert found.most.bulk == pytest.approx(0.75, rel=1e-9)


def test_the_largest_errors_either_way():
    """Upwards and downwards, of what was placed; and the smallest gradient among these."""
    found = kinds([1.0, 1.0, 1.0, 0.25], [1 - 0.3 * U, 1 + 0.75 * U, 1 + 5 * U, 0.25])

    assert (found.most.above, found.most.below) == pytest.approx(
        (0.6, 0.75), rel=1e-6
    )  # ulp(1⁻) is U/2
    assert found.most.smallest == 0.25
