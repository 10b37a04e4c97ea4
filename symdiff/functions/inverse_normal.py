"""The inverses of erf and of the normal distribution, the scaled erfc, and log Φ."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from symdiff.array_types import Float64Array
from symdiff.functions.normal import Phi
from symdiff.functions.special_function import SpecialFunction


class erfinv(SpecialFunction):
    """The x with erf x = z."""

    text, latex = "erfinv", r"\operatorname{erfinv}"
    torch = "torch.erfinv({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.sqrt(sympy.pi) / 2 * sympy.exp(self**2)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.erfinv(z)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import erfinv as inverse

        return np.asarray(inverse(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.erfinv(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.erfinv()


class erfcx(SpecialFunction):
    """e^(z²) erfc z."""

    text, latex = "erfcx", r"\operatorname{erfcx}"
    torch = "torch.special.erfcx({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return 2 * self.args[0] * self - 2 / sympy.sqrt(sympy.pi)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.exp(z**2) * sympy.erfc(z)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import erfcx as scaled

        return np.asarray(scaled(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.exp(z**2) * mpmath.erfc(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return (z * z).exp() * z.erfc()


class ndtri(SpecialFunction):
    """The x with Φ(x) = z."""

    text, latex = "ndtri", r"\Phi^{-1}"
    torch = "torch.special.ndtri({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.sqrt(2 * sympy.pi) * sympy.exp(self**2 / 2)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.sqrt(2) * sympy.erfinv(2 * z - 1)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import ndtri as inverse

        return np.asarray(inverse(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.sqrt(2) * mpmath.erfinv(2 * z - 1)

    @staticmethod
    def arb(z: Any) -> Any:
        return (2 * z - 1).erfinv() * (z * 0 + 2).sqrt()


class log_ndtr(SpecialFunction):
    """log Φ(z)."""

    text, latex = "log_ndtr", r"\log\Phi"
    torch = "torch.special.log_ndtr({0})"

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.exp(-(self.args[0] ** 2) / 2 - self) / sympy.sqrt(2 * sympy.pi)

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(sympy.erfc(-z / sympy.sqrt(2)) / 2)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import log_ndtr as logarithm

        # scipy's is 0 from 37.7 on, where Φ(−z) is still 10⁻³¹¹
        return np.where(z > 1, np.log1p(-Phi.numpy(-np.abs(z))), logarithm(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.log(mpmath.erfc(-z / mpmath.sqrt(2)) / 2)

    @staticmethod
    def arb(z: Any) -> Any:
        return ((-z / (z * 0 + 2).sqrt()).erfc() / 2).log()
