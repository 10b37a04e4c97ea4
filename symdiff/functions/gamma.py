"""The functions log |Γ| and its derivatives ψ, ψ′, ψ″ …, for real arguments."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from symdiff.array_types import Float64Array
from symdiff.functions.special_function import SpecialFunction

_ORDERS = 12  # derivatives of ψ that are known by name


class lgamma(SpecialFunction):
    """log |Γ(z)|."""

    text, latex = "lgamma", r"\log\Gamma"
    torch = "torch.lgamma({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return digamma(self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(sympy.Abs(sympy.gamma(z)))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import gammaln

        return np.asarray(gammaln(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.re(mpmath.loggamma(z))

    @staticmethod
    def arb(z: Any) -> Any:
        if z > 0:
            return z.lgamma()
        return (abs(z.sin_pi() / z.pi())).log().neg() - (1 - z).lgamma()  # Γ(z) Γ(1 − z) sin πz = π


class digamma(SpecialFunction):
    """ψ(z) = Γ′(z)/Γ(z)."""

    text, latex = "digamma", r"\psi"
    torch = "torch.digamma({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return polygamma(1, self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.polygamma(0, z)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import psi

        return np.asarray(psi(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.digamma(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.digamma()


class Polygamma(SpecialFunction):
    """The derivative of ψ of one order: (−1)ⁿ⁺¹ n! ζ(n + 1, z)."""

    order = 0

    def fdiff(self, argindex: int = 1) -> Expr:
        return polygamma(self.order + 1, self.args[0])

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        return sympy.polygamma(cls.order, z)

    @classmethod
    def numpy(cls, z: Float64Array) -> Float64Array:
        from scipy.special import polygamma as of_order

        shifted, added = _from_the_right(cls.order, np.asarray(z, dtype=np.float64))
        # scipy's is fac · zeta, and zeta underflows first. Source: DLMF 5.15.8, its first term.
        n = cls.order
        with np.errstate(over="ignore", under="ignore", divide="ignore", invalid="ignore"):
            first = (math.factorial(n - 1) ** (1 / n) / shifted) ** n
            near = of_order(n, shifted) - added
        return np.where(shifted > _ASYMPTOTIC, (-1.0) ** (n + 1) * first, near)

    @classmethod
    def mpmath(cls, z: Any) -> Any:
        return mpmath.polygamma(cls.order, z)

    @classmethod
    def arb(cls, z: Any) -> Any:
        from flint import arb

        n, steps = cls.order, _steps(float(z.mid()))
        if steps is None or not z.is_finite():
            return arb.nan()
        at_z = (z + k for k in range(steps))
        added = sum((1 / x ** (n + 1) for x in at_z), arb(0))
        return (-1) ** (n + 1) * math.factorial(n) * (arb(n + 1).zeta(z + steps) + added)


_ASYMPTOTIC = 2.0**54  # beyond it what follows the first term, n/2z of it, is below half an ulp
_FARTHEST = 10_000  # a recurrence of more steps is not gone


def _steps(z: float) -> int | None:
    """The number of steps of 1 that lead to the right of 1; None for too many."""
    return None if not z > -_FARTHEST else max(0, math.ceil(1 - z))


def _from_the_right(order: int, z: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Points to the right of 0, and Σ (−1)ⁿ n!/xⁿ⁺¹ of those on the way to them.

    scipy has no value on the left, and seeks one without end far out; there it is NaN. At
    x = −(m + f) those on the way are −f, −(f + 1), …, −(f + m), and their sum is one of two ζ.
    Source: ψ⁽ⁿ⁾(x + 1) = ψ⁽ⁿ⁾(x) + (−1)ⁿ n!/xⁿ⁺¹, DLMF 5.15.5; ζ(s, a) = Σ 1/(a + j)ˢ, 25.11.1.
    """
    from scipy.special import zeta

    left = (z <= 0) & (z > -_FARTHEST)
    away, power = np.where(left, -z, 1.0), order + 1.0
    m = np.floor(away)
    f = away - m
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ways = zeta(power, f) - zeta(power, f + m + 1)
    added = np.where(left, -math.factorial(order) * ways, 0.0)  # (−1)ⁿ (−1)ⁿ⁺¹ n!
    return np.where(left, 1 - f, np.where(z <= 0, np.nan, z)), added


POLYGAMMAS: tuple[type[Polygamma], ...] = tuple(
    type(
        f"polygamma_{n}",
        (Polygamma,),
        {
            "order": n,
            "text": f"polygamma_{n}",
            "latex": rf"\psi^{{({n})}}",
            "torch": f"torch.polygamma({n}, {{0}})",
            "__doc__": f"ψ⁽{n}⁾.",
        },
    )
    for n in range(1, _ORDERS + 1)
)


def polygamma(order: int, z: Expr) -> Expr:
    """The derivative of ψ of that order. Raises: ValueError beyond the 12th."""
    if order == 0:
        return digamma(z)
    if order > _ORDERS:
        raise ValueError(f"polygamma of order {order} is not known; orders up to {_ORDERS} are")
    return POLYGAMMAS[order - 1](z)
