"""Functions with a rule of their own: the rule is the derivative, and is swept again."""

import pickle

import numpy as np
import pytest

import symdiff
from symdiff.expression.formula import exact
from symdiff.graph import Graph, array, einsum, elementwise
from symdiff.graph.composed.normalised import root_mean_squared, standardised
from symdiff.graph.composed.softmax import log_softmax, logsumexp, softmax
from symdiff.graph.kinds.with_rule import WithRule, with_rule

DRAW = np.random.default_rng(20240229)
X = array("x", "n c")
RULED = {
    "softmax": softmax(X, "c"),
    "log_softmax": log_softmax(X, "c"),
    "logsumexp": logsumexp(X, "c"),
    "standardised": standardised(X, ("c",)),
    "root_mean_squared": root_mean_squared(X, ("n", "c")),
}


def of(node, **inputs):
    """x̄ at the inputs, with ε = 1/7 where there is one."""
    graph = Graph("g", (X,), {"y": node}, {"eps": exact("1/7")})
    return symdiff.adjoints(graph).lambdify()(**inputs)["x"]


@pytest.mark.parametrize("name", RULED)
def test_the_rule_is_what_the_sweep_finds_for_the_value(name):
    """Through exponentials, sums and quotients the sweep comes to the same numbers."""
    node = RULED[name]
    x = DRAW.normal(size=(3, 4))
    v = DRAW.normal(size=[len("abc"), 4][: len(node.axes)])

    np.testing.assert_allclose(of(node, x=x, v=v), of(node.value, x=x, v=v), rtol=1e-12)


def test_a_wrong_rule_would_be_seen():
    """The comparison above rejects softmax without its second term."""
    wrong = with_rule("softmax", ("c",), RULED["softmax"].value, _first_term_only, X)
    x, v = DRAW.normal(size=(3, 4)), DRAW.normal(size=(3, 4))

    assert not np.allclose(of(wrong, x=x, v=v), of(wrong.value, x=x, v=v), rtol=0.1)


def _first_term_only(node, cotangent):
    return (elementwise(lambda s, v: s * v, node, cotangent),)


def test_softmax_has_a_second_derivative():
    """The adjoint's own adjoint is a graph too; its numbers are a difference quotient's."""
    v, u = array("v", "n c"), array("u", "n c")
    first = symdiff.adjoints(symdiff.layers["softmax"]()).nodes["x"]
    scalar = einsum("n c, n c ->", first, u)
    second = symdiff.adjoints(Graph("second", (X, v, u), {"q": scalar})).lambdify()
    value = symdiff.adjoints(symdiff.layers["softmax"]()).lambdify()
    x, v, u = DRAW.normal(size=(3, 2, 3))
    h = 1e-6

    def slope(i):
        step = np.zeros_like(x)
        step.flat[i] = h
        above, below = (value(x=x + s, v=v)["x"] for s in (step, -step))
        return ((above - below) * u).sum() / (2 * h)

    expected = np.reshape([slope(i) for i in range(x.size)], x.shape)
    np.testing.assert_allclose(second(x=x, v=v, u=u)["x"], expected, atol=1e-9)


@pytest.mark.parametrize("name", RULED)
def test_a_node_with_a_rule_can_be_pickled(name):
    """It comes back as the very same node."""
    assert pickle.loads(pickle.dumps(RULED[name])) is RULED[name]  # noqa: S301 - our own
    assert isinstance(RULED[name], WithRule)


def test_large_logits_do_not_overflow():
    """softmax of 1000 and −1000, in float64."""
    x = np.array([[1000.0, -1000.0], [1000.0, 1000.0]])

    np.testing.assert_array_equal(of(RULED["logsumexp"], x=x, v=np.ones(2)), [[1, 0], [0.5, 0.5]])
