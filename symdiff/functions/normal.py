"""The standard normal distribution: Φ and its density φ."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Rational

from symdiff.array_types import Float64Array
from symdiff.functions.stable_function import StableFunction


def _exp_minus_half_square(z: Float64Array) -> Float64Array:
    """e^(−z²/2) in float64, where rounding z²/2 at |z| = 38 would cost 700 ulp of the result."""
    # `high` is z to a multiple of 2⁻⁸, so that high² is exact below |z| = 40, beyond which the
    # result is 0 in float64.
    z = np.minimum(np.abs(z), 64.0)
    high = np.round(z * 256) / 256
    return np.asarray(np.exp(-0.5 * high * high) * np.exp(-0.5 * (z - high) * (z + high)))


class Phi(StableFunction):
    """Φ(z), the standard normal distribution function; Φ' = φ(z)."""

    text, latex = "Φ", r"\Phi"
    torch = "torch.special.erfc({0} * -0.7071067811865476) / 2"
    at_zero, positive = Rational(1, 2), True

    def fdiff(self, argindex: int = 1) -> Expr:
        return phi(self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return (1 + sympy.erf(z / sympy.sqrt(2))) / 2

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import erfcx, ndtr  # 0.1 s to import; only evaluation needs it

        # ndtr is 1,700 ulp off at −37: it squares the rounded z/√2. erfcx(x) = e^(x²) erfc(x).
        left = np.minimum(z, 0.0)
        tail = _exp_minus_half_square(left) * erfcx(-left * 0.7071067811865476) / 2
        return np.asarray(np.where(z < -1, tail, ndtr(z)), dtype=np.float64)

    @staticmethod
    def mpmath(z: Any) -> Any:
        if z < -1e150:  # mpmath's erfc raises OverflowError; φ(z)/|z| is right to 1/z²
            return mpmath.npdf(z) / -z
        return mpmath.erfc(-z / mpmath.sqrt(2)) / 2  # erfc, not 1 + erf: no cancellation for z < 0

    @staticmethod
    def arb(z: Any) -> Any:
        from flint import arb

        return (-z * arb(2).rsqrt()).erfc() / 2

    series = arb  # flint's power series have erfc too, as accurate in both tails


class phi(StableFunction):
    """φ(z) = e^(−z²/2)/√(2π), the standard normal density; φ' = −z φ(z)."""

    text, latex = "φ", r"\varphi"
    torch = "torch.exp({0} * {0} / -2) * 0.3989422804014327"
    at_zero, positive = 1 / sympy.sqrt(2 * sympy.pi), True

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        return -z * phi(z)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.exp(-(z**2) / 2) / sympy.sqrt(2 * sympy.pi)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(_exp_minus_half_square(z) * 0.3989422804014327)  # 1/√(2π)

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.npdf(z)

    @staticmethod
    def arb(z: Any) -> Any:
        from flint import arb

        return (-z * z / 2).exp() * (arb.pi() * 2).rsqrt()

    series = arb
