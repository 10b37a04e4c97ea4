"""The logistic function and its relatives: σ, its integral, tanh and its derivative's root."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Rational, S

from symdiff.array_types import Float64Array
from symdiff.functions.stable_function import StableFunction, with_constant


class sigmoid(StableFunction):
    """σ(z) = 1/(1 + e^(−z)), the logistic function; σ' = σ(z) σ(−z)."""

    text, latex = "σ", r"\sigma"
    torch = "torch.sigmoid({0})"
    at_zero, positive = Rational(1, 2), True

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        return sigmoid(z) * sigmoid(-z)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return 1 / (1 + sympy.exp(-z))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        e = np.exp(-np.abs(z))  # in (0, 1]: never overflows
        return np.where(z >= 0, 1 / (1 + e), e / (1 + e))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return 1 / (1 + mpmath.exp(-z))

    @staticmethod
    def arb(z: Any) -> Any:
        if z < 0:  # e^(−z) would be unbounded for flint from z = −1e40 on
            e = z.exp()
            return e / (1 + e)
        return 1 / (1 + (-z).exp())

    @staticmethod
    def series(z: Any) -> Any:
        if z[0] < 0:
            e = z.exp()
            return e / (1 + e)
        return 1 / (1 + (-z).exp())


class softplus(StableFunction):
    """softplus(z) = log(1 + e^z); softplus' = σ(z)."""

    text, latex = "softplus", r"\operatorname{softplus}"
    torch = "torch.logaddexp({0}, torch.zeros_like({0}))"
    at_zero, positive = sympy.log(2), True

    def fdiff(self, argindex: int = 1) -> Expr:
        return sigmoid(self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(1 + sympy.exp(z))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.mpf(max(z, 0)) + mpmath.log1p(mpmath.exp(-abs(z)))

    @staticmethod
    def arb(z: Any) -> Any:
        return z + (-z).exp().log1p() if z > 0 else z.exp().log1p()

    @staticmethod
    def series(z: Any) -> Any:
        tail = (1 + z.exp()).log() if z[0] < 0 else z + (1 + (-z).exp()).log()
        return with_constant(tail, softplus.arb(z[0]))


class tanh(StableFunction):
    """The hyperbolic tangent, with tanh' = sech²(z) where SymPy has 1 − tanh²(z)."""

    text, latex = "tanh", r"\tanh"
    torch = "torch.tanh({0})"
    at_zero = S.Zero

    def fdiff(self, argindex: int = 1) -> Expr:
        return sech(self.args[0]) ** 2

    @staticmethod
    def definition(z: Expr) -> Expr:
        return (sympy.exp(z) - sympy.exp(-z)) / (sympy.exp(z) + sympy.exp(-z))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.tanh(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.tanh(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.tanh()

    @staticmethod
    def series(z: Any) -> Any:
        if z[0] < 0:
            return -tanh.series(-z)
        e = (-2 * z).exp()
        return with_constant(1 - 2 * e / (1 + e), z[0].tanh())


class sech(StableFunction):
    """The hyperbolic secant 1/cosh(z), which underflows gently where cosh(z) overflows."""

    text, latex = "sech", r"\operatorname{sech}"
    torch = "torch.cosh({0}).reciprocal()"
    at_zero, positive = S.One, True

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        return -tanh(z) * sech(z)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return 2 / (sympy.exp(z) + sympy.exp(-z))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        e = np.exp(-np.abs(z))
        return np.asarray(2 * e / (1 + e * e))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.sech(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.sech()

    @staticmethod
    def series(z: Any) -> Any:
        e = z.exp() if z[0] < 0 else (-z).exp()
        return with_constant(2 * e / (1 + e * e), z[0].sech())
