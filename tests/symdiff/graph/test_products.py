"""Sums of products of floats."""

import numpy as np
import pytest

from symdiff.graph.arrays.products import summed_product

LENGTHS = {"a": 3, "b": 4, "c": 5, "d": 2}


@pytest.mark.parametrize(
    "subscripts",
    [
        "ab,bc->ac",
        "ab,cb->ca",
        "dab,dbc->dca",
        "ab,ab->ab",
        "ab,ab->",
        "ab,b->a",
        "a,b->ba",
        "ab->ba",
        "abc->b",
        "ab,c->b",
        "ab,bc,cd->ad",
        "ab,b,ab->a",
        "dab,ac,dbc->d",
        ",ab->a",
    ],
)
def test_it_is_what_einsum_gives(subscripts):
    """Whatever is summed, kept or turned, of one array to three."""
    rng = np.random.default_rng(0)
    groups = subscripts.split("->")[0].split(",")
    operands = [rng.normal(size=[LENGTHS[x] for x in group]) for group in groups]

    found = summed_product(subscripts, *operands)

    np.testing.assert_allclose(found, np.einsum(subscripts, *operands), rtol=1e-13, atol=1e-14)


def test_a_sum_of_nothing_is_zero():
    """Along an axis of length 0."""
    assert summed_product("ab,bc->ac", np.ones((2, 0)), np.ones((0, 3))).tolist() == [[0.0] * 3] * 2
