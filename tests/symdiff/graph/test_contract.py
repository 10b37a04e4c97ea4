"""Einsum of balls by matrix products: the same enclosures, in any layout."""

import mpmath
import numpy as np
import pytest
from flint import arb, ctx

from symdiff.graph.arrays.contract import contract

DRAW = np.random.default_rng(20240308)
LENGTH = {"b": 3, "i": 5, "j": 6, "k": 7, "l": 2}


def _balls(letters):
    """Thirds of random numbers, so that no ball is exact, with a row of exact zeros."""
    balls = np.frompyfunc(lambda v: arb(v) / 3, 1, 1)(
        DRAW.normal(size=[LENGTH[a] for a in letters])
    )
    balls[0] = arb(0)
    return balls


@pytest.mark.parametrize(
    "subscripts",
    [
        "ij,jk->ik",
        "ij,jk->ki",
        "bij,bjk->bik",
        "bij,bjk->ibk",
        "bij,bkj->kib",
        "ij,ij->",
        "bij,ijb->",
        "ijk,kj->i",
        "ij,jk->i",
        "ij,kl->jk",
        "i,j->ij",
        "ij->ji",
        "ij,jk,kl->il",
        "i,i,ij->ij",
        "b,bij,jk,k->i",
    ],
)
def test_the_enclosures_are_those_of_numpy(subscripts):
    """Each overlaps numpy's over the balls, is as narrow, and an exact 0 stays one."""
    with ctx.workprec(128):
        operands = [_balls(letters) for letters in subscripts.partition("->")[0].split(",")]
        expected = np.asarray(np.einsum(subscripts, *operands), dtype=object)
        found = np.asarray(contract(subscripts, *operands), dtype=object)

        assert expected.shape == found.shape
        for one, other in zip(expected.flat, found.flat, strict=True):
            assert one.overlaps(other)
            assert one.is_zero() == other.is_zero()
            assert other.rad() < 1e-30


def test_floats_are_multiplied_as_matrices_and_exact_numbers_by_einsum():
    """A letter twice, a diagonal, is einsum's too."""
    a = DRAW.normal(size=(9, 9))

    np.testing.assert_array_equal(a @ a, contract("ij,jk->ik", a, a))
    np.testing.assert_array_equal(np.einsum("ii,ij->j", a, a), contract("ii,ij->j", a, a))
    assert contract("i,i->", *[np.array([2, 3], dtype=object)] * 2) == 13
    assert contract("i,i->", *[np.array([2, 3])] * 2) == 13


def test_a_contraction_of_mpmath_numbers():
    """einsum multiplies and adds numbers of any kind."""
    entries = np.array([mpmath.mpf(1) / 3, mpmath.mpf(2)], dtype=object)

    assert contract("a,a->", entries, entries) == entries[0] ** 2 + 4
