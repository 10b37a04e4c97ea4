"""The maximum and the minimum of two numbers, with a stated derivative where they are equal.

SymPy's Max and Min take themselves apart by what they believe of their arguments, and a Piecewise
inside the condition of another is written out case by case, 2ⁿ of them for n that are nested. These
stay what they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

import mpmath
import numpy as np
import sympy
from sympy import Expr, Function, Number, Piecewise, Symbol
from sympy.core.relational import Gt, Lt, Relational

from symdiff.array_types import Float64Array
from symdiff.trees.comparison import comparison


class Extreme(Function):
    """The maximum or the minimum of two arguments; where they are equal it is the second.

    So max(z, 0) has derivative 0 at 0, as torch.relu has.
    """

    nargs = 2
    better: ClassVar[type[Relational]]
    text: ClassVar[str]
    latex: ClassVar[str]

    @classmethod
    def eval(cls, a: Expr, b: Expr) -> Expr | None:
        """The value where it is known at once: of two numbers, equal arguments, or ±∞."""
        if a == b:
            return a
        if sympy.nan in (a, b):  # which SymPy compares with nothing
            return sympy.nan
        if isinstance(a, Number) and isinstance(b, Number):
            return a if cls.better(a, b) else b
        for infinite, other in ((a, b), (b, a)):
            if infinite in (sympy.oo, -sympy.oo):
                return infinite if cls.better(infinite, 0) else other
        return None

    @classmethod
    def of(cls, values: Iterable[Expr]) -> Expr:
        """The extreme of one value or more, constants last; of equal ones the last."""
        ordered = sorted(
            map(sympy.sympify, values), key=lambda v: (v.is_number, sympy.default_sort_key(v))
        )
        while len(ordered) > 1:  # in pairs: of n values no more than log n are nested
            pairs = zip(ordered[::2], ordered[1::2], strict=False)
            ordered = [*(cls(a, b) for a, b in pairs), *ordered[len(ordered) // 2 * 2 :]]
        return ordered[0]

    @property
    def flat(self) -> tuple[Expr, ...]:
        """The values that it is the extreme of, nested ones of the same kind opened."""
        return tuple(
            value
            for argument in self.args
            for value in (argument.flat if isinstance(argument, type(self)) else (argument,))
        )

    @classmethod
    def slope(cls, a: Expr, b: Expr, of_a: Expr, of_b: Expr) -> Expr:
        """The derivative where those of a and b are given: that of the one which is taken."""
        if of_a == of_b:
            return of_a
        return Piecewise((of_a, comparison(cls.better, a, b)), (of_b, True))

    def _eval_derivative(self, s: Symbol) -> Expr:
        return self.slope(*self.args, *(a.diff(s) for a in self.args))

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(a.is_extended_real for a in self.args) else None

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec + 10):
            a, b = (mpmath.mpmathify(v._to_mpmath(prec + 10)) for v in self.args)
            return Expr._from_mpmath(type(self).mpmath(a, b), prec)

    def _numpycode(self, printer: Any) -> str:
        arguments = ", ".join(map(printer._print, self.args))
        return f"{type(self).__name__}({arguments})"

    _mpmathcode = _numpycode


class maximum(Extreme):
    """max(a, b), as torch.maximum; at a tie the derivative is b's."""

    better = Gt
    text, latex = "max", r"\max"

    def _eval_is_extended_positive(self) -> bool | None:
        some = any(a.is_extended_positive for a in self.args)
        return True if some and self._eval_is_extended_real() else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        some = any(a.is_extended_nonnegative for a in self.args)
        return True if some and self._eval_is_extended_real() else None

    @staticmethod
    def numpy(a: Float64Array, b: Float64Array) -> Float64Array:
        return np.asarray(np.maximum(a, b))

    @staticmethod
    def mpmath(a: Any, b: Any) -> Any:
        return max(a, b) if _comparable(a, b) else mpmath.nan

    @staticmethod
    def arb(a: Any, b: Any) -> Any:
        return a.max(b)


class minimum(Extreme):
    """min(a, b), as torch.minimum; at a tie the derivative is b's."""

    better = Lt
    text, latex = "min", r"\min"

    def _eval_is_extended_positive(self) -> bool | None:
        return True if all(a.is_extended_positive for a in self.args) else None

    def _eval_is_extended_nonnegative(self) -> bool | None:
        return True if all(a.is_extended_nonnegative for a in self.args) else None

    @staticmethod
    def numpy(a: Float64Array, b: Float64Array) -> Float64Array:
        return np.asarray(np.minimum(a, b))

    @staticmethod
    def mpmath(a: Any, b: Any) -> Any:
        return min(a, b) if _comparable(a, b) else mpmath.nan

    @staticmethod
    def arb(a: Any, b: Any) -> Any:
        return a.min(b)


def _comparable(*values: Any) -> bool:
    """Whether all are real: outside a domain mpmath goes on with complex numbers."""
    return all(mpmath.im(v) == 0 and not mpmath.isnan(v) for v in values)
