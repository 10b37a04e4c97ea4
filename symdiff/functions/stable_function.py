"""The base of a stable function: a derivative, a lowering to each arithmetic, a name in print."""

from __future__ import annotations

from typing import Any, ClassVar

import mpmath
from sympy import Expr, Function

from symdiff.array_types import Float64Array

_FARTHEST = 4096  # bits: SymPy asks for φ(e^(10⁸)) only to tell its sign


class StableFunction(Function):
    """A real function of one real variable, with its derivative and its arithmetics.

    A subclass gives `fdiff`, the lowerings `numpy` (vectorised float64), `mpmath` (one number at
    the working precision), `arb` (a ball) and `series` (a power series of balls), how it is written
    in `torch`, an independent textbook `definition` in plain SymPy, and its symbol in text and
    LaTeX.
    """

    nargs = 1
    text: ClassVar[str]
    latex: ClassVar[str]
    torch: ClassVar[str] = ""  # a line of torch of the name {0}; empty where torch has none
    at_zero: ClassVar[Expr]
    positive: ClassVar[bool] = False

    @classmethod
    def eval(cls, z: Expr) -> Expr | None:
        """The exact value at 0; elsewhere the function stays unevaluated."""
        return cls.at_zero if z == 0 else None  # is_zero may ask all that z is made of

    @staticmethod
    def definition(z: Expr) -> Expr:
        """The textbook form in plain SymPy, for reading and cross-checks, not for numbers."""
        raise NotImplementedError  # abstract: each stanza below has its own

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        """The function in float64, vectorised, free of overflow and cancellation."""
        raise NotImplementedError  # abstract: each stanza below has its own

    @staticmethod
    def mpmath(z: Any) -> Any:
        """The function at mpmath's working precision."""
        raise NotImplementedError  # abstract: each stanza below has its own

    @staticmethod
    def arb(z: Any) -> Any:
        """The ball of the function's values on the ball z: `flint.arb` in, `flint.arb` out.

        Each is a composition in which nothing cancels at any magnitude, so that the radius stays
        a few units of the working precision.
        """
        raise NotImplementedError  # abstract: each stanza below has its own

    @staticmethod
    def series(z: Any) -> Any:
        """The power series of the function at the series z: `flint.arb_series` in and out.

        Where a coefficient would cancel in one half of the axis, the sign of z's constant chooses
        the form; both forms hold everywhere, so a constant that straddles 0 only costs tightness.
        """
        raise NotImplementedError  # abstract: each stanza below has its own

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real

    def _eval_is_extended_positive(self) -> bool | None:
        return True if self.positive and self.args[0].is_extended_real else None

    def _eval_evalf(self, prec: int) -> Expr | None:
        """None of what mpmath would reduce with as many bits as its exponent says."""
        with mpmath.workprec(prec + 10):
            argument = self.args[0]._to_mpmath(prec + 10)
            if argument and mpmath.isfinite(argument) and mpmath.mag(argument) > _FARTHEST:
                return None
            return Expr._from_mpmath(type(self).mpmath(argument), prec)

    def _numpycode(self, printer: Any) -> str:
        return f"{type(self).__name__}({printer._print(self.args[0])})"

    _mpmathcode = _numpycode


def with_constant(series: Any, constant: Any) -> Any:
    """The `flint.arb_series` with its constant coefficient replaced by a tighter ball of it."""
    from flint import arb_series  # python-flint is needed by certified arithmetic alone

    return arb_series([constant, *series.coeffs()[1:]], series.prec)
