"""A node written out in the inputs, with indices and sums."""

import math

import numpy as np
import pytest
import sympy

import symdiff
from symdiff.functions import sigmoid
from symdiff.graph import (
    Graph,
    array,
    broadcast,
    constant,
    contraction,
    einsum,
    elementwise,
    scalars,
    stop,
)
from symdiff.graph.kinds.largest import largest
from symdiff.graph.kinds.product import product
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.kinds.support import support
from symdiff.graph.reading.closed_form import closed_form, entry
from symdiff.graph.reading.in_names import in_names
from symdiff.notation.names import ArraySymbol
from symdiff.trees.extent import TooLarge


def test_a_scalar_is_a_plain_symbol():
    """Scalars have no indices."""
    assert sympy.Symbol("a", real=True) == closed_form(scalars("a")[0])


def test_an_entry_of_an_array_has_an_index_an_axis():
    """x over n m is x[i, j]."""
    assert symdiff.text(closed_form(array("x", "n m"))) == "x[i, j]"
    assert entry("x", ("n", "m")) == closed_form(array("x", "n m"))


def test_a_sum_has_an_index_of_its_own():
    """The product of x and w sums over an index that the result does not have."""
    node = einsum("n, n m -> m", array("x", "n"), array("w", "n m"))

    assert symdiff.text(closed_form(node)) == "Σ_j x[j] w[j, i]"


def computed(e, x, indices):
    """The number that a closed form of x is, each sum and product term by term."""
    if isinstance(e, sympy.Sum | sympy.Product):
        (index, first, last), kind = e.limits[0], type(e)
        low, high = (int(computed(end, x, indices)) for end in (first, last))
        inner = kind(e.function, *e.limits[1:]) if len(e.limits) > 1 else e.function
        terms = [computed(inner, x, {**indices, index: i}) for i in range(low, high + 1)]
        return (math.fsum if kind is sympy.Sum else math.prod)(terms)
    if isinstance(e, sympy.Piecewise):
        return next(computed(value, x, indices) for value, c in e.args if holds(c, x, indices))
    if isinstance(e, sympy.Indexed):
        return x[int(computed(e.indices[0], x, indices))]
    if e.is_Symbol:
        return indices[e] if e in indices else len(x)
    return float(e.func(*(sympy.sympify(computed(a, x, indices)) for a in e.args)) if e.args else e)


def holds(condition, x, indices):
    """Whether a condition of a case does."""
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    return bool(condition.func(*(computed(a, x, indices) for a in condition.args)))


@pytest.mark.parametrize(
    "taken",
    [
        *(lambda x: largest(x, "n"), lambda x: running_sum(largest(x, "n"), "n")),
        lambda x: elementwise(lambda p, x: p / (3 + x), product(x, "n"), x),
        lambda x: support(x, "n"),
    ],
)
def test_cases_stay_inside_the_sums_and_products_that_they_are_of(taken):
    """SymPy folds ∏_k {1 if x[j] ≥ x[k]; 0 otherwise} in a sum to cases of no k at all."""
    x, at = array("x", "n"), np.array([0.5, 2.0, -1.0, 2.0])
    value = einsum("n, n ->", x, elementwise(lambda a: a**2, taken(x)))
    graph = Graph("f", (x,), {"L": elementwise(sympy.exp, value)})
    found = symdiff.adjoints(graph)
    (index,) = {s for s in found["x"].free_symbols if s.name == "i"}
    numbers = found.lambdify()(x=at)["x"]

    assert [computed(found["x"], at, {index: i}) for i in range(4)] == pytest.approx(numbers)


def test_nested_sums_do_not_share_an_index():
    """(Σ x)·(Σ x) inside a sum keeps the three indices apart."""
    x = array("x", "n")
    total = contraction((x,), ())
    nested = contraction((elementwise(lambda a, b: a * b, x, total),), ())
    (outer,) = closed_form(nested).atoms(sympy.Sum) - {
        s for s in closed_form(nested).atoms(sympy.Sum) if not s.function.has(sympy.Sum)
    }
    inner = outer.function.atoms(sympy.Sum).pop()

    assert outer.variables != inner.variables


def test_a_closed_sum_is_the_sum():
    """At length 3 the closed form of Σ(x·Σx) is (x0 + x1 + x2)²."""
    x = array("x", "n")
    nested = contraction((elementwise(lambda a, b: a * b, x, contraction((x,), ())),), ())
    n = sympy.Symbol("n", integer=True, positive=True)
    spelled = closed_form(nested).subs(n, 3).doit()
    values = {e: sympy.Integer(int(e.indices[0]) + 1) for e in spelled.atoms(sympy.Indexed)}

    assert spelled.subs(values) == 36


def test_a_stop_is_written_as_its_value():
    """A stop leaves no trace in the value."""
    (a,) = scalars("a")

    assert closed_form(elementwise(lambda p: p**2, stop(a, "detach()"))) == closed_form(a) ** 2


def test_a_broadcast_is_written_as_what_is_repeated():
    """Entry by entry a repeated value is the value."""
    (a,) = scalars("a")
    name = sympy.Symbol("a", real=True)

    assert name == in_names(broadcast(a, ("n",)), {a: name})


def test_a_constant_is_itself_whatever_it_is_called():
    """A named constant is written as the number."""
    one = constant(1)

    assert in_names(one, {one: sympy.Symbol("L")}) == 1


def test_an_input_without_a_name_is_refused():
    """Every input must have a name to be written in."""
    with pytest.raises(ValueError, match=r"Input a .*has no name here"):
        in_names(scalars("a")[0], {})


def test_a_sum_that_occurs_twice_is_written_once():
    """(Σ x)·(Σ x) as two nodes over one sum shares its index."""
    summed = contraction((array("x", "n"),), ())
    parts = [elementwise(lambda a: a + 1, summed), elementwise(lambda a: a - 1, summed)]
    form = closed_form(elementwise(lambda a, b: a * b, *parts))

    assert len(form.atoms(sympy.Sum)) == 1


@pytest.mark.parametrize("depth", [60, 128, 5000])
@pytest.mark.parametrize(
    "layer", [lambda a: sympy.sin(a) / 2, lambda a: a * sigmoid(a)], ids=["sin", "silu"]
)
def test_a_form_that_is_too_large_is_one_sentence(layer, depth):
    """Neither a RecursionError nor 2¹²⁸ terms, in either reading."""
    x = node = array("x")
    for _ in range(depth):
        node = elementwise(layer, node)
    with pytest.raises(TooLarge, match=r"nested more than 60 deep|more than 5,000 operations long"):
        closed_form(node)
    with pytest.raises(TooLarge, match=r"nested more than 60 deep|more than 5,000 operations long"):
        in_names(node, {x: sympy.Symbol("x", real=True)})


def test_a_graph_that_shares_is_not_walked_as_a_tree():
    """h + tanh(h), 500 times over, in names of the layers: each part is written once."""
    x = node = array("x")
    names = {x: sympy.Symbol("x", real=True)}
    for i in range(500):
        inner = elementwise(sympy.sin, node)
        node = elementwise(lambda a, b: a + b, node, inner)
        if i < 499:
            names[node] = sympy.Symbol(f"h{i}", real=True)
    last = sympy.Symbol("h498", real=True)

    assert in_names(node, names) == last + sympy.sin(last)


def test_a_stop_beside_its_operand_is_said():
    """exp(x − stop(x)) is written so, not as 1; 2 x − 2 stop(x) of several nodes as well."""
    x = array("x")
    names = {x: sympy.Symbol("x", real=True)}
    cut = stop(x, "detach()")
    whole = elementwise(lambda p, q: sympy.exp(p - q), x, cut)
    parts = [elementwise(lambda p: 2 * p, node) for node in (x, cut)]

    assert symdiff.text(in_names(whole, names)) == "exp(x − stop(x))"
    assert symdiff.text(in_names(elementwise(lambda p, q: p - q, *parts), names)) == (
        "2 x − 2 stop(x)"
    )


def test_a_sum_over_some_axes_of_one_factor_is_no_entrywise_product():
    """Σ_m x_n w_nm keeps its sum, though x has the axes of the result."""
    x, w = array("x", "n"), array("w", "n m")
    names = {x: ArraySymbol("x", real=True), w: ArraySymbol("w", real=True)}

    assert symdiff.text(in_names(einsum("n, n m -> n", x, w), names)) == (
        "einsum(n, n m -> n; x, w)"
    )
