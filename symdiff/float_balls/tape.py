"""Run a tape of operations on balls, one block at a time; the operations of float balls.

An expression is a list of operations, each of up to three registers, into a register of its own. A
register is a block of balls, an array of each part, short enough that all of a tape's stay in the
processor's cache; so an expression of any length takes its operands from memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from functools import cache
from typing import Any

import numpy as np

from symdiff.float_balls import operations as on
from symdiff.float_balls.elementary import inline
from symdiff.float_balls.jit import compiled

BLOCK = 2048  # 32 KiB a register


class Code(Enum):
    """The operations of a tape. A condition is 1 or 0, with radius ∞ where it is open.

    An open one whose sides exist has a finite midpoint; NaN if one may not exist.
    """

    ADD = auto()
    SUBTRACT = auto()
    MULTIPLY = auto()
    DIVIDE = auto()
    NEGATIVE = auto()
    ABSOLUTE = auto()
    SQRT = auto()
    MAXIMUM = auto()
    MINIMUM = auto()
    STEP = auto()  # of a, between b and 1, c at 0: b and c are constants
    EXP = auto()
    EXPM1 = auto()
    LOG = auto()
    LOG1P = auto()
    SIGMOID = auto()
    TANH = auto()
    SECH = auto()
    SOFTPLUS = auto()
    NORMAL_DENSITY = auto()
    NORMAL_CDF = auto()
    SIN = auto()
    COS = auto()
    GREATER = auto()
    AT_LEAST = auto()
    EQUAL = auto()
    NOT = auto()
    AND = auto()
    CHOSEN = auto()  # b where a holds, else c


_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")


@_jit
def _add(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.add(a[i], ea[i], b[i], eb[i])


@_jit
def _subtract(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.add(a[i], ea[i], -b[i], eb[i])


@_jit
def _multiply(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.multiply(a[i], ea[i], b[i], eb[i])


@_jit
def _divide(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.divide(a[i], ea[i], b[i], eb[i])


@_jit
def _maximum(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.maximum(a[i], ea[i], b[i], eb[i])


@_jit
def _minimum(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.minimum(a[i], ea[i], b[i], eb[i])


@_jit
def _absolute(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.absolute(a[i], ea[i])


@_jit
def _square_root(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.square_root(a[i], ea[i])


@_jit
def _exp(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.exp(a[i], ea[i])


@_jit
def _expm1(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.expm1(a[i], ea[i])


@_jit
def _log(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.log(a[i], ea[i])


@_jit
def _log1p(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.log1p(a[i], ea[i])


@_jit
def _sigmoid(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sigmoid(a[i], ea[i])


@_jit
def _tanh(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.tanh(a[i], ea[i])


@_jit
def _sech(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sech(a[i], ea[i])


@_jit
def _softplus(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.softplus(a[i], ea[i])


@_jit
def _phi(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.phi(a[i], ea[i])


@_jit
def _negative(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = -a[i], ea[i]


@_jit
def _sin(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sine(a[i], ea[i], 0)


@_jit
def _cos(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sine(a[i], ea[i], 1)


@_jit
def _step(v: Any, e: Any, a: Any, ea: Any, b: Any, _eb: Any, c: Any, _ec: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.step(a[i], ea[i], b[i], c[i])


@inline
def _told(sign: Any, exist: Any, least: Any, most: Any) -> Any:
    """Whether a sign lies between two, as a condition."""
    known = least <= sign <= most
    v, e = (1.0 if known else 0.0), (np.inf if np.isnan(sign) else 0.0)
    return (v if exist else np.nan), e


@_jit
def _greater(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        v[i], e[i] = _told(sign, exist, 1.0, 1.0)


@_jit
def _at_least(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        v[i], e[i] = _told(sign, exist, 0.0, 1.0)


@_jit
def _equal(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        v[i], e[i] = _told(sign, exist, 0.0, 0.0)


@_jit
def _not(v: Any, e: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = 1.0 - a[i], ea[i]


@_jit
def _and(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    """What fails for certain decides it; open, it is NaN if a side of either may not exist."""
    for i in range(len(v)):
        fails = ((a[i] == 0.0) & (ea[i] == 0.0)) | ((b[i] == 0.0) & (eb[i] == 0.0))
        told = fails | ((ea[i] == 0.0) & (eb[i] == 0.0))
        value = 0.0 if fails else 1.0
        v[i] = value if told else a[i] + b[i]
        e[i] = 0.0 if told else np.inf


@_jit
def _chosen(v: Any, e: Any, c: Any, ec: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        x, ex, y, ey = a[i], ea[i], b[i], eb[i]  # read on either way, to be a loop of vectors
        value, radius = on.either(x, ex, y, ey)
        if np.isnan(c[i]):
            value, radius = np.nan, np.inf
        first = c[i] != 0.0
        one, of_one = (x if first else y), (ex if first else ey)
        v[i] = one if ec[i] == 0.0 else value
        e[i] = of_one if ec[i] == 0.0 else radius


def _normal_cdf(*registers: Any) -> None:
    """Its table takes a while to make."""
    cdf_loop()(*registers)


@cache
def cdf_loop() -> Any:
    """The loop over Φ."""
    from symdiff.float_balls.mills import loop

    return loop


Loop = Callable[..., None]  # over the parts of a result and of operands
LOOPS: Mapping[Code, Loop] = {
    Code.ADD: _add,
    Code.SUBTRACT: _subtract,
    Code.MULTIPLY: _multiply,
    Code.DIVIDE: _divide,
    Code.MAXIMUM: _maximum,
    Code.MINIMUM: _minimum,
    Code.ABSOLUTE: _absolute,
    Code.SQRT: _square_root,
    Code.EXP: _exp,
    Code.EXPM1: _expm1,
    Code.LOG: _log,
    Code.LOG1P: _log1p,
    Code.SIGMOID: _sigmoid,
    Code.TANH: _tanh,
    Code.SECH: _sech,
    Code.SOFTPLUS: _softplus,
    Code.NORMAL_DENSITY: _phi,
    Code.NEGATIVE: _negative,
    Code.SIN: _sin,
    Code.COS: _cos,
    Code.STEP: _step,
    Code.GREATER: _greater,
    Code.AT_LEAST: _at_least,
    Code.EQUAL: _equal,
    Code.NOT: _not,
    Code.AND: _and,
    Code.CHOSEN: _chosen,
    Code.NORMAL_CDF: _normal_cdf,
}
Ball = tuple[Any, ...]  # arrays of one length: the midpoints' parts and the radii
Operation = tuple[Loop, int, tuple[int, ...]]  # makes which register of which


class Registers:
    """Blocks of balls for a tape: constants, operands and results."""

    def __init__(self, constants: Ball, operations: int) -> None:
        """Args: constants, arrays of each part, which go to the registers from 0 on."""
        self._fixed = [
            tuple(np.full(BLOCK, part) for part in ball) for ball in zip(*constants, strict=True)
        ]
        self._made: list[Ball] = [tuple(b) for b in np.empty((operations, len(constants), BLOCK))]

    def run(self, tape: tuple[Operation, ...], operands: Sequence[Ball], result: Ball) -> None:
        """Run a tape on operands of at most `BLOCK` balls; its last operation makes the result."""
        count = len(result[0])
        made = [*self._made[:-1], result]
        registers = [*self._fixed, *operands, *made]
        if count < BLOCK:
            registers = [tuple(part[:count] for part in ball) for ball in registers]
        for loop, makes, takes in tape:
            loop(*registers[makes], *(part for k in takes for part in registers[k]))
