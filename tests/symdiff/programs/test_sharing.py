"""Steps in which nothing is computed twice, and few expressions that are applied often."""

import numpy as np
import sympy

import symdiff
from symdiff.functions import sigmoid
from symdiff.graph import Graph, array, elementwise, scalars
from symdiff.programs.program import program
from symdiff.programs.sharing import Entrywise

A, B, C = scalars("a b c")


def test_what_two_steps_need_is_a_step():
    """exp(a + b) in both, whichever operand comes first."""
    nodes = {
        "p": elementwise(lambda a, b: 1 + sympy.exp(a + b), A, B),
        "q": elementwise(lambda b, a: 2 * sympy.exp(a + b), B, A),
    }

    assert program(nodes).operation_count() == 2 + 1 + 1
    assert program(nodes, shared=False).operation_count() == 6


def test_what_stands_inside_what_is_shared_is_no_step_of_its_own():
    """Of exp(a + b) used twice, a + b is used once."""
    node = elementwise(lambda a, b: sympy.exp(a + b) ** 2 + sympy.sin(sympy.exp(a + b)), A, B)
    steps = program({"y": node, "z": elementwise(lambda a, b: sympy.cos(sympy.exp(a + b)), A, B)})
    shared = [what.template for s, what in steps.steps if s.name[0] == "s"]

    assert [type(template) for template in shared] == [sympy.exp]


def test_a_condition_is_never_a_step():
    """No arithmetic holds one: its sides are shared, it stays where it is."""
    nodes = [
        elementwise(lambda a, b, k=k: sympy.Piecewise((k * a, sympy.sin(a) < b), (b, True)), A, B)
        for k in (1, 2, 3)
    ]
    steps = program(dict(zip("xyz", nodes, strict=True)))

    assert all(isinstance(what.template, sympy.Expr) for _, what in steps.steps)
    assert steps.steps[0][1].template.func is sympy.sin


def test_a_value_that_is_a_step_already_is_not_computed_again():
    """σ(a) is a node, and part of another."""
    inner = elementwise(sigmoid, A)
    outer = elementwise(lambda a: a * sigmoid(a), A)

    for order in ({"i": inner, "o": outer}, {"o": outer, "i": inner}):
        assert program(order).operation_count() == 2


def test_a_deep_graph_applies_few_expressions():
    """500 layers of z σ(z): as many templates as 5 layers have."""

    def templates(depth):
        node, inputs = array("x"), [array("x")]
        for i in range(depth):
            w = array(f"w{i}")
            inputs.append(w)
            node = elementwise(lambda w, a: w * a * sigmoid(w * a), w, node)
        nodes = symdiff.adjoints(Graph("deep", tuple(inputs), {"y": node})).nodes
        return {w.template for _, w in program(nodes).steps if isinstance(w, Entrywise)}

    assert templates(5) == templates(500)


def test_numbers_put_in_leave_the_other_operands():
    """a b + c at b = 3."""
    steps = program({"y": elementwise(lambda a, b, c: a * b + c, A, B, C)})
    put = steps.at({"b": sympy.Integer(3)})
    ((_, what),) = put.steps

    assert set(put.arguments) == {"a", "c"}
    assert what.expression == 3 * put.arguments["a"] + put.arguments["c"]


def test_shared_and_unshared_compute_the_same():
    """On a graph whose parts are shared across nodes."""
    nodes = {
        str(k): elementwise(
            lambda a, b, k=k: sympy.tanh(a * b) ** k / (1 + sympy.tanh(a * b)), A, B
        )
        for k in range(1, 5)
    }
    given = {"a": np.array([0.3, -2.0]), "b": np.array([1.5, 0.25])}
    one, other = (_run(program(nodes, shared=shared), given) for shared in (True, False))

    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], rtol=1e-14)


def _run(steps, given):
    values = {s: given[name] for name, s in steps.arguments.items()}
    for symbol, what in steps.steps:
        function = sympy.lambdify(what.operands, what.expression, "numpy")
        values[symbol] = function(*(values[s] for s in what.operands))
    return {name: values[symbol] for name, symbol in steps.results.items()}
