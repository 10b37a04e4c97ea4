"""The worst are chosen, whatever hides among very many."""

import numpy as np
import pytest

from comparisons.dtypes import float_type
from comparisons.judge.points.suspicion import Estimate, suspicious

F64 = float_type("float64")
_SIZE = 10_000


def estimate(value, bound=None):
    """Of slopes, for cotangents of one."""
    zero = np.zeros(value.shape)
    return Estimate(value, zero if bound is None else bound, zero, zero + 1)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -1.0, 0.0, 1 + 1e-13])
def test_one_wrong_value_among_many_is_chosen(wrong):
    """NaN, infinity, a wrong sign, a lost value, and a small error."""
    g = np.ones(_SIZE)
    computed = g.copy()
    computed[4321] = wrong

    chosen = suspicious(computed, estimate(g), F64, 64)
    assert 4321 in chosen
    assert len(chosen) <= 64


def test_a_lost_tail_is_chosen_and_what_is_unknown_is_sampled():
    """0 for 1e-12 is much beside the gradient; where the estimate says nothing some are taken."""
    g = np.geomspace(1e-12, 1, _SIZE)
    computed = g.copy()
    computed[3] = 0
    bound = np.zeros(_SIZE)
    bound[5000:6000] = np.inf

    chosen = suspicious(computed, estimate(g, bound), F64, 64)
    assert 3 in chosen
    assert ((chosen >= 5000) & (chosen < 6000)).sum() >= 8


def test_what_overflows_rightly_is_not_suspicious():
    """Beyond the largest number of the type infinity is right, and a number is not."""
    kind = float_type("float32")
    g = np.full(_SIZE, 1e39)
    computed = np.full(_SIZE, np.inf)
    computed[7] = 3e38

    assert 7 in suspicious(computed, estimate(g), kind, 16)
