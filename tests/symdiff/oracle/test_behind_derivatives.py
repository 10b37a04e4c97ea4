"""What is made of derivatives has a value only where what they are derivatives of has one."""

import numpy as np
import pytest
import sympy

from symdiff import adjoints
from symdiff.graph import Graph, array, contraction, einsum, elementwise
from symdiff.graph.kinds.gather import gather
from symdiff.graph.kinds.input import Input
from symdiff.oracle.enclosures.enclosure import Why

X, TABLE = array("x", "n"), array("x", "n m")


def twice(graph):
    """The adjoints of Σ w x̄, where x̄ is that of x in a graph."""
    first = adjoints(graph)
    w = array("w", " ".join(first.nodes["x"].axes))
    cotangents = [c for c in first.cotangents.values() if isinstance(c, Input)]
    total = {"M": contraction((w, first.nodes["x"]), ())}
    inputs = (*graph.inputs, *cotangents, w)
    return adjoints(Graph("twice", inputs, total, derived_from=graph))


def test_beyond_the_domain_of_log_no_second_derivative_is_certified():
    """−1/x² has a value at −1, and log x has none; the entries beside are what they are."""
    y = elementwise(sympy.log, X)
    found = twice(Graph("f", (X,), {"y": y})).enclose(
        x=np.array([-1.0, 2.0, -3.0]), v=np.ones(3), w=np.ones(3)
    )

    for name, there in (("x", -0.25), ("v", 0.5), ("w", 0.5)):
        assert found[name].certified.tolist() == [False, True, False]
        assert found[name].high[1] == there
        assert found[name].why[0] == Why.UNDEFINED


def test_a_sum_over_what_has_no_value_has_no_second_derivative():
    """One entry of a sum leaves all of it without a value, and its second derivatives."""
    y = elementwise(sympy.log, X)
    found = twice(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)}))

    assert not found.enclose(x=np.array([-1.0, 2.0]), w=np.ones(2))["x"].certified.any()
    assert found.enclose(x=np.array([1.0, 2.0]), w=np.ones(2))["x"].certified.all()


def test_a_derivative_as_an_output_by_itself_has_none_there():
    """1/x, called the derivative of log x, at −1; by itself it is a function like others."""
    y = elementwise(sympy.log, X)
    graph = Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})
    line = {"d": adjoints(graph).nodes["x"]}
    of_log = adjoints(Graph("twice", (X,), line, derived_from=graph))
    by_itself = adjoints(Graph("g", (X,), line))

    assert not of_log.enclose(x=np.array([-1.0]), v=np.ones(1))["x"].certified.any()
    assert by_itself.enclose(x=np.array([-1.0]), v=np.ones(1))["x"].high == -1


@pytest.mark.parametrize("rows", [3, 400])
def test_other_rows_are_certified(rows):
    """Of sums of rows one has no value: by balls, and by float balls of many."""
    y = elementwise(lambda x: sympy.log(x) / 3, TABLE)
    found = twice(Graph("f", (TABLE,), {"y": y, "s": einsum("n m -> n", y)}))
    at = np.full((rows, 3), 2.0)
    at[1, 2] = -2
    enclosure = found.enclose(x=at, v=np.ones(rows), w=np.ones((rows, 3)), target="float32")

    assert np.array_equal(~enclosure["x"].certified.any(axis=1), np.arange(rows) == 1)
    assert np.array_equal(~enclosure["x"].certified.all(axis=1), np.arange(rows) == 1)
    assert not enclosure["v"].certified[1]


def test_a_second_derivative_that_is_0_by_its_formula_is_none_there_either():
    """(x₀/x₁, x₁/0, x₂/x₀, x₃/0): no slope hangs on x₃ by its formula, and the sum has no value."""
    moved = gather(X, np.array([1, -1, 0, -1]), ("n",), (4,))
    y = elementwise(lambda a, b: a / b, X, moved)
    graph = Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})
    found = twice(graph).enclose(x=np.array([-1.0, -0.25, 3.0, 0.0]), w=np.ones(4))

    assert not found["x"].certified.any()
    assert not found["w"].certified.any()


def test_a_third_derivative_hangs_on_the_function_too():
    """2/x³ at −1, through two graphs of derivatives."""
    y = elementwise(sympy.log, X)
    graph = Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})
    second = Graph("g", (X,), {"d": einsum("n ->", adjoints(graph).nodes["x"])}, derived_from=graph)
    third = Graph(
        "h", (X,), {"e": einsum("n ->", adjoints(second).nodes["x"])}, derived_from=second
    )

    assert not adjoints(third).enclose(x=np.array([-1.0]))["x"].certified.any()
    assert adjoints(third).enclose(x=np.array([1.0]))["x"].high == 2
