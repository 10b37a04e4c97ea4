"""Each smooth function of the grammar with its derivative, from textbooks, in tracked numbers.

No form here cancels where its argument is large, and where one does near 0 the error bound says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tracked
from tracked import ONE, TWO, ZERO, Num, number


def _sinh(a: Num) -> Num:
    return (tracked.expm1(a) - tracked.expm1(-a)) / TWO


def _cosh(a: Num) -> Num:
    return (tracked.exp(a) + tracked.exp(-a)) / TWO


def _tanh(a: Num) -> Num:
    if a.v > 0:
        return -_tanh(-a)
    t = tracked.expm1(a + a)
    return t / (t + TWO)


def _sech(a: Num) -> Num:
    t = tracked.exp(-a if a.v > 0 else a)
    return (t + t) / (ONE + t * t)


def _sigmoid(a: Num) -> Num:
    if a.v > 0:
        return ONE / (ONE + tracked.exp(-a))
    t = tracked.exp(a)
    return t / (ONE + t)


def _softplus(a: Num) -> Num:
    return a + tracked.log1p(tracked.exp(-a)) if a.v > 0 else tracked.log1p(tracked.exp(a))


def _density(a: Num) -> Num:
    return tracked.exp(-(a * a) / TWO) / tracked.sqrt(tracked.pi() * TWO)


def _distribution(a: Num) -> Num:
    return tracked.erfc(-a / tracked.sqrt(TWO)) / TWO


def _sinc(a: Num) -> Num:
    return ONE if a.zero else tracked.sin(a) / a


def _j1(a: Num) -> Num:
    return ZERO if a.zero else (tracked.sin(a) / a - tracked.cos(a)) / a


def _j1_slope(a: Num) -> Num:
    return ONE / number(3) if a.zero else _sinc(a) - TWO * _j1(a) / a


def _erf_slope(a: Num) -> Num:
    return TWO * tracked.exp(-(a * a)) / tracked.sqrt(tracked.pi())


def _tan(a: Num) -> Num:
    return tracked.sin(a) / tracked.cos(a)


SMOOTH: Mapping[str, tuple[Callable[[Num], Num], Callable[[Num], Num]]] = {
    "exp": (tracked.exp, tracked.exp),
    "expm1": (tracked.expm1, tracked.exp),
    "log": (tracked.log, lambda a: ONE / a),
    "log1p": (tracked.log1p, lambda a: ONE / (ONE + a)),
    "sqrt": (tracked.sqrt, lambda a: ONE / (TWO * tracked.sqrt(a))),
    "sin": (tracked.sin, tracked.cos),
    "cos": (tracked.cos, lambda a: -tracked.sin(a)),
    "tan": (_tan, lambda a: ONE / (tracked.cos(a) * tracked.cos(a))),
    "sinh": (_sinh, _cosh),
    "cosh": (_cosh, _sinh),
    "tanh": (_tanh, lambda a: _sech(a) * _sech(a)),
    "sech": (_sech, lambda a: -_sech(a) * _tanh(a)),
    "asinh": (tracked.asinh, lambda a: ONE / tracked.sqrt(ONE + a * a)),
    "asin": (tracked.asin, lambda a: ONE / tracked.sqrt((ONE - a) * (ONE + a))),
    "acos": (tracked.acos, lambda a: -ONE / tracked.sqrt((ONE - a) * (ONE + a))),
    "atan": (tracked.atan, lambda a: ONE / (ONE + a * a)),
    "atanh": (tracked.atanh, lambda a: ONE / ((ONE - a) * (ONE + a))),
    "erf": (tracked.erf, _erf_slope),
    "erfc": (tracked.erfc, lambda a: -_erf_slope(a)),
    "sigmoid": (_sigmoid, lambda a: _sigmoid(a) * _sigmoid(-a)),
    "softplus": (_softplus, _sigmoid),
    "Phi": (_distribution, _density),
    "phi": (_density, lambda a: -a * _density(a)),
    "sinc": (_sinc, lambda a: -_j1(a)),
    "j1": (_j1, _j1_slope),
}
