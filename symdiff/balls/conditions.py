"""Conditions over balls and over power series, in three values: True, False or None, undecided.

A border is the difference of a condition's two sides. A ball that holds 0 and is not 0 leaves its
sign open; a higher precision may decide it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import arb, arb_series, ctx, fmpq

from symdiff.balls.elementary import Undecided

Decision = bool | None


class BallConditions:
    """Decides conditions on `flint.arb`, and notes which borders were exactly 0.

    `undecided`: some condition was left open, and both its cases were taken. `unknown`: some
    condition may have no value at all, or has none. `tied`: some border was exactly 0, where a
    convention chose the case.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Forget the borders met so far."""
        self.undecided = self.unknown = self.tied = False

    def no_value(self) -> None:
        """Note that a condition has no value."""
        self.undecided = self.unknown = True

    def _open(self, x: arb) -> None:
        self.undecided = True
        self.unknown |= x.is_nan()

    def above(self, x: arb) -> Decision:
        """Whether x > 0; None where the ball does not decide it."""
        if x > 0:
            return True
        if x <= 0:
            self.tied |= x.is_zero()
            return False
        self._open(x)
        return None

    def at_least(self, x: arb) -> Decision:
        """Whether x ≥ 0; None where the ball does not decide it."""
        if x < 0:
            return False
        if x >= 0:
            self.tied |= x.is_zero()
            return True
        self._open(x)
        return None

    def equal(self, x: arb) -> Decision:
        """Whether x = 0; None where the ball does not decide it."""
        if x > 0 or x < 0:
            return False
        if x.is_zero():
            self.tied = True
            return True
        self._open(x)
        return None

    extreme = above  # which of max's and min's arguments is taken

    def rounded(self, function: Callable[[arb], arb], x: arb) -> arb:
        """A function that rounds to whole numbers, which jumps at some that are ½ apart or more."""
        value = function(x)
        if (2 * x).contains_integer():
            if x.is_exact():
                beside = (function(x + side * arb(0.125)) for side in (-1, 1))
                self.tied |= any(near != value for near in beside)
            else:
                self.undecided |= not value.is_exact()
        return value

    @staticmethod
    def joined(first: Any, second: Any) -> Any:
        """The ball that holds the values of two cases of which either may be taken."""
        return second if first is None else first.union(second)


class CellConditions:
    """Decides conditions on a `flint.arb_series` over a cell: for all of it, or it raises.

    Raises: Undecided where a constant coefficient's ball leaves a border's sign open.
    """

    def __init__(self) -> None:
        self.balls = BallConditions()
        self.begin()

    def begin(self) -> None:
        """Nothing to forget: each condition is decided or raises."""
        self.undecided = self.unknown = self.tied = False

    def no_value(self) -> None:
        """Note that a condition has no value. Raises: Undecided."""
        raise Undecided

    def above(self, x: Any, *, degree: float) -> bool:  # noqa: ARG002 - of the constant alone
        """Whether x > 0 on the whole cell, or x ≤ 0 on it."""
        return _decided(self.balls.above(constant_of(x)))

    def at_least(self, x: Any, *, degree: float) -> bool:  # noqa: ARG002 - as above
        """Whether x ≥ 0 on the whole cell, or x < 0 on it."""
        return _decided(self.balls.at_least(constant_of(x)))

    def equal(self, x: Any, *, degree: float) -> bool:  # noqa: ARG002 - as above
        """Whether x = 0 on the whole cell, or nowhere on it."""
        return _decided(self.balls.equal(constant_of(x)))

    extreme = above

    @staticmethod
    def joined(first: Any, second: Any) -> Any:  # noqa: ARG004 - there is no first: all is decided
        """The one case that is taken."""
        return second


class SideConditions(CellConditions):
    """Decides conditions on one side of a point: on x(ε) for small ε > 0, or small ε < 0.

    The sign of x(ε) is that of its first coefficient that is not 0. A coefficient counts as 0 only
    if it is exactly that, and x as 0 only if it is a polynomial of so small a degree that the
    coefficients at hand prove it.
    """

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def above(self, x: Any, *, degree: float) -> bool:
        """Whether x > 0 on this side of the point."""
        return self._sign(x, degree) > 0

    def at_least(self, x: Any, *, degree: float) -> bool:
        """Whether x ≥ 0 on this side of the point."""
        return self._sign(x, degree) >= 0

    def equal(self, x: Any, *, degree: float) -> bool:
        """Whether x = 0 on this side of the point."""
        return self._sign(x, degree) == 0

    def extreme(self, x: Any, *, degree: float) -> bool:
        """x > 0; where x = a − b vanishes to the order of all series, either of a and b serves."""
        whole = not isinstance(x, arb_series) or x.prec >= ctx.cap
        return self._sign(x, 0 if whole else degree) > 0

    def root(self, x: arb_series) -> arb_series:
        """The series √x(ε)."""
        return self.power(x, Fraction(1, 2))

    def irrational_power(self, x: arb_series, exponent: arb) -> arb_series:
        """x(ε)^r for any r > 0: what vanishes as εᵏ has no coefficient below ε^(kr)."""
        coefficients = x.coeffs()
        order = next((k for k, c in enumerate(coefficients) if not c.is_zero()), None)
        if order == 0:
            return (x.log() * exponent).exp()
        if order is not None and not coefficients[order] * (self.side if order % 2 else 1) > 0:
            return arb_series([arb.nan()])  # √−ε, or of a sign that is open
        vanishing = (exponent.lower() * (x.prec if order is None else order)).lower()
        below = vanishing.ceil().unique_fmpz()
        return arb_series([arb.nan()] if below is None else [0], min(int(below or 1), x.prec))

    def power(self, x: arb_series, exponent: Fraction) -> arb_series:
        """x(ε)^r for r > 0, also of what vanishes there: (c εᵏ + …)^r = |ε|^(kr) (|c| + …)^r.

        Where kr is no integer it is known that the coefficients below vanish, and nothing more; so
        too of what vanishes to all orders that are known.
        """
        coefficients = x.coeffs()
        order = next((k for k, c in enumerate(coefficients) if not c.is_zero()), None)
        if order is None:
            return arb_series([0], math.floor(x.prec * exponent))
        if coefficients[order] * (self.side if order % 2 else 1) < 0:
            return arb_series([arb.nan()])  # √−ε
        vanishing = order * exponent
        if vanishing.denominator > 1 or vanishing >= x.prec:
            return arb_series([0], min(math.floor(vanishing) + 1, x.prec))
        rest = arb_series(coefficients[order:], x.prec - order)
        if order % 2 and self.side < 0:
            rest = -rest
        raised = rest.sqrt() if exponent == Fraction(1, 2) else _raised(rest, exponent)
        whole = int(vanishing)
        signed = [c if self.side > 0 or whole % 2 == 0 else -c for c in raised.coeffs()]
        return arb_series([*[0] * whole, *signed], raised.prec + whole)

    def sign(self, x: Any, degree: float) -> int:
        """The sign of x on this side. Raises: Undecided."""
        return self._sign(x, degree)

    def _sign(self, x: Any, degree: float) -> int:
        known = x.prec if isinstance(x, arb_series) else math.inf
        for k, c in enumerate(x.coeffs() if isinstance(x, arb_series) else [x]):
            if c > 0 or c < 0:
                return (1 if c > 0 else -1) * (self.side if k % 2 else 1)
            if not c.is_zero():
                raise Undecided
        if degree >= known:
            raise Undecided
        return 0


Conditions = BallConditions | CellConditions


def constant_of(value: Any) -> arb:
    """The constant coefficient of a series, or the ball itself."""
    return value[0] if isinstance(value, arb_series) else value


def _raised(x: arb_series, exponent: Fraction) -> arb_series:
    return (x.log() * arb(fmpq(exponent.numerator, exponent.denominator))).exp()


def _decided(found: Decision) -> bool:
    if found is None:
        raise Undecided
    return found
