"""Fit one row of a table: a Taylor polynomial on a cell, with the proof of its error bound.

A cell is the set of float64 numbers whose bit patterns begin with the same `used` ≥ 12 bits: sign,
exponent and the leading bits of the mantissa. Within one exponent float64 numbers are equally
spaced, so a cell is an arithmetic progression from `start`, and with

    width = 2^(64−used) · spacing,   centre = start + width/2,   u = (x − centre)/width ∈ [−½, ½)

u is exact: it is the remaining bits of x, read as a fraction, less ½. On the cell

    f(x) = Σ_{k≤n} aₖ uᵏ + R(u),   aₖ = f⁽ᵏ⁾(centre) widthᵏ / k!,
    |R(u)| ≤ |u|^(n+1) widthⁿ⁺¹ max|f⁽ⁿ⁺¹⁾| / (n+1)!           (Lagrange)

The bound of a row is the sum of four parts, each computed below where its name stands:

1. truncation: R, from the power series at the ball that holds the whole cell, whose coefficient
   n+1 contains f⁽ⁿ⁺¹⁾(ξ)/(n+1)! for every ξ of the cell (Johansson 2017; Rump 2010, §11);
2. coefficients: aₖ are balls, and the row stores float64 numbers (or double-doubles) cₖ:
   |aₖ − cₖ| ≤ the largest magnitude of the ball aₖ − cₖ;
3. Horner rounding: with ε = 2⁻⁵³ and η = 2⁻¹⁰⁷⁵, each operation of `kernel` obeys
   |computed − exact| ≤ ε|exact| + η (Higham, Accuracy and Stability of Numerical Algorithms,
   2nd ed., (2.8)); a fused multiply-add is one operation;
4. final rounding: the last operation of Horner's rule, and the scaling.

The bound itself is computed in float64 from positive numbers by fewer than 2⁸ operations, each of
relative error at most ε, so a factor 1 + 2⁻⁴⁰ covers their roundings; η, where it is added to
something larger, is lost only by such a rounding.

Source: Rump, "Verification methods: rigorous results using floating-point arithmetic", Acta
Numerica 19, 2010.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from flint import arb, arb_series, ctx

from symdiff.balls.compiled import Compiled
from symdiff.balls.elementary import Undecided, Undefined
from symdiff.oracle.enclosures.enclosure import SMALLEST

_BITS, _FLOAT = Struct("=Q"), Struct("=d")
_HALVES = tuple(2.0**-k for k in range(16))  # |u|ᵏ at most
_EPS, _ETA = 2.0**-53, SMALLEST  # η = 2⁻¹⁰⁷⁵ is no float64; twice it is
_SLACK = 1 + 2.0**-40
_BEYOND = arb(2) ** 1024  # from half a unit below it on a number rounds to ∞ in float64
_GENTLE = 2.0**-900  # from here down a scaled low part may be subnormal


@dataclass(frozen=True)
class Accuracy:
    """The accuracy that the rows of a table are made for."""

    degree: int
    double_double: bool
    relative: float  # a row's bound is at most this times the smallest |f| of its cell,
    absolute: float  # or at most this,
    root_bits: int  # or the cell holds a root and at most 2^root_bits float64 numbers
    least_bits: int  # no cell holds fewer than 2^least_bits float64 numbers
    precisions: tuple[int, ...]  # bits of the ball arithmetic, tried in turn


# float32: 2⁻⁴⁰ is 2⁻¹⁶ ulp or less, also of a subnormal. A cell of 2²⁹ float64 numbers holds one
# float32. Near a root Horner's last roundings are 2⁻⁵² of the cell's values, so that in a cell of
# 2³⁹ float64, or 2¹⁰ float32, the relative bound fails only within 2⁻² float32 of the root.
SINGLE = Accuracy(6, double_double=False, relative=2.0**-40, absolute=2.0**-189, root_bits=39,
                  least_bits=29, precisions=(96, 400))  # fmt: skip  # two lines, not eight
# float64: 2⁻⁶⁴ is 2⁻¹¹ ulp. A value below 2⁻¹⁰⁷⁴ is 0 with that bound.
DOUBLE = Accuracy(10, double_double=True, relative=2.0**-64, absolute=SMALLEST, root_bits=20,
                  least_bits=2, precisions=(160, 1300))  # fmt: skip  # as above


class Cell(NamedTuple):
    """A cell is the float64 numbers whose bits begin with the `used` bits of `prefix`."""

    prefix: int
    used: int

    @property
    def ends(self) -> tuple[float, float]:
        """The cell's numbers of least and of greatest magnitude."""
        free = 64 - self.used
        low = self.prefix << free
        return _float(low), _float(low | ((1 << free) - 1))

    @property
    def centre(self) -> float:
        """The float64 start + width/2."""
        return _float((self.prefix << (64 - self.used)) | (1 << (63 - self.used)))

    def ball(self) -> arb:
        """The ball centre ± width/2, formed by flint, which holds every number of the cell."""
        half = self.centre - self.ends[0]  # exact: a power of two
        return arb(self.centre) + half * arb(0, 1)

    def child(self, bits: int, i: int) -> Cell:
        """The i-th of the 2^bits cells that this one falls into, in the order of their bits."""
        return Cell((self.prefix << bits) | i, self.used + bits)


def _float(bits: int) -> float:
    """The float64 with these bits."""
    return float(_FLOAT.unpack(_BITS.pack(bits))[0])


def fit(program: Compiled, cell: Cell, accuracy: Accuracy) -> list[float] | None:
    """The row for the cell, or None if a row there would not be accurate enough.

    Args: program, f over power series; it raises Undecided where a border may lie in the cell.
    """
    for precision in accuracy.precisions:
        with ctx.workprec(precision):
            taylor = _taylor(program, cell, accuracy.degree)
            if taylor is None:
                return None
            row = (_double if accuracy.double_double else _single)(taylor)
            if row is None:
                return None
            if _accurate(row, cell, accuracy):
                return row
            *balls, _ = taylor
            # More bits would narrow the balls aₖ; where these are not to blame they do not help.
            if _weighted(a - a.mid() for a in balls) * 8 < row[-1]:
                return None
    return None


def _taylor(program: Compiled, cell: Cell, degree: int) -> list[arb] | None:
    """a₀ … aₙ, and as the last item a ball that holds R(u)·2ⁿ⁺¹ for all u in [−½, ½]."""
    start, centre = cell.ends[0], cell.centre
    # u counts from the cell's number of least magnitude: on the negative half x falls as u grows.
    width = arb(centre - start) * 2  # exact: a power of two, with x's sign
    cap = ctx.cap
    try:
        # the whole cell first: there fails what fails, where a border or a pole is in it
        ctx.cap = degree + 2
        remainder = _coefficient(program(arb_series([cell.ball(), width])), degree + 1)
        if not remainder.is_finite():
            return None
        ctx.cap = degree + 1
        at_centre = program(arb_series([arb(centre), width]))
    except (Undecided, Undefined, ValueError, ZeroDivisionError):
        return None  # the latter two: flint divides by a series whose constant holds 0
    finally:
        ctx.cap = cap
    coefficients = [_coefficient(at_centre, k) for k in range(degree + 1)]
    if not all(a.is_finite() for a in coefficients):
        return None
    return [*coefficients, remainder]


def _coefficient(series: arb_series | arb, k: int) -> arb:
    """The k-th coefficient; NaN, which no row survives, beyond the order the series is known to."""
    if isinstance(series, arb_series):
        return series[k] if k < series.prec else arb.nan()
    return series if k == 0 else arb(0)


def _up(ball: arb) -> float:
    """A float64 at or above every magnitude in the ball; exactly 0 for the exact ball 0."""
    return 0.0 if ball.is_zero() else math.nextafter(float(ball.abs_upper()), math.inf)


def _weighted(balls: Iterable[arb]) -> float:
    """A bound of |Σ ballₖ uᵏ| at |u| ≤ ½."""
    return sum(_up(ball) * half for ball, half in zip(balls, _HALVES, strict=False))


def _single(taylor: list[arb]) -> list[float] | None:
    """The row (c₀ … c₆, bound) of `kernel.evaluate_single`."""
    *balls, remainder = taylor
    c = [float(a) for a in balls]
    if not all(map(math.isfinite, c)):
        return None
    truncation = _up(remainder) * _HALVES[len(balls)]
    coefficients = _weighted(a - ck for a, ck in zip(balls, c, strict=True))
    rounding, _ = _horner(c)
    return [*c, (truncation + coefficients + rounding) * _SLACK]


def constant_row(least: arb, greatest: arb, cell: Cell, accuracy: Accuracy) -> list[float] | None:
    """The row of a function that lies between two numbers on a cell, or None as of `fit`.

    It is ±∞ with the bound 0 where they are beyond 2¹⁰²⁴, as `Enclosure` has it; a table of
    double-doubles, whose sums would make NaN of that, has no such row.

    Args: least, greatest, exact numbers or ±∞.
    """
    high: float | None = None
    if least >= _BEYOND or greatest <= -_BEYOND:
        high, bound = math.copysign(math.inf, float(greatest)), 0.0
        if accuracy.double_double:
            return None
    else:
        if not (least.is_finite() and greatest.is_finite()):
            return None
        middle = (least + greatest) / 2
        high = float(middle.mid())
        if not math.isfinite(high):
            return None
        bound = _up(arb(high) - least.union(greatest)) * _SLACK
    zeros = [0.0] * accuracy.degree
    row = [high, *zeros, bound]
    if accuracy.double_double:
        row = [high, 0.0, 0.0, *zeros, 1.0, bound]
    return row if _accurate(row, cell, accuracy) else None


def _horner(c: list[float]) -> tuple[float, float]:
    """Bounds of the rounding error of Horner's rule at |u| ≤ ½, and of the result's magnitude.

    rₙ = cₙ and r_k = fma(r_{k+1}, u, c_k), so with e_k bounding r_k's error and R_k its magnitude

        e_k ≤ e_{k+1}/2 + ε(R_{k+1}/2 + |c_k|) + η,   R_k ≤ (R_{k+1}/2 + |c_k|)(1 + ε) + η.

    While all higher coefficients are 0, r_{k+1} = 0 and the step is exact. The last step, k = 0, is
    the final rounding.
    """
    error, magnitude = 0.0, abs(c[-1])
    for ck in reversed(c[:-1]):
        if magnitude == 0:
            magnitude = abs(ck)
            continue
        exact = magnitude / 2 + abs(ck)
        error = error / 2 + _EPS * exact + _ETA
        magnitude = exact * (1 + _EPS) + _ETA
    return error, magnitude


def _double(taylor: list[arb]) -> list[float] | None:
    """The row (c₀, c₁ as pairs, c₂ … c₁₀, scale, bound) of `kernel.evaluate_double`.

    The coefficients are divided by a power of two, `scale`, that brings the largest to about 1, so
    that no product of the kernel underflows where f does not.
    """
    degree = len(taylor) - 2
    total = sum((abs(a) for a in taylor), arb(0))
    if total <= SMALLEST and not total.is_zero():
        return [*[0.0] * (degree + 3), 1.0, SMALLEST]  # |f| ≤ total: f is 0 to that resolution
    largest = max((a.mid() for a in taylor[:-1]), key=abs)
    if largest.is_zero():
        exponent = 0
    else:
        mantissa, power = largest.man_exp()
        exponent = int(power) + int(mantissa).bit_length()
    exponent = max(exponent, -1074)
    if exponent > 1020:  # the value, or a step on the way to it, might overflow
        return None
    unit = arb(2) ** exponent
    *balls, remainder = [a / unit for a in taylor]  # exact
    high = [float(a) for a in balls]
    low = [float((a - h).mid()) for a, h in zip(balls[:2], high[:2], strict=True)]
    c = high[2:]
    truncation = _up(remainder) * _HALVES[degree + 1]
    coefficients = _weighted(
        a - h - l for a, h, l in zip(balls, high, [*low, *[0.0] * len(c)], strict=True)
    )
    rounding = _compensated(high[0], low[0], high[1], low[1], c)
    bound = (truncation + coefficients + rounding) * _SLACK
    # Scaling by a power of two is exact, except that the high and the low part round, each by at
    # most η = 2⁻¹⁰⁷⁵, where they become subnormal.
    scale = 2.0**exponent
    scaled = bound * scale
    if scaled:
        scaled = math.nextafter(scaled, math.inf)
    if exponent < math.log2(_GENTLE) and any(high):
        scaled += SMALLEST
    return [high[0], low[0], high[1], low[1], *c, scale, scaled]


def _compensated(c0: float, d0: float, c1: float, d1: float, c: list[float]) -> float:
    """A bound of the rounding error of `kernel._double` at |u| ≤ ½, before scaling.

    In the kernel's order, each quantity with a bound of its magnitude (capital) and its error; a
    `two_sum` is exact and leaves a residual of at most ε|sum| (Knuth; Higham §4.3):

        q                      by Horner's rule:  e_q, Q
        p = q u                e ≤ e_q/2 + εQ/2 + η,   P = (Q/2)(1 + ε) + η
        t + tail = c₁ + p      exact,                  T = (|c₁| + P)(1 + ε),  |tail| ≤ εT
        tail += d₁             e ≤ ε(εT + |d₁|),       L = (εT + |d₁|)(1 + ε)
        product + rest = t u   exact up to 2η,         |product| ≤ T/2,  |rest| ≤ εT/2
        rest = tail u + rest   e ≤ ε(L/2 + εT/2) + η,  M = (L/2 + εT/2)(1 + ε) + η
        s + error = c₀ + product   exact,              S = (|c₀| + T/2)(1 + ε),  |error| ≤ εS
        error += d₀ + rest     e ≤ ε(|d₀| + M) + ε(εS + (|d₀| + M)(1 + ε))
        high + low = s + error exact

    The errors of p and of tail reach the result halved, through the multiplication by u.
    """
    e_q, size_q = _horner(c)
    if size_q == 0 and c1 == 0 and d1 == 0:
        return 0.0  # a constant: every operation adds or multiplies 0
    e = _EPS
    size_p = size_q / 2 * (1 + e) + _ETA
    error_p = e_q / 2 + e * size_q / 2 + _ETA
    size_t = (abs(c1) + size_p) * (1 + e)
    tail = e * size_t + abs(d1)
    error_tail = e * tail
    rest = tail * (1 + e) / 2 + e * size_t / 2
    error_rest = e * rest + 3 * _ETA
    size_m = rest * (1 + e) + _ETA
    size_s = (abs(c0) + size_t / 2) * (1 + e)
    last = abs(d0) + size_m
    error_last = e * last + e * (e * size_s + last * (1 + e))
    return (error_p + error_tail) / 2 + error_rest + error_last


def _accurate(row: list[float], cell: Cell, accuracy: Accuracy) -> bool:
    bound = row[-1]
    if bound <= accuracy.absolute:
        return True
    if accuracy.double_double:
        c = [row[0], row[2], *row[4:13]]
        scale = row[13]
    else:
        c, scale = row[:-1], 1.0
    swing = sum(abs(ck) * 2.0**-k for k, ck in enumerate(c) if k)
    least, greatest = (abs(c[0]) - swing) * scale, (abs(c[0]) + swing) * scale
    if bound <= accuracy.relative * least:
        return True
    # |f| is 0 somewhere in the cell, or the swing is too wide to tell: small cells keep their bound
    return (
        least <= 0
        and 64 - cell.used <= accuracy.root_bits
        and bound <= accuracy.relative * greatest
    )
