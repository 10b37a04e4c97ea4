"""The second derivative by another way than symdiff's: quotients of f′ a hair beside."""

from __future__ import annotations

from fractions import Fraction

from formula_walk import Tie
from independent import Independent
from mpmath import mp, mpf
from tracked import Undefined, Unknown

_LADDER = (2_800, 6_500)  # bits; each value has an error, so what fewer tell is as sure
_STEPS = (1_300, 1_400)  # f′ at 2⁻¹³⁰⁰ and 2⁻¹⁴⁰⁰ beside, below every float64
_AGREE = mpf(2) ** -60


def between(formula: Independent, x: float) -> tuple[mpf, mpf] | None:
    """The least and the greatest that f″ is on both sides, with their errors; None if unknown."""
    for bits in _LADDER:
        with mp.workprec(bits):
            sides = _sides(formula, Fraction(x), bits)
            if sides is not None:
                return min(v - error for v, error in sides), max(v + error for v, error in sides)
    return None


def _sides(formula: Independent, x: Fraction, bits: int) -> list[tuple[mpf, mpf]] | None:
    """f″ on the left and on the right, each with its error; None if one is unknown."""
    tied = formula.derivative(x).sides is not None
    here = None if tied else _slope(formula, x, bits)
    found = []
    for side in (-1, 1):
        base = _slope(formula, x + side * Fraction(1, 2**2_500), bits) if tied else here
        one = None if base is None else _side(formula, x, side, base, bits)
        if one is None:
            return None
        found.append(one)
    return found


def _side(
    formula: Independent, x: Fraction, side: int, base: tuple[mpf, int], bits: int
) -> tuple[mpf, mpf] | None:
    """f″ on one side and its error; None if unknown. Args: base, f′ at x, or beside a tie."""
    found: list[tuple[mpf, mpf]] = []
    for step in _STEPS:
        near = _slope(formula, x + side * Fraction(1, 2**step), bits)
        if near is None:
            return None
        scale = mpf(2) ** step
        error = (mpf(2) ** max(near[1], -6_000) + mpf(2) ** max(base[1], -6_000)) * 2 * scale
        found.append(((near[0] - base[0]) * side * scale, error))
    (far, _), (value, error) = found
    if max(error, abs(value - far)) > _AGREE * (1 + abs(value)):
        return None
    return value, 4 * abs(value - far) + error + mpf(2) ** -1_050


def _slope(formula: Independent, x: Fraction, bits: int) -> tuple[mpf, int] | None:
    """f′ and the exponent of its error."""
    try:
        found = formula._run(x, bits, slope=True).d
    except (Undefined, Unknown, Tie, ArithmeticError, MemoryError):
        return None
    return found.v, found.e
