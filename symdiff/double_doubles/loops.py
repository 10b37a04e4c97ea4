"""Loop over registers of balls, one operation each: what a tape is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import symdiff.double_doubles as room
from symdiff.double_doubles import exponential, functions, logarithm, trigonometric
from symdiff.double_doubles import operations as on
from symdiff.float_balls.elementary import inline
from symdiff.float_balls.jit import compiled
from symdiff.float_balls.tape import Code, Loop

_jit = compiled(made_of=(room,), nogil=True, boundscheck=False, error_model="numpy")


@_jit
def _add(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.add(a[i], la[i], ea[i], b[i], lb[i], eb[i])


@_jit
def _subtract(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.add(a[i], la[i], ea[i], -b[i], -lb[i], eb[i])


@_jit
def _multiply(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.multiply(a[i], la[i], ea[i], b[i], lb[i], eb[i])


@_jit
def _divide(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.divide(a[i], la[i], ea[i], b[i], lb[i], eb[i])


@_jit
def _maximum(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.maximum(a[i], la[i], ea[i], b[i], lb[i], eb[i])


@_jit
def _minimum(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.minimum(a[i], la[i], ea[i], b[i], lb[i], eb[i])


@_jit
def _absolute(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.absolute(a[i], la[i], ea[i])


@_jit
def _negative(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = -a[i], -la[i], ea[i]


@_jit
def _square_root(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = on.square_root(a[i], la[i], ea[i])


@_jit
def _exp(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = exponential.exp(a[i], la[i], ea[i])


@_jit
def _expm1(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = exponential.expm1(a[i], la[i], ea[i])


@_jit
def _log(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = logarithm.log(a[i], la[i], ea[i])


@_jit
def _log1p(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = logarithm.log1p(a[i], la[i], ea[i])


@_jit
def _sigmoid(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = functions.sigmoid(a[i], la[i], ea[i])


@_jit
def _tanh(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = functions.tanh(a[i], la[i], ea[i])


@_jit
def _sech(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = functions.sech(a[i], la[i], ea[i])


@_jit
def _softplus(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = functions.softplus(a[i], la[i], ea[i])


@_jit
def _phi(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = functions.phi(a[i], la[i], ea[i])


@_jit
def _sin(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = trigonometric.sine(a[i], la[i], ea[i], 0)


@_jit
def _cos(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = trigonometric.sine(a[i], la[i], ea[i], 1)


def _normal_cdf(*registers: Any) -> None:
    """Its table takes a while to make."""
    from symdiff.double_doubles.mills import loop

    loop(*registers)


@_jit
def _step(
    h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any,
    b: Any, _lb: Any, _eb: Any, c: Any, _lc: Any, _ec: Any,
) -> None:  # fmt: skip  # two lines, not twelve
    for i in range(len(h)):
        h[i], l[i], e[i] = on.step(a[i], la[i], ea[i], b[i], c[i])


@inline
def _told(sign: Any, exist: Any, least: Any, most: Any) -> Any:
    """Whether a sign lies between two, as a condition."""
    v = 1.0 if least <= sign <= most else 0.0
    return (v if exist else np.nan), 0.0, (np.inf if np.isnan(sign) else 0.0)


@_jit
def _greater(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        sign, exist = on.order(a[i], la[i], ea[i], b[i], lb[i], eb[i])
        h[i], l[i], e[i] = _told(sign, exist, 1.0, 1.0)


@_jit
def _at_least(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        sign, exist = on.order(a[i], la[i], ea[i], b[i], lb[i], eb[i])
        h[i], l[i], e[i] = _told(sign, exist, 0.0, 1.0)


@_jit
def _equal(h: Any, l: Any, e: Any, a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any) -> None:
    for i in range(len(h)):
        sign, exist = on.order(a[i], la[i], ea[i], b[i], lb[i], eb[i])
        h[i], l[i], e[i] = _told(sign, exist, 0.0, 0.0)


@_jit
def _chosen(
    h: Any, l: Any, e: Any, c: Any, _lc: Any, ec: Any,
    a: Any, la: Any, ea: Any, b: Any, lb: Any, eb: Any,
) -> None:  # fmt: skip  # two lines, not twelve
    for i in range(len(h)):
        x, lx, ex, y, ly, ey = a[i], la[i], ea[i], b[i], lb[i], eb[i]  # read on either way
        v, low, radius = on.either(x, lx, ex, y, ly, ey)
        open_ = ec[i] != 0.0
        lost = np.isnan(c[i])
        first = c[i] != 0.0
        v = np.nan if lost else v
        low = 0.0 if lost else low
        radius = np.inf if lost else radius
        h[i] = v if open_ else (x if first else y)
        l[i] = low if open_ else (lx if first else ly)
        e[i] = radius if open_ else (ex if first else ey)


@_jit
def _not(h: Any, l: Any, e: Any, a: Any, _la: Any, ea: Any) -> None:
    for i in range(len(h)):
        h[i], l[i], e[i] = 1.0 - a[i], 0.0, ea[i]


@_jit
def _and(h: Any, l: Any, e: Any, a: Any, _la: Any, ea: Any, b: Any, _lb: Any, eb: Any) -> None:
    """What fails for certain decides it; open, it is NaN if a side of either may not exist."""
    for i in range(len(h)):
        fails = ((a[i] == 0.0) & (ea[i] == 0.0)) | ((b[i] == 0.0) & (eb[i] == 0.0))
        told = fails | ((ea[i] == 0.0) & (eb[i] == 0.0))
        h[i] = (0.0 if fails else 1.0) if told else a[i] + b[i]
        l[i] = 0.0
        e[i] = 0.0 if told else np.inf


LOOPS: Mapping[Code, Loop] = {
    Code.ADD: _add,
    Code.SUBTRACT: _subtract,
    Code.MULTIPLY: _multiply,
    Code.DIVIDE: _divide,
    Code.NEGATIVE: _negative,
    Code.ABSOLUTE: _absolute,
    Code.SQRT: _square_root,
    Code.MAXIMUM: _maximum,
    Code.MINIMUM: _minimum,
    Code.STEP: _step,
    Code.EXP: _exp,
    Code.EXPM1: _expm1,
    Code.LOG: _log,
    Code.LOG1P: _log1p,
    Code.SIGMOID: _sigmoid,
    Code.TANH: _tanh,
    Code.SECH: _sech,
    Code.SOFTPLUS: _softplus,
    Code.NORMAL_DENSITY: _phi,
    Code.NORMAL_CDF: _normal_cdf,
    Code.SIN: _sin,
    Code.COS: _cos,
    Code.GREATER: _greater,
    Code.AT_LEAST: _at_least,
    Code.EQUAL: _equal,
    Code.NOT: _not,
    Code.AND: _and,
    Code.CHOSEN: _chosen,
}
