"""The straight-line program of a graph: each value once, in order, and its operations counted."""

import pytest
import sympy

import symdiff
from symdiff.functions import sigmoid, tanh
from symdiff.graph import array, broadcast, einsum, elementwise, scalars, stop
from symdiff.graph.arrays.layout import Align
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import program


def test_every_value_is_assigned_before_it_is_used():
    """Each assignment uses arguments and earlier assignments only, and no symbol twice."""
    found = symdiff.adjoints(symdiff.linear_layer(batched=True))
    steps = program(found.nodes)
    known = set(steps.arguments.values())
    for symbol, expression in steps.assignments:
        assert expression.free_symbols <= known
        assert symbol not in known
        known.add(symbol)

    assert set(steps.results.values()) <= known
    assert list(found.nodes) == list(steps.results)


def test_a_users_names_reach_no_code():
    """Arguments and values are called v0, v1, …, whatever the inputs are called."""
    steps = program({"y": elementwise(lambda p, q: p * q, *scalars("os system"))})
    names = {s.name for s, _ in steps.assignments} | {s.name for s in steps.arguments.values()}

    assert set(steps.arguments) == {"os", "system"}
    assert all(name[0] in "vs" and name[1:].isdigit() for name in names)


def test_parameters_and_lengths_are_arguments():
    """What an expression needs besides operands is an argument of that name."""
    steps = program(symdiff.adjoints(symdiff.linear_layer()).nodes)

    assert {"w", "x", "b", "y", "m"} <= set(steps.arguments)


@pytest.mark.parametrize(
    ("function", "count"),
    [
        (lambda a: a, 0),
        (lambda a: a + 1, 1),
        (lambda a: a * a * a, 1),
        (lambda a: 2 * a + 1, 2),
        (lambda a: tanh(a), 1),  # noqa: PLW0108 - SymPy takes the class itself for a constant
        (lambda a: a * sigmoid(a), 2),
        (lambda a: a / sympy.sqrt(2 * sympy.pi), 1),
        (lambda a: sympy.exp(a) + sympy.exp(a) ** 2, 4),
    ],
)
def test_operations_are_counted(function, count):
    """Each operation counts one; constants are computed beforehand and count nothing."""
    (a,) = scalars("a")

    assert count == program({"y": elementwise(function, a)}).operation_count()


def test_a_common_subexpression_is_computed_once():
    """σ(a) in two nodes is one function call."""
    (a,) = scalars("a")
    nodes = {
        "p": elementwise(lambda v: v * sigmoid(v), a),
        "q": elementwise(lambda v: 1 + sigmoid(v), a),
    }

    assert program(nodes).operation_count() == 3


def test_a_stop_costs_nothing():
    """A stop node is its operand's value by another name."""
    (a,) = scalars("a")
    node = elementwise(sympy.sin, a)

    assert (
        program({"y": node}).operation_count()
        == program({"y": stop(node, "detach()")}).operation_count()
    )


def test_an_einsum_has_numpys_subscripts():
    """Axes become letters, in the order in which they occur."""
    w, x = array("w", "rows columns"), array("x", "rows")
    steps = program({"y": einsum("rows, rows columns -> columns", x, w)})
    (contraction,) = (e for _, e in steps.assignments if isinstance(e, Contract))

    assert contraction.subscripts == "a,ab->b"
    assert len(contraction.operands) == 2


def test_operands_over_other_axes_are_aligned():
    """A vector beside a matrix gets an axis of length 1 in the right place."""
    w, x = array("w", "n m"), array("x", "n")
    steps = program({"y": elementwise(lambda a, b: a * b, w, x)})
    (aligned,) = (e for _, e in steps.assignments if isinstance(e, Align))

    assert aligned.order == (0, -1)
    assert aligned.shape == ()


def test_a_repeat_is_taken_as_what_it_repeats():
    """A product with a repeated scalar makes no array of it; of two, one product is repeated."""
    a, b, x = array("a"), array("b"), array("x", "n")
    beside = program({"y": elementwise(lambda p, q: p * q, broadcast(a, ("n",)), x)})
    both = [broadcast(scalar, ("n",)) for scalar in (a, b)]
    alone = program({"y": elementwise(lambda p, q: p * q, *both)})

    assert [type(e) for _, e in beside.assignments] == [sympy.Mul]
    assert [type(e) for _, e in alone.assignments] == [sympy.Mul, Align]


def test_what_folds_into_a_number_has_its_axes_all_the_same():
    """exp(x − stop(x)) is 1, once for each entry."""
    x = array("x", "n")
    steps = program({"y": elementwise(lambda p, q: sympy.exp(p - q), x, stop(x, "detach()"))})
    (number, repeated) = (e for _, e in steps.assignments)

    assert number == 1
    assert repeated.shape == (steps.arguments["n"],)


def test_what_folds_into_no_number_is_left_to_arithmetic():
    """x/(x − stop(x)) keeps two symbols, so no complex infinity reaches code."""
    x = array("x")
    steps = program({"y": elementwise(lambda p, q: p / (p - q), x, stop(x, "detach()"))})

    assert not any(e.has(sympy.zoo, sympy.nan) for _, e in steps.assignments)


def test_what_no_result_needs_is_left_out():
    """The steps of a graph are those that its results are computed from."""
    x = array("x", "n")
    whole = program({"y": elementwise(lambda p, q: p * q, x, broadcast(array("a"), ("n",)))})

    assert len(whole.assignments) == 1
