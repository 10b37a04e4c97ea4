"""Parts along an axis and what is put together from them."""

import mpmath
import numpy as np
import pytest

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, array, elementwise
from symdiff.graph.kinds.part import part, placed, stack, taken
from symdiff.graph.kinds.position import one_hot
from symdiff.graph.signature import Signature

X = array("x", "n k")


def value(node, **inputs):
    """The node's value in float64."""
    axes = {"x": ("n", "k"), "t": ("n",), "w": ("c",)}
    signature = Signature("f", {name: axes[name] for name in inputs}, {})
    return Evaluator(signature, {"y": node})(**inputs)["y"]


def test_a_part_is_a_slice():
    """x[:, 1]."""
    x = np.arange(6.0).reshape(2, 3)

    np.testing.assert_array_equal(value(part(X, "k", 1), x=x), x[:, 1])


def test_a_stack_is_numpy_s():
    """The parts along a new axis, in their order."""
    x = np.arange(6.0).reshape(2, 3)
    node = stack([part(X, "k", i) for i in (2, 0)], "half", at=1)

    np.testing.assert_array_equal(value(node, x=x), np.stack([x[:, 2], x[:, 0]], 1))


def test_the_adjoint_of_a_part_is_placed_among_zeros():
    """In float64 and enclosed."""
    adjoints = symdiff.adjoints(Graph("part", (X,), {"y": part(X, "k", 1)}))
    inputs = {"x": np.ones((2, 3)), "v": np.array([5.0, 7.0])}

    np.testing.assert_array_equal(adjoints.lambdify()(**inputs)["x"], [[0, 5, 0], [0, 7, 0]])
    np.testing.assert_array_equal(adjoints.enclose(**inputs)["x"].high, [[0, 5, 0], [0, 7, 0]])


def test_an_index_out_of_range_is_no_class():
    """One-hot rows of 2, 0 and −100 among three classes; the last row is all 0."""
    hot = one_hot(array("t", "n"), "c")
    weighted = elementwise(lambda h, w: h * w, hot, array("w", "c"))
    found = value(weighted, t=np.array([2.0, 0.0, -100.0]), w=np.array([1.0, 2.0, 3.0]))

    np.testing.assert_array_equal(found, [[0, 0, 3], [1, 0, 0], [0, 0, 0]])


def test_a_part_along_no_axis_is_refused():
    """The sentence names the axes there are."""
    with pytest.raises(ValueError, match=r"no axis 'c' to take a part of; \(n k\)"):
        part(X, "c", 0)


def test_a_part_and_its_place():
    """Placed among zeros of the numbers' own kind, of which the part is what was put there."""
    row = np.array([mpmath.mpf(1), mpmath.mpf(2)], dtype=object)
    whole = placed(row, 1, 2, 3)

    assert whole.tolist() == [[0, 0, 1], [0, 0, 2]]
    assert all(isinstance(number, mpmath.mpf) for number in whole.flat)
    assert taken(whole, 1, 2).tolist() == row.tolist()
