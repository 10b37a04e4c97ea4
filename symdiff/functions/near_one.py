"""The functions e^z − 1 and log(1 + z), which lose nothing where e^z and 1 + z are near 1."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Integer, S

from symdiff.array_types import Float64Array
from symdiff.functions.stable_function import StableFunction, with_constant


class expm1(StableFunction):
    """e^z − 1 without cancellation near 0."""

    text, latex = "expm1", r"\operatorname{expm1}"
    torch = "torch.expm1({0})"
    at_zero = S.Zero

    def fdiff(self, argindex: int = 1) -> Expr:
        return sympy.exp(self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.exp(z) - 1

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.expm1(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.expm1(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.expm1()

    @staticmethod
    def series(z: Any) -> Any:
        return with_constant(z.exp(), z[0].expm1())


class log1p(StableFunction):
    """log(1 + z) without cancellation near 0; real for z > −1."""

    text, latex = "log1p", r"\operatorname{log1p}"
    torch = "torch.log1p({0})"
    at_zero = S.Zero

    def fdiff(self, argindex: int = 1) -> Expr:
        return 1 / (1 + self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.log(1 + z)

    def _eval_is_extended_real(self) -> bool | None:
        return True if (self.args[0] + Integer(1)).is_positive else None

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.log1p(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.log1p(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.log1p()

    @staticmethod
    def series(z: Any) -> Any:
        return with_constant((1 + z).log(), z[0].log1p())
