"""Einsums written as matrix algebra where they are some, checked against numpy; seed 19."""

import numpy as np
import pytest

import symdiff
from symdiff.graph import array, contraction, einsum
from symdiff.graph.reading.in_names import in_names
from symdiff.notation.names import ArraySymbol

SEED = 19


def _written(node, *operands):
    return symdiff.text(in_names(node, {o: ArraySymbol(o.name, real=True) for o in operands}))


# subscripts → text, and the same in numpy
PRODUCTS = [
    ("n, n m -> m", "a b", lambda a, b: a @ b),
    ("n m, m -> n", "a b", lambda a, b: a @ b),
    ("n m, m k -> n k", "a b", lambda a, b: a @ b),
    ("n m, n k -> m k", "aᵀ b", lambda a, b: a.T @ b),
    ("n m, k m -> n k", "a bᵀ", lambda a, b: a @ b.T),
    ("m n, k m -> n k", "aᵀ bᵀ", lambda a, b: a.T @ b.T),
    ("n m, m k -> k n", "bᵀ aᵀ", lambda a, b: b.T @ a.T),
    ("n, m -> n m", "a bᵀ", np.outer),
    ("n m, n -> m", "b a", lambda a, b: b @ a),
]


@pytest.mark.parametrize(
    ("subscripts", "expected", "numpy"), PRODUCTS, ids=[p[0] for p in PRODUCTS]
)
def test_a_product_is_written_as_numpy_computes_it(subscripts, expected, numpy):
    """The text names the product whose matmul is the einsum's value."""
    left, right = subscripts.split("->")
    axes = [g.split() for g in left.split(",")]
    length = {"n": 2, "m": 3, "k": 4}
    random = np.random.default_rng(SEED)
    values = [random.standard_normal([length[x] for x in g]) for g in axes]
    letters = ",".join("".join(g) for g in axes) + "->" + "".join(right.split())
    a, b = array("a", " ".join(axes[0])), array("b", " ".join(axes[1]))

    assert expected == _written(einsum(subscripts, a, b), a, b)
    np.testing.assert_allclose(numpy(*values), np.einsum(letters, *values), rtol=1e-12)


@pytest.mark.parametrize(
    ("subscripts", "expected"),
    [
        ("n m -> m n", "aᵀ"),
        ("n m ->", "Σ a"),
        ("n m -> m", "Σ_n a"),
        ("n m -> n", "Σ_m a"),
        ("n m k -> m", "Σ_n,k a"),
        ("n m k -> k m n", "einsum(n m k -> k m n; a)"),
    ],
)
def test_one_operand(subscripts, expected):
    """A transpose has its sign, a sum says over what, and the rest keeps its subscripts."""
    a = array("a", subscripts.split("->")[0].strip())

    assert expected == _written(einsum(subscripts, a), a)


@pytest.mark.parametrize(
    ("subscripts", "expected"),
    [
        ("n d, k d h -> n k h", "a b_k"),
        ("n d, n k h -> k d h", "aᵀ b_k"),
        ("n k h, k d h -> n d", "Σ_k a_k b_kᵀ"),
        ("k n d, k d m -> k n m", "a_k b_k"),
        ("n k, n k -> n", "Σ_k a ∘ b"),
        ("n d, k h d -> h k n", "b_k aᵀ"),
    ],
)
def test_a_matrix_for_every_index(subscripts, expected):
    """It has the index below; over one that is gone the products are summed."""
    left, right = subscripts.split(" -> ")[0].split(", ")
    a, b = array("a", left), array("b", right)

    assert expected == _written(einsum(subscripts, a, b), a, b)


def test_what_is_no_matrix_algebra_keeps_its_subscripts():
    """A product over three axes is written as an einsum."""
    a, b = array("a", "i j k"), array("b", "k j")
    written = _written(contraction((a, b), ("i",)), a, b)

    assert written == "einsum(i j k, k j -> i; a, b)"
