"""Special functions whose derivatives stay accurate where textbook forms overflow or cancel.

One stanza a function: its derivative (`fdiff`), how each arithmetic evaluates it, and how it is
written. Plain SymPy would not do: `diff(1/(1 + exp(-z)))` evaluates to NaN at −800,
`1 - tanh(z)**2` loses every digit from z = 20 on, and `cosh(z)**-2` overflows.

SymPy differentiates straight into these forms: σ' = σ(z) σ(−z), tanh' = sech²(z), Φ' = φ(z).
"""

from __future__ import annotations

from typing import Any, ClassVar

import mpmath
import numpy as np
import numpy.typing as npt
import sympy
from sympy import Expr, Function, Integer, Rational, S

Float64Array = npt.NDArray[np.float64]


class StableFunction(Function):
    """A real function of one real variable, with everything symdiff needs to know of it.

    A subclass gives `fdiff`, the lowerings `numpy` (vectorised float64), `mpmath` (one number at
    the working precision), `arb` (a ball) and `series` (a power series of balls), an independent
    textbook `definition` in plain SymPy, and its symbol in text and LaTeX.
    """

    nargs = 1
    text: ClassVar[str]
    latex: ClassVar[str]
    at_zero: ClassVar[Expr]
    positive: ClassVar[bool] = False

    @classmethod
    def eval(cls, z: Expr) -> Expr | None:
        """The exact value at 0; elsewhere the function stays unevaluated."""
        return cls.at_zero if z.is_zero else None

    @staticmethod
    def definition(z: Expr) -> Expr:
        """The textbook form in plain SymPy: for reading and for cross-checks, not for numbers."""
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

    def _eval_evalf(self, prec: int) -> Expr:
        with mpmath.workprec(prec + 10):
            argument = self.args[0]._to_mpmath(prec + 10)
            return Expr._from_mpmath(type(self).mpmath(argument), prec)

    def _numpycode(self, printer: Any) -> str:
        return f"{type(self).__name__}({printer._print(self.args[0])})"

    _mpmathcode = _numpycode


def with_constant(series: Any, constant: Any) -> Any:
    """The `flint.arb_series` with its constant coefficient replaced by a tighter ball of it."""
    from flint import arb_series  # python-flint is needed by certified arithmetic alone

    return arb_series([constant, *series.coeffs()[1:]], series.prec)


class sigmoid(StableFunction):
    """σ(z) = 1/(1 + e^(−z)), the logistic function; σ' = σ(z) σ(−z)."""

    text, latex = "σ", r"\sigma"
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


class expm1(StableFunction):
    """e^z − 1 without cancellation near 0."""

    text, latex = "expm1", r"\operatorname{expm1}"
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


class sinc(StableFunction):
    """sin(z)/z, and 1 at 0; sinc' = −j₁(z). torch.sinc(z) is sinc(πz)."""

    text, latex = "sinc", r"\operatorname{sinc}"
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
        return z.sinc()

    @staticmethod
    def series(z: Any) -> Any:
        return with_constant(z.sin() / z, z[0].sinc())


class j1(StableFunction):
    """The spherical Bessel function j₁(z) = (sin z − z cos z)/z², free of its cancellation at 0.

    Source: NIST DLMF §10.49 and §10.53.
    """

    text, latex = "j₁", r"j_1"
    at_zero = S.Zero

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        away = sinc(z) - 2 * j1(z) / z
        return sympy.Piecewise((Rational(1, 3), sympy.Eq(z, 0)), (away, True))

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
        return with_constant((z.sin() / z - z.cos()) / z, j1.arb(z[0]))


STABLE_FUNCTIONS: tuple[type[StableFunction], ...] = (
    sigmoid,
    softplus,
    tanh,
    sech,
    Phi,
    phi,
    expm1,
    log1p,
    sinc,
    j1,
)


class UnspecifiedFunction(Function):
    """A function left symbolic, f; its derivative is another one, f', so no formula is needed."""

    nargs = 1

    def fdiff(self, argindex: int = 1) -> Expr:
        return unspecified(f"{type(self).__name__}'")(self.args[0])

    def _eval_is_extended_real(self) -> bool | None:
        return self.args[0].is_extended_real


def unspecified(name: str) -> type[UnspecifiedFunction]:
    """The symbolic function called `name`; the same name gives the same (equal) function."""
    return _unspecified.setdefault(name, type(name, (UnspecifiedFunction,), {}))


_unspecified: dict[str, type[UnspecifiedFunction]] = {}
