"""Describe a kink, and an interval that may hold kinks which were not found."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, S


@dataclass(frozen=True)
class Kink:
    """A breakpoint and the one-sided derivatives there; `taken` is what the formula gives."""

    at: Expr
    left: Expr
    right: Expr
    taken: Expr

    @property
    def smooth(self) -> bool:
        """Whether the derivative is continuous there, so that there is nothing to choose."""
        return bool(self.left == self.right == self.taken)

    @property
    def inside_clarke(self) -> bool:
        """Whether `taken` lies in Clarke's generalised gradient [f'₋, f'₊].

        Source: Clarke, Optimization and Nonsmooth Analysis, 1983, §2.1. For a continuous f. Not
        where one of the three is not known, which is NaN.
        """
        if S.NaN in (self.left, self.right, self.taken):
            return False
        low, high = sorted((self.left, self.right), key=float)
        return bool(low <= self.taken <= high)


@dataclass(frozen=True)
class Unresolved:
    """A closed interval that may hold breakpoints which were not isolated, and why they were not.

    `low` and `high` are float64, rounded outwards, ±∞ where there is no end. `left` and `right`
    are the derivative there, NaN where it has no value or there is no end.
    """

    low: float
    high: float
    reason: str
    left: Expr = S.NaN
    right: Expr = S.NaN

    def __str__(self) -> str:
        return f"[{self.low:g}, {self.high:g}]: {self.reason}"


@dataclass(frozen=True)
class Kinks:
    """The kinks found, in order, and the intervals where there may be others."""

    found: tuple[Kink, ...] = ()
    unresolved: tuple[Unresolved, ...] = ()
