"""The generator of random formulas reaches the whole grammar, and is the same every time."""

from __future__ import annotations

import ast

import numpy as np
import pytest
from formulas import FUNCTIONS, case, cases, points, scaled

from symdiff.expression import parse
from symdiff.expression.formula import real_symbol


def test_every_function_of_the_parser_is_drawn():
    """A function that the parser learns is one that the generator has to draw."""
    assert set(parse.FUNCTIONS) == set(FUNCTIONS)
    text = " ".join(one.text for one in cases(1_000, seed=3))
    assert [] == [name for name in FUNCTIONS if f"{name}(" not in text]


def test_every_kind_of_syntax_is_drawn():
    """Operators, comparisons, `and`, `or`, conditional expressions, powers, unary minus."""
    found = set()
    for one in cases(1_500, seed=4):
        text = one.text.translate(str.maketrans({"−": "-", "·": "*", "×": "*"}))
        found |= {type(node) for node in ast.walk(ast.parse(text, mode="eval"))}
    wanted = {ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.USub, ast.IfExp, ast.And, ast.Or}
    wanted |= {ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq}
    assert set() == wanted - found


def test_a_case_is_the_same_for_the_same_seed():
    """Alone or among others."""
    many = cases(30, seed=6)
    assert many[17] == case("6:17")
    assert len({one.text for one in many}) > 25
    first, again = points(many[17], 50), points(many[17], 50)
    assert first.tobytes() == again.tobytes()


def test_nearly_all_are_formulas_that_the_parser_takes():
    """Of 200, seed 7, nine in ten; the others hold a constant that is no real number."""
    taken = 0
    for one in cases(200, seed=7):
        if one.text.count("(") > 30 * 3:  # deep ones take their time; another test's matter
            taken += 1
            continue
        names = [real_symbol(name) for name in ("z", *one.parameters)]
        try:
            parse.parse(one.text, names)
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017 - the message is what is tested
        else:
            taken += 1
    assert taken >= 180


def test_points_are_of_every_kind():
    """Zeros, infinities, NaN, thresholds of the text, huge and subnormal ones."""
    found = points(case("8:1"), 400)
    assert np.isnan(found).any()
    assert np.isinf(found).any()
    assert (np.signbit(found) & (found == 0)).any()
    assert (np.abs(found) > 1e300).any()
    assert ((found != 0) & (np.abs(found) < 1e-308)).any()


@pytest.mark.parametrize(("text", "expected"), [("z + sz(z)", "(4*z) + sz((4*z))")])
def test_scaling_puts_the_factor_to_every_z(text, expected):
    """And to no other name that has the letter."""
    assert expected == scaled(text, "4")
