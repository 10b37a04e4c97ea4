"""Conditions that SymPy can build a Piecewise with."""

import sympy
from sympy import Abs, Piecewise, cosh, erf

from symdiff.expression.formula import real_symbol
from symdiff.trees.comparison import comparison

z, a = real_symbol("z"), real_symbol("a")


def test_a_condition_that_sympy_turns_to_and_fro_is_written_as_a_difference():
    """SymPy's canonical forms of it alternate, and a Piecewise would ask for them for ever."""
    u, v = cosh(1) - 8 * z, erf(8 * Abs(a * z))
    plain = u > v
    assert plain.canonical.canonical != plain.canonical

    found = comparison(sympy.Gt, u, v)

    assert found == sympy.Gt(u - v, 0)
    assert Piecewise((1, found), (0, True)).subs({z: 0, a: 0}) == 1


def test_a_condition_that_is_settled_stays_as_it_is_written():
    """The closed form prints it."""
    assert comparison(sympy.Gt, z, a) == sympy.Gt(z, a)
