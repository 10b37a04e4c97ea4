"""What each function of the corpus truly is, and its derivative, in mpmath at sixty digits.

The definition is the text that `comparisons.check` takes; the derivatives are written out by hand,
so that symdiff's own are no part of the truth it is measured by.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mpmath import mp, mpf

DIGITS = 60


@dataclass(frozen=True)
class Exact:
    """A function of one variable: the definition that symdiff is given, its value and slope."""

    definition: str
    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    low: float = -math.inf  # the open interval on which it is defined
    high: float = math.inf

    def __str__(self) -> str:
        return self.definition

    def inside(self, z: float) -> bool:
        """Whether z is a number at which the function is defined."""
        return self.low < z < self.high

    def curvature(self, z: Any) -> Any:
        """The second derivative, to some twenty digits, by a relative step of 10⁻²⁰."""
        step = abs(z) * mpf(10) ** -20 or mpf(10) ** -20
        return (self.slope(z + step) - self.slope(z - step)) / (2 * step)


@lru_cache(maxsize=100_000)
def at(exact: Exact, z: float) -> tuple[Any, Any, Any]:
    """Value, slope and curvature at a number of the domain, in sixty digits and more."""
    with mp.workdps(DIGITS + 20):
        x = mpf(z)
        return exact.value(x), exact.slope(x), exact.curvature(x)


def _sigmoid(z: Any) -> Any:
    return 1 / (1 + mp.exp(-z))


def _phi(z: Any) -> Any:
    return mp.exp(-z * z / 2) / mp.sqrt(2 * mp.pi)


def _erfc(z: Any) -> Any:
    """mpmath 1.3 raises OverflowError far out, where the value is 0 or 2 to 10⁸ digits."""
    return mp.erfc(z) if abs(z) < 10**4 else mpf(0 if z > 0 else 2)


def _Phi(z: Any) -> Any:
    return _erfc(-z / mp.sqrt(2)) / 2


def _softplus(z: Any) -> Any:
    return mp.log1p(mp.exp(z)) if z < 0 else z + mp.log1p(mp.exp(-z))


def _mish_slope(z: Any) -> Any:
    t = mp.tanh(_softplus(z))
    # 1 − tanh²(log(1 + e^z)) = 4 (1 + e^z)² / ((1 + e^z)² + 1)²
    e = 1 + mp.exp(z)
    return t + z * _sigmoid(z) * 4 * e**2 / (e**2 + 1) ** 2


def _mish(z: Any) -> Any:
    return z * mp.tanh(_softplus(z))


def _sech2(z: Any) -> Any:
    return mp.sech(z) ** 2


TANH = Exact("tanh(z)", mp.tanh, _sech2)
SIGMOID = Exact("sigmoid(z)", _sigmoid, lambda z: _sigmoid(z) * _sigmoid(-z))
SILU = Exact(
    "z*sigmoid(z)",
    lambda z: z * _sigmoid(z),
    lambda z: mpf(1) if z == mp.inf else _sigmoid(z) * (1 + z * _sigmoid(-z)),
)
GELU = Exact("z*Phi(z)", lambda z: z * _Phi(z), lambda z: _Phi(z) + z * _phi(z))
MISH = Exact("z*tanh(softplus(z))", _mish, _mish_slope)
SOFTPLUS = Exact("softplus(z)", _softplus, _sigmoid)
LOGSIGMOID = Exact("-softplus(-z)", lambda z: -_softplus(-z), lambda z: _sigmoid(-z))
EXP = Exact("exp(z)", mp.exp, mp.exp)
EXPM1 = Exact("expm1(z)", mp.expm1, mp.exp)
LOG = Exact("log(z)", mp.log, lambda z: 1 / z, low=0)
LOG1P = Exact("log1p(z)", mp.log1p, lambda z: 1 / (1 + z), low=-1)
LOG2 = Exact("log(z)/log(2)", lambda z: mp.log(z) / mp.log(2), lambda z: 1 / (z * mp.log(2)), low=0)
LOG10 = Exact(
    "log(z)/log(10)", lambda z: mp.log(z) / mp.log(10), lambda z: 1 / (z * mp.log(10)), low=0
)
SQRT = Exact("sqrt(z)", mp.sqrt, lambda z: 1 / (2 * mp.sqrt(z)), low=0)
RSQRT = Exact("1/sqrt(z)", lambda z: 1 / mp.sqrt(z), lambda z: -1 / (2 * z * mp.sqrt(z)), low=0)
RECIPROCAL = Exact("1/z", lambda z: 1 / z, lambda z: -1 / z**2, low=0)
SQUARE = Exact("z**2", lambda z: z * z, lambda z: 2 * z)
CUBE = Exact("z**3", lambda z: z**3, lambda z: 3 * z * z)
CUBIC = Exact("z**3 - 2*z", lambda z: z**3 - 2 * z, lambda z: 3 * z * z - 2)
IDENTITY = Exact("z", lambda z: z, lambda _: mpf(1))
AFFINE = Exact("3*z + 1", lambda z: 3 * z + 1, lambda _: mpf(3))
SIN = Exact("sin(z)", mp.sin, mp.cos)
COS = Exact("cos(z)", mp.cos, lambda z: -mp.sin(z))
TAN = Exact("tan(z)", mp.tan, lambda z: mp.sec(z) ** 2, low=-1.5, high=1.5)
SINH = Exact("sinh(z)", mp.sinh, mp.cosh)
COSH = Exact("cosh(z)", mp.cosh, mp.sinh)
ATAN = Exact("atan(z)", mp.atan, lambda z: 1 / (1 + z * z))
ASINH = Exact("asinh(z)", mp.asinh, lambda z: 1 / mp.sqrt(1 + z * z))
ERF = Exact("erf(z)", mp.erf, lambda z: 2 / mp.sqrt(mp.pi) * mp.exp(-z * z))
ERFC = Exact("erfc(z)", _erfc, lambda z: -2 / mp.sqrt(mp.pi) * mp.exp(-z * z))
NORMAL_CDF = Exact("Phi(z)", _Phi, _phi)
GAUSSIAN = Exact("exp(-z**2)", lambda z: mp.exp(-z * z), lambda z: -2 * z * mp.exp(-z * z))
HYPOT = Exact("sqrt(1 + z**2)", lambda z: mp.sqrt(1 + z * z), lambda z: z / mp.sqrt(1 + z * z))
SOFTSIGN = Exact("z/(1 + abs(z))", lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2)
TANHSHRINK = Exact("z - tanh(z)", lambda z: z - mp.tanh(z), lambda z: mp.tanh(z) ** 2)
RELU = Exact("max(z, 0)", lambda z: max(z, mpf(0)), lambda z: mpf(z > 0))
ABS = Exact("abs(z)", abs, mp.sign)
LEAKY_RELU = Exact(
    "z if z > 0 else z/8",
    lambda z: z if z > 0 else z / 8,
    lambda z: mpf(1) if z > 0 else mpf(1) / 8,
)
ELU = Exact(
    "z if z > 0 else expm1(z)",
    lambda z: z if z > 0 else mp.expm1(z),
    lambda z: mpf(1) if z > 0 else mp.exp(z),
)
HARDTANH = Exact(
    "max(min(z, 1), -1)", lambda z: max(min(z, mpf(1)), mpf(-1)), lambda z: mpf(abs(z) < 1)
)
HARDSWISH = Exact(
    "0 if z <= -3 else (z if z >= 3 else z*(z + 3)/6)",
    lambda z: mpf(0) if z <= -3 else z if z >= 3 else z * (z + 3) / 6,
    lambda z: mpf(0) if z <= -3 else mpf(1) if z >= 3 else (2 * z + 3) / 6,
)

# The numbers at which torch documents or leaves open a kink; left out where a slope is asked.
KINKS: Mapping[Exact, tuple[float, ...]] = {
    RELU: (0.0,),
    ABS: (0.0,),
    LEAKY_RELU: (0.0,),
    HARDTANH: (-1.0, 1.0),
    HARDSWISH: (-3.0, 3.0),
}
