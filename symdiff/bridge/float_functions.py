"""Evaluate the functions of an expression in float64, each with a bound of its error.

A relative error of the argument grows by the condition number |x f′/f|, an absolute one by |f′|,
each taken at its largest within the error. `units` is the function's own error as measured against
balls over every magnitude, with a margin (tests/symdiff/bridge/test_float_functions.py).

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §1.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy

from symdiff.bridge.running_error import (
    UNIT,
    Number,
    bare,
    bounded,
    fine,
    plus,
    ranged,
    scaled,
)
from symdiff.functions import (
    SPECIAL_FUNCTIONS,
    STABLE_FUNCTIONS,
    Phi,
    expm1,
    j1,
    log1p,
    phi,
    sech,
    sigmoid,
    sinc,
    softplus,
    tanh,
)

Slope = Callable[[Any, Any, Any], Any]
_EXPONENT = 746.0  # e^(−x) is 0 in float64 beyond it, and its condition of no interest


@dataclass(frozen=True)
class FloatFunction:
    """A function of one number in float64.

    Args:
        numpy: the function, vectorised.
        slope: of x, of f(x) and of how far off x may be, the largest |f′| so far around x.
        condition: of |x|, a bound of |x f′/f| up to there, if there is one: it does not decrease.
        units: its own relative error in units of 2⁻⁵³.
        floor: its own absolute error at x in those units, where it has zeros it comes near to.
    """

    numpy: Callable[[Any], Any]
    slope: Slope
    condition: Callable[[Any], Any] | None = None
    units: float = 8.0
    floor: Callable[[Any], Any] | None = None

    def __call__(self, x: Number) -> Number:
        """Apply the function to a number with an error."""
        value = self.numpy(x.value)
        if np.any(np.isinf(value)):  # below 700 nothing overflows: a pole, undefined
            value = np.where(np.isinf(value) & (np.abs(x.value) < 700), np.nan, value)
        if bare():
            return Number(value)
        e = ranged(value, (x.value == 0) & (value == 0) if x.e is None else None)
        if self.floor is not None:
            e = plus(e, self.floor(x.value) * UNIT)
        if x.exact:
            return Number(value, self.units, e)
        if x.e is None and self.condition is not None and not fine():
            growth = self.condition(np.max(np.abs(x.value), initial=0.0))
            return bounded(value, growth * x.c + self.units, e)
        error = x.error()
        slope = self.slope(x.value, value, error)
        change = np.where(error == 0, 0.0, scaled(error, slope))
        return bounded(value, self.units, plus(e, change))


def _low(x: Any, error: Any) -> Any:
    """The smallest magnitude within the error."""
    return np.maximum(np.abs(x) - error, 0.0)


def _high(x: Any, error: Any) -> Any:
    return np.abs(x) + error


def _atanh(x: Any) -> Any:
    """Undefined at ±1, where numpy has it infinite: that would be a value that is too large."""
    return np.where(np.abs(x) == 1, np.nan, np.arctanh(x))


def _at_most_1(_x: Any) -> float:
    return 1.0


def _as_exp(x: Any) -> Any:
    return np.minimum(1 + x, _EXPONENT)


def _as_normal(x: Any) -> Any:
    return np.minimum(1 + 2 * x * x, 2 * _EXPONENT)


def _one(x: Any, _value: Any, _error: Any) -> Any:
    return np.ones_like(x)


def _reciprocal(x: Any) -> Any:
    """1/x of what is positive, and unbounded of what may be 0."""
    return 1 / np.maximum(x, 0.0)


def _tangent(_x: Any, value: Any, error: Any) -> Any:
    size = np.abs(value)  # tan(x + δ) − tan x = δ(1 + tan² x)/(1 − δ tan x)
    return (1 + size * size) * _reciprocal(1 - size * error)


def _away(near: float) -> Slope:
    """|f′| ≤ near, and ≤ 2/|x|."""
    return lambda x, _, error: np.minimum(near, 2 / _low(x, error))


def _log_slope(x: Any, _value: Any, error: Any) -> Any:
    return _reciprocal(x - error)


def _acosh_slope(x: Any, _value: Any, error: Any) -> Any:
    low = np.maximum(x - error, 1.0)
    return 1 / (np.sqrt(low - 1) * np.sqrt(low + 1))


def _erfc(x: Any) -> Any:
    from scipy.special import erfcx  # 0.1 s to import; only evaluation needs it

    # scipy's erfc is 500 units off in its tail, where it squares a rounded x. `high` is x to a
    # multiple of 2⁻⁸, whose square is exact below 32, beyond which the result is 0.
    far = np.clip(x, 0.0, 32.0)
    high = np.round(far * 256) / 256
    squared = np.exp(-high * high) * np.exp((high - far) * (far + high))
    return np.where(x > 0.5, squared * erfcx(far), _plain_erfc(x))


def _plain_erfc(x: Any) -> Any:
    from scipy.special import erfc

    return erfc(x)


def _erf(x: Any) -> Any:
    from scipy.special import erf

    return erf(x)


_SIMPLE: Mapping[type, FloatFunction] = {
    sigmoid: FloatFunction(
        sigmoid.numpy, lambda x, _, e: np.minimum(0.25, np.exp(-_low(x, e))), _as_exp
    ),
    softplus: FloatFunction(
        softplus.numpy, lambda x, _, e: np.minimum(1.0, np.exp(x + e)), _as_exp
    ),
    tanh: FloatFunction(
        tanh.numpy, lambda x, _, e: np.minimum(1.0, 4 * np.exp(-2 * _low(x, e))), _at_most_1
    ),
    sech: FloatFunction(
        sech.numpy, lambda x, _, e: np.minimum(0.5, 2 * np.exp(-_low(x, e))), _as_exp
    ),
    Phi: FloatFunction(
        Phi.numpy, lambda x, _, e: 0.4 * np.exp(-(_low(x, e) ** 2) / 2), _as_normal, 16
    ),
    phi: FloatFunction(
        phi.numpy,
        lambda x, _, e: 0.4 * np.minimum(_high(x, e), 1e9) * np.exp(-(_low(x, e) ** 2) / 2),
        _as_normal,
    ),
    expm1: FloatFunction(expm1.numpy, lambda x, _, e: np.exp(x + e), _as_exp),
    log1p: FloatFunction(log1p.numpy, lambda x, _, e: _reciprocal(1 + x - e)),
    sinc: FloatFunction(sinc.numpy, _away(0.44)),
    j1: FloatFunction(j1.numpy, _away(0.34), floor=lambda x: 8 * np.minimum(1.0, 1 / np.abs(x))),
}
assert _SIMPLE.keys() == set(STABLE_FUNCTIONS)  # noqa: S101 - a new stable function needs a slope


def _unknown(x: Any, _value: Any, error: Any) -> Any:
    """No bound, so that an argument which is not exact is computed again in balls."""
    return np.where(error == 0, 0.0, np.inf) + x * 0


FUNCTIONS: Mapping[type, FloatFunction] = {
    **_SIMPLE,
    **{f: FloatFunction(f.numpy, _unknown, units=2.0**30) for f in SPECIAL_FUNCTIONS},
    sympy.exp: FloatFunction(np.exp, lambda x, _, e: np.exp(x + e), _as_exp),
    sympy.log: FloatFunction(np.log, _log_slope),
    sympy.sin: FloatFunction(np.sin, _one),
    sympy.cos: FloatFunction(np.cos, _one),
    sympy.tan: FloatFunction(np.tan, _tangent),
    sympy.cot: FloatFunction(lambda x: 1 / np.tan(x), _tangent),
    sympy.sinh: FloatFunction(np.sinh, lambda x, _, e: np.cosh(_high(x, e)), _as_exp),
    sympy.cosh: FloatFunction(np.cosh, lambda x, _, e: np.cosh(_high(x, e)), _as_exp),
    sympy.tanh: _SIMPLE[tanh],
    sympy.sech: _SIMPLE[sech],
    sympy.asinh: FloatFunction(
        lambda x: np.copysign(np.arcsinh(np.abs(x)), x),
        lambda x, _, e: 1 / np.maximum(1.0, _low(x, e)),
        _at_most_1,
    ),
    sympy.acosh: FloatFunction(np.arccosh, _acosh_slope),
    sympy.atan: FloatFunction(np.arctan, lambda x, _, e: 1 / (1 + _low(x, e) ** 2), _at_most_1),
    sympy.asin: FloatFunction(
        np.arcsin, lambda x, _, e: _reciprocal(np.sqrt(np.maximum(1 - _high(x, e) ** 2, 0.0)))
    ),
    sympy.acos: FloatFunction(
        np.arccos, lambda x, _, e: _reciprocal(np.sqrt(np.maximum(1 - _high(x, e) ** 2, 0.0)))
    ),
    sympy.atanh: FloatFunction(_atanh, lambda x, _, e: _reciprocal(1 - _high(x, e) ** 2)),
    sympy.erf: FloatFunction(_erf, lambda x, _, e: 1.13 * np.exp(-(_low(x, e) ** 2)), _at_most_1),
    sympy.erfc: FloatFunction(
        _erfc, lambda x, _, e: 1.13 * np.exp(-(_low(x, e) ** 2)), _as_normal, 32
    ),
}
