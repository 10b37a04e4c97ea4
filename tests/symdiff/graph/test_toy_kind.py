"""A kind of node is one class: this one is derived, computed, enclosed, written and pickled."""

import pickle

import numpy as np
import pytest
from sympy import Symbol

import symdiff
from symdiff.graph import Graph, Node, array, elementwise, total
from symdiff.graph.arrays.steps import operation
from symdiff.notation.arrays import applied


def reversed_along(operand, axis):
    """numpy's flip, of numbers of any kind."""
    return np.flip(operand, axis)


class Reversed(Node):
    """The operand from its end to its start along an axis of any length."""

    __slots__ = ("axis",)

    def pullback(self, cotangent):
        """The cotangent from its end."""
        return (Reversed(self.axes, (cotangent,), self.axis),)

    def lowered(self, steps):
        """One step."""
        (x,) = self.operands
        return steps.assign(operation(reversed_along, steps.value(x), x.axes.index(self.axis)))

    def whole(self, write):
        """reversed_n(x)."""
        return applied("reversed", (self.axis,), self.axes, map(write, self.operands))

    def entry(self, indices, entries):
        """x[n − 1 − i]."""
        last = Symbol(self.axis, integer=True, positive=True) - 1
        return entries.write(self.operands[0], {**indices, self.axis: last - indices[self.axis]})


X, W = array("x", "n"), array("w", "n")
Y = elementwise(lambda a, b: a**2 * b, Reversed(("n",), (X,), "n"), W)
GRAPH = Graph("toy", (X, W), {"L": total(Y, ["n"])})
GIVEN = {"x": np.array([1.0, 2.0, 3.0]), "w": np.array([5.0, 7.0, 11.0])}
EXPECTED = [2.0 * 1 * 11, 2.0 * 2 * 7, 2.0 * 3 * 5]


@pytest.mark.parametrize("arithmetic", ["numpy", "mpmath"])
def test_it_is_derived_and_computed(arithmetic):
    """x̄ᵢ = 2 xᵢ wₙ₋₁₋ᵢ."""
    found = symdiff.adjoints(GRAPH).lambdify(arithmetic)(**GIVEN)

    assert [float(x) for x in found["x"]] == EXPECTED


def test_it_is_enclosed():
    """Exactly, for these numbers."""
    found = symdiff.adjoints(GRAPH).enclose(**GIVEN)["x"]

    assert found.high.tolist() == EXPECTED
    assert found.bound.max() == 0


def test_it_is_written():
    """Whole, in LaTeX and entry by entry."""
    found = symdiff.adjoints(GRAPH)

    assert str(found).splitlines()[1] == "x̄ = reversed_n(2 w ∘ reversed_n(x))"
    assert r"\operatorname{reversed}_{n}" in found.latex()
    assert str(found["x"]) == "2*w[-i + n - 1]*x[i]"


def test_it_has_a_second_derivative():
    """Σ x̄ derived again: 2 wₙ₋₁₋ᵢ."""
    first = symdiff.adjoints(GRAPH).nodes["x"]
    found = symdiff.adjoints(Graph("g", (X, W), {"q": total(first, ["n"])})).lambdify()(**GIVEN)

    assert found["x"].tolist() == [22, 14, 10]


def test_it_is_pickled():
    """As the very same node."""
    assert pickle.loads(pickle.dumps(Y)) is Y  # noqa: S301 - our own
