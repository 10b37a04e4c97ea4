"""The spherical Bessel functions j₀, known as sinc, and j₁."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr, Rational, S

from symdiff.array_types import Float64Array
from symdiff.functions.stable_function import StableFunction, with_constant
from symdiff.trees.comparison import comparison


class sinc(StableFunction):
    """sin(z)/z, and 1 at 0; sinc' = −j₁(z). torch.sinc(z) is sinc(πz)."""

    text, latex = "sinc", r"\operatorname{sinc}"
    torch = "torch.sinc({0} / torch.pi)"
    at_zero = S.One

    def fdiff(self, argindex: int = 1) -> Expr:
        return -j1(self.args[0])

    @staticmethod
    def definition(z: Expr) -> Expr:
        return sympy.sin(z) / z

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        from scipy.special import spherical_jn  # 0.1 s to import; only evaluation needs it

        return np.asarray(spherical_jn(0, z), dtype=np.float64)

    @staticmethod
    def mpmath(z: Any) -> Any:
        return mpmath.sinc(z)

    @staticmethod
    def arb(z: Any) -> Any:
        return z if z.is_nan() else z.sinc()  # flint has sinc(NaN) = 0 ± 1

    @staticmethod
    def series(z: Any) -> Any:
        found = _around_zero(z, 1) if abs(z[0]) < 1 else z.sin() / z
        return with_constant(found, sinc.arb(z[0]))


class j1(StableFunction):
    """The spherical Bessel function j₁(z) = (sin z − z cos z)/z², free of its cancellation at 0.

    Source: NIST DLMF §10.49 and §10.53.
    """

    text, latex = "j₁", r"j_1"
    torch = (  # the Taylor series near 0, as in `numpy`
        "torch.where({0}.abs() < 1, {0} / 3 * (1 - {0}**2 / 10 * (1 - {0}**2 / 28 * (1 - {0}**2 / "
        "54 * (1 - {0}**2 / 88 * (1 - {0}**2 / 130 * (1 - {0}**2 / 180 * (1 - {0}**2 / 238))))))), "
        "(torch.sinc({0} / torch.pi) - torch.cos({0})) / {0})"
    )
    at_zero = S.Zero

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        away = sinc(z) - 2 * j1(z) / z
        return sympy.Piecewise((Rational(1, 3), comparison(sympy.Eq, z, S.Zero)), (away, True))

    @staticmethod
    def definition(z: Expr) -> Expr:
        return (sympy.sin(z) - z * sympy.cos(z)) / z**2

    @staticmethod
    def numpy(z: Float64Array) -> Float64Array:
        # scipy's spherical_jn(1, z) cancels around 0; the Taylor series does not (DLMF 10.53.1).
        near = np.where(np.abs(z) < 2.5, z, 0.0)
        series = np.ones_like(near)
        for k in range(14, 0, -1):
            series = 1 - near * near / (2 * k * (2 * k + 3)) * series
        away = np.where(np.abs(z) < 2.5, 2.5, z)
        far = (np.sin(away) / away - np.cos(away)) / away
        return np.asarray(np.where(np.abs(z) < 2.5, near / 3 * series, far))

    @staticmethod
    def mpmath(z: Any) -> Any:
        if abs(z) < 1:
            return z / 3 * mpmath.hyp0f1(mpmath.mpf(5) / 2, -z * z / 4)
        return (mpmath.sin(z) / z - mpmath.cos(z)) / z

    @staticmethod
    def arb(z: Any) -> Any:
        from flint import arb

        if abs(z) < 1:
            return z / 3 * (-z * z / 4).hypgeom_0f1(arb(5) / 2)
        return (z.sin() / z - z.cos()) / z

    @staticmethod
    def series(z: Any) -> Any:
        near = abs(z[0]) < 1
        found = z / 3 * _around_zero(z, 3) if near else (z.sin() / z - z.cos()) / z
        return with_constant(found, j1.arb(z[0]))


def _around_zero(z: Any, odd: int) -> Any:
    """Σ aᵢ z²ⁱ for a power series z with |z₀| < 1, where a₀ = 1, aᵢ = −aᵢ₋₁/(2i (2i + odd)).

    The quotients sin z/z and (sin z/z − cos z)/z cancel there: the table of sinc(z²)' had 92,448
    rows and has 4,604. Horner's rule starts at the n-th term with what all later ones are of it:
    for |z| ≤ 2 at most Σ (4/(4·5))ᵐ = 5/4 in magnitude, as is, by Cauchy's estimate on the circle
    of radius 1 around z₀, each coefficient of its Taylor series there.

    Source: NIST DLMF §10.53.1.
    """
    from flint import arb, arb_series, ctx

    size = float(abs(z[0]).upper()) or 1e-300
    terms, bits = 1, 0.0
    while bits < ctx.prec or 2 * terms <= z.prec:
        bits += math.log2(2 * terms * (2 * terms + odd)) - 2 * math.log2(size)
        terms += 1
    step = arb_series([0, *z.coeffs()[1:]], z.prec)
    found = arb_series([arb(0, 1.25)] * z.prec, z.prec)
    # flint puts no 0 into a series, as for sinc(acos(min(z, 1))) at 2.
    found = found(step) if step.coeffs() else arb_series([arb(0, 1.25)], z.prec)
    square = z * z
    for i in range(terms, 0, -1):
        found = 1 - square * found / (2 * i * (2 * i + odd))
    return found
