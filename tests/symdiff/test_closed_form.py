"""A node written out in the inputs, with indices and sums."""

import pytest
import sympy

import symdiff
from symdiff.closed_form import closed_form, entry, in_names
from symdiff.graph import (
    array,
    broadcast,
    constant,
    contraction,
    einsum,
    elementwise,
    scalars,
    stop,
)


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
