"""The second derivative by another way than symdiff's: quotients of f′ a hair beside."""

from __future__ import annotations

from fractions import Fraction

from formula_walk import Tie
from independent import Independent
from mpmath import mp, mpf
from tracked import Undefined, Unknown

_BITS = 6_500
_STEPS = (1_300, 1_400)  # f′ at 2⁻¹³⁰⁰ and 2⁻¹⁴⁰⁰ beside, below every float64
_AGREE = mpf(2) ** -60


def between(formula: Independent, x: float) -> tuple[mpf, mpf] | None:
    """The least and the greatest that f″ is on both sides, with their errors; None if unknown."""
    with mp.workprec(_BITS):
        sides = [_side(formula, Fraction(x), side) for side in (-1, 1)]
        if sides[0] is None or sides[1] is None:
            return None
        return (
            min(value - error for value, error in sides if error is not None),
            max(value + error for value, error in sides if error is not None),
        )


def _side(formula: Independent, x: Fraction, side: int) -> tuple[mpf, mpf] | None:
    tied = formula.derivative(x).sides is not None
    base = _slope(formula, x + side * Fraction(1, 2**2_500) if tied else x)
    found: list[tuple[mpf, mpf]] = []
    for step in _STEPS:
        near = _slope(formula, x + side * Fraction(1, 2**step))
        if base is None or near is None:
            return None
        scale = mpf(2) ** step
        error = (mpf(2) ** max(near[1], -6_000) + mpf(2) ** max(base[1], -6_000)) * 2 * scale
        found.append(((near[0] - base[0]) * side * scale, error))
    (far, _), (value, error) = found
    if max(error, abs(value - far)) > _AGREE * (1 + abs(value)):
        return None
    return value, 4 * abs(value - far) + error + mpf(2) ** -1_050


def _slope(formula: Independent, x: Fraction) -> tuple[mpf, int] | None:
    """f′ and the exponent of its error."""
    try:
        found = formula._run(x, _BITS, slope=True).d
    except (Undefined, Unknown, Tie, ArithmeticError, MemoryError):
        return None
    return found.v, found.e
