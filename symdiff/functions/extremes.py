"""The larger and the smaller of two numbers, with a stated derivative where they are equal.

SymPy's Max and Min take themselves apart by what they believe of their arguments, and a Piecewise
inside the condition of another is written out case by case, 2ⁿ of them for n that are nested. These
stay what they are.
"""

from __future__ import annotations

from typing import Any, ClassVar

import mpmath
import numpy as np
from sympy import Expr, Function, Piecewise, Symbol
from sympy.core.relational import Gt, Lt, Relational

from symdiff.functions.stable_function import Float64Array


class Extreme(Function):
    """One of two arguments: the first if it is better, else the second, also where they are equal.

    So max(z, 0) has derivative 0 at 0, as torch.relu has.
    """

    nargs = 2
    better: ClassVar[type[Relational]]
    text: ClassVar[str]
    latex: ClassVar[str]

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        """Of two rational numbers the better; of two that are the same, that one."""
        if a == b:
            return a
        if a.is_Rational and b.is_Rational:
            return a if cls.better(a, b) else b
        return None

    def _eval_derivative(self, s: Symbol) -> Expr:
        """The derivative of the argument that is taken; the other's has no say."""
        a, b = self.args
        of_a, of_b = a.diff(s), b.diff(s)
        if of_a == of_b:
            return of_a
        return Piecewise((of_a, self.better(a, b)), (of_b, True))

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(a.is_extended_real for a in self.args) else None

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec + 10):
            a, b = (argument._to_mpmath(prec + 10) for argument in self.args)
            return Expr._from_mpmath(type(self).mpmath(a, b), prec)

    def _numpycode(self, printer: Any) -> str:
        arguments = ", ".join(map(printer._print, self.args))
        return f"{type(self).__name__}({arguments})"

    _mpmathcode = _numpycode


class maximum(Extreme):
    """max(a, b), as torch.maximum; at a tie the derivative is b's."""

    better = Gt
    text, latex = "max", r"\max"

    @staticmethod
    def numpy(a: Float64Array, b: Float64Array) -> Float64Array:
        return np.asarray(np.maximum(a, b))

    @staticmethod
    def mpmath(a: Any, b: Any) -> Any:
        return max(a, b)

    @staticmethod
    def arb(a: Any, b: Any) -> Any:
        return a.max(b)


class minimum(Extreme):
    """min(a, b), as torch.minimum; at a tie the derivative is b's."""

    better = Lt
    text, latex = "min", r"\min"

    @staticmethod
    def numpy(a: Float64Array, b: Float64Array) -> Float64Array:
        return np.asarray(np.minimum(a, b))

    @staticmethod
    def mpmath(a: Any, b: Any) -> Any:
        return min(a, b)

    @staticmethod
    def arb(a: Any, b: Any) -> Any:
        return a.min(b)
