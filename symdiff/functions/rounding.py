"""Functions that round to an integer; where they do not jump their derivative is 0."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, S

from symdiff.array_types import Float64Array
from symdiff.functions.special_function import SpecialFunction


class Rounding(SpecialFunction):
    """A function that is constant between jumps, such as `floor`."""

    @classmethod
    def eval(cls, z: Expr) -> Expr | None:
        return cls.definition(z) if z.is_Rational else None

    def fdiff(self, argindex: int = 1) -> Expr:
        return S.Zero

    @staticmethod
    def definition(z: Expr) -> Expr:
        raise NotImplementedError  # abstract: each stanza below has its own


class floor(Rounding):
    """The largest integer that is not above z."""

    text, latex = "floor", r"\operatorname{floor}"
    torch = "torch.floor({0})"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.floor(z)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.floor(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.floor(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.floor()


class ceil(Rounding):
    """The smallest integer that is not below z."""

    text, latex = "ceil", r"\operatorname{ceil}"
    torch = "torch.ceil({0})"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.ceiling(z)

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.ceil(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.ceil(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z.ceil()


class trunc(Rounding):
    """The nearest integer that is not farther from 0 than z."""

    text, latex = "trunc", r"\operatorname{trunc}"
    torch = "torch.trunc({0})"

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.sign(z) * sympy.floor(sympy.Abs(z))

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.trunc(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.sign(z) * mpmath.floor(abs(z))

    @staticmethod
    def arb(z: Any) -> Any:
        if z > 0:
            return z.floor()
        return z.ceil() if z < 0 else z.floor().union(z.ceil())


class rint(Rounding):
    """The nearest integer, of two the even one, as torch.round."""

    text, latex = "round", r"\operatorname{round}"
    torch = "torch.round({0})"

    @staticmethod
    def definition(z: Expr) -> Expr:
        below = sympy.floor(z)
        rest = z - below
        if rest == S.Half:
            return below + below % 2
        return below if rest < S.Half else below + 1

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        return np.asarray(np.rint(z))

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.nint(z)

    @staticmethod
    def arb(z: Any) -> Any:
        nearest = (z + 0.5).floor()
        if not (2 * z).contains_integer() or z.contains_integer():
            return nearest  # no tie within the ball, or a whole number in it
        even = 2 * ((nearest / 2).floor())
        return even if z.is_exact() else nearest.union(nearest - 1)
