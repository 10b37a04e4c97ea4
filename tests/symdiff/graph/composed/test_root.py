"""√ with the convention of norms at 0."""

import numpy as np

import symdiff
from symdiff.graph import Graph, array, elementwise, root, total

X = array("x", "n")
NORM = Graph("norm", (X,), {"L": root(total(elementwise(lambda a: a**2, X), ["n"]))})


def test_the_gradient_of_the_2_norm_is_the_unit_vector():
    """x/‖x‖, certified."""
    x = np.array([3.0, -4.0])
    found = symdiff.adjoints(NORM)

    np.testing.assert_allclose(found.lambdify()(x=x)["x"], [0.6, -0.8], rtol=1e-15)
    enclosed = found.enclose(x=x)["x"]
    assert enclosed.certified.all()
    np.testing.assert_allclose(enclosed.high, [0.6, -0.8], rtol=1e-15)


def test_at_0_it_is_0():
    """As torch has it, in float64, in mpmath and in balls."""
    found, zero = symdiff.adjoints(NORM), np.zeros(3)

    assert found.lambdify()(x=zero)["x"].tolist() == [0, 0, 0]
    assert [float(v) for v in found.lambdify("mpmath")(x=zero)["x"]] == [0, 0, 0]
    enclosed = found.enclose(x=zero)["x"]
    assert enclosed.certified.all()
    assert enclosed.high.tolist() == [0, 0, 0]


def test_its_second_derivative_is_that_of_the_norm():
    """(I − x xᵀ/‖x‖²)/‖x‖ times u."""
    u = array("u", "n")
    first = symdiff.adjoints(NORM).nodes["x"]
    graph = Graph("g", (X, u), {"q": total(elementwise(lambda a, b: a * b, first, u), ["n"])})
    x, w = np.array([3.0, -4.0]), np.array([1.0, 2.0])
    expected = (w - x * (x @ w) / 25) / 5

    np.testing.assert_allclose(
        symdiff.adjoints(graph).lambdify()(x=x, u=w)["x"], expected, rtol=1e-12
    )
