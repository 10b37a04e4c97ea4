"""At an edge of a domain a derivative is certified if there are values on one side at least."""

import numpy as np
import pytest
import sympy
from sympy import Abs, Piecewise, Rational

from symdiff import adjoints
from symdiff.functions import maximum
from symdiff.graph import Graph, array, contraction, einsum, elementwise, root, squared_deviations
from symdiff.graph.composed.mean import mean
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.kinds.stop import stop

X, U = array("x", "n"), array("u", "n")
HALF = Rational(3, 2)
AT = np.array([0.0, 2.0, 0.5])


def power(node):
    """Its power 3/2."""
    return elementwise(lambda a: a**HALF, node)


def of(function, *operands):
    """A function of entries."""
    return elementwise(function, *operands)


ISOLATED = {
    "(x³ − x²)^(3/2)": power(of(lambda a: a**3 - a**2, X)),
    "(−x²)^(3/2) + x": of(lambda a, b: a + b, power(of(lambda a: -(a**2), X)), X),
    "asin(1 + x²)": of(lambda a: (sympy.asin(a) - sympy.pi / 2) ** 3, of(lambda a: 1 + a**2, X)),
    "(−|x|)^(5/2)": of(lambda a: a ** Rational(5, 2), of(lambda a: -Abs(a), X)),
    "a sum of roots": power(running_sum(of(lambda a: -(a**4), X), "n")),
    "by a line": of(lambda a: sympy.sign(sympy.sqrt(a)), of(lambda a: -(a**2), X)),
}


@pytest.mark.parametrize("name", ISOLATED)
def test_where_a_value_stands_alone_nothing_is_certified(name):
    """There is one at 0 and none beside it, though the formula of the slope may be 0 there."""
    y = ISOLATED[name]
    for lines, v in (({"y": y}, {"v": np.ones(3)}), ({"y": y, "L": einsum("n ->", y)}, {})):
        found = adjoints(Graph("f", (X,), lines)).enclose(x=0 * AT, **v)

        if "x" in found:
            assert not found["x"].certified.any()


KEPT = {
    "x^(3/2)": (power(X), 0.0),
    "x^(3/2) behind a cube": (power(of(lambda a: a**3, X)), 0.0),
    "relu(x)^(3/2)": (power(of(lambda a: maximum(a, 0), X)), 0.0),
    "|x|^(3/2)": (power(of(Abs, X)), 0.0),
    "(x²)^(3/2)": (power(of(lambda a: a**2, X)), 0.0),
    "in a case that is taken elsewhere": (
        of(lambda a, x: Piecewise((a**HALF, x > 1), (x, True)), of(lambda a: a - 1, X), X),
        1.0,
    ),
    "of what does not move": (of(lambda a, x: a + x, power(stop(of(lambda a: -a, X), "d")), X), 1),
}


@pytest.mark.parametrize("name", KEPT)
def test_where_there_are_values_on_a_side_the_slope_is_certified(name):
    """Of x^(3/2) it is 0 at 0."""
    y, slope = KEPT[name]
    found = adjoints(Graph("f", (X,), {"y": y})).enclose(x=np.zeros(2), v=np.ones(2))["x"]

    assert found.certified.all()
    assert (found.high == slope).all()


def test_many_entries_are_asked_in_float64_first():
    """Of 400 entries, one of which is at an edge, the others are certified."""
    y = power(of(lambda a: a**3 - a**2, X))
    at = np.linspace(2, 3, 400)
    found = adjoints(Graph("f", (X,), {"y": y}))
    assert found.enclose(target="float32", x=at, v=np.ones(400))["x"].certified.all()
    at[7] = 0
    enclosure = found.enclose(target="float32", x=at, v=np.ones(400))["x"]

    assert np.flatnonzero(~enclosure.certified).tolist() == [7]


def test_norms_and_variances_are_never_below_0():
    """√Σx² at 0, of which the slope is 0 by convention, and the deviations of equal numbers."""
    norm = root(contraction((of(lambda a: a**2, X),), ()))
    found = adjoints(Graph("f", (X,), {"L": norm})).enclose(x=np.zeros(3))["x"]
    assert found.certified.all()
    spread = power(squared_deviations(X, mean(X, ["n"])))
    found = adjoints(Graph("f", (X,), {"L": spread})).enclose(x=np.ones(3))["x"]

    assert found.certified.all()


def test_a_line_has_an_edge_of_its_own():
    """−x² is no edge of itself: as a number that moves by itself it may be above 0."""
    s = of(lambda a: -(a**2), X)
    found = adjoints(Graph("f", (X,), {"s": s, "y": power(s)})).enclose(x=np.zeros(2), v=np.ones(2))

    assert not found["x"].certified.any()
    assert found["s"].certified.all()
