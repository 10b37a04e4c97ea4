"""The order of terms and factors."""

import pytest
import sympy

from symdiff.notation.arrays import is_array
from symdiff.notation.names import ArraySymbol
from symdiff.notation.reading_order import factors, signed_sum, terms, variable_left

z, t, lambd = sympy.symbols("z t lambd", real=True)
z_bar = sympy.Symbol("z̄", real=True)


def test_a_sum_opens_with_a_positive_term():
    """−t + z is read as z − t."""
    assert [z, -t] == terms(z - t)


def test_numbers_come_last_in_a_sum():
    """1 + z is read as z + 1."""
    assert [z, sympy.S.One] == terms(1 + z)


def test_a_cotangent_leads_a_product():
    """x·z̄ is read as z̄ x, after numbers."""
    negative, numerator, denominator = factors(-2 * z * z_bar / t)

    assert negative
    assert [2, z_bar, z] == numerator
    assert [t] == denominator


def test_a_common_number_is_taken_out_of_a_factor():
    """(2z + 2)·t is read as 2 (z + 1)·t."""
    _, numerator, _ = factors(sympy.Mul(2 * z + 2, t, evaluate=False))

    assert numerator[0] == 2
    assert z + 1 in numerator


@pytest.mark.parametrize("relation", [z > lambd, z < lambd, z >= 0, lambd < z], ids=str)
def test_the_variable_stands_on_the_left(relation):
    """λ < z is read as z > λ."""
    assert z == variable_left(relation).lhs


def test_signs_join_terms():
    """A term's own minus becomes the operator."""
    assert signed_sum(["a", "−b", "c"], "−") == "a − b + c"


def test_what_is_an_array():
    """An array symbol makes its expression an array, a scalar does not."""
    assert is_array(2 * ArraySymbol("x") + 1)
    assert not is_array(2 * z + 1)
