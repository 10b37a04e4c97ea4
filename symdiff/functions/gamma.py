"""log |Γ| and its derivatives ψ, ψ′, ψ″ …, for real arguments."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from symdiff.functions.special_function import SpecialFunction
from symdiff.functions.stable_function import Float64Array

_ORDERS = 12  # derivatives of ψ that are known by name


class lgamma(SpecialFunction):
    """log |Γ(z)|."""

    text, latex = "lgamma", r"\log\Gamma"

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
    def definition(cls, z: Expr) -> Expr:  # type: ignore[override]  # each order is a class of its own
        return sympy.polygamma(cls.order, z)

    @classmethod
    def numpy(cls, z: Float64Array) -> Float64Array:  # type: ignore[override]
        from scipy.special import polygamma as of_order

        return np.asarray(of_order(cls.order, z))

    @classmethod
    def mpmath(cls, z: Any) -> Any:  # type: ignore[override]
        return mpmath.polygamma(cls.order, z)

    @classmethod
    def arb(cls, z: Any) -> Any:  # type: ignore[override]
        from flint import arb

        n = cls.order
        return (-1) ** (n + 1) * math.factorial(n) * arb(n + 1).zeta(z)


POLYGAMMAS: tuple[type[Polygamma], ...] = tuple(
    type(
        f"polygamma_{n}",
        (Polygamma,),
        {"order": n, "text": f"polygamma_{n}", "latex": rf"\psi^{{({n})}}", "__doc__": f"ψ⁽{n}⁾."},
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
