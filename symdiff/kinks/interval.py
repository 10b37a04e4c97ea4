"""Compute with intervals whose ends are exact, however far apart.

A ball holds a midpoint and a radius of 30 bits, so that none holds [1, 10³⁰⁸] without holding 0 as
well. An interval with two ends does, and a function that is monotone needs its ends alone: one
evaluation shows that z³ + z + π has no root above 0.

Every operation returns an interval that contains the result for every point of its arguments at
which there is one. The empty interval, for "nowhere defined", is None.

Source: Moore, Kearfott, Cloud, Introduction to Interval Analysis, 2009; IEEE 1788-2015.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy
from flint import arb

from symdiff.functions import Phi, expm1, j1, log1p, phi, sech, sigmoid, sinc, softplus, tanh

Ends = tuple[arb, arb]  # exact numbers or ±∞, the first at most the second
Maybe = Ends | None

PLUS, MINUS = arb.pos_inf(), arb.neg_inf()
ZERO, ONE = arb(0), arb(1)
EVERYTHING: Ends = (MINUS, PLUS)
_FAR = arb(2) ** 40  # no function below is asked beyond: it is at its limit, or without bound


class Note:
    """Notes whether some operation was undefined at a part, and some case was not decided."""

    __slots__ = ("partial", "undecided")

    def __init__(self) -> None:
        self.partial = self.undecided = False


def down(x: arb) -> arb:
    """An exact number at or below every number of the ball."""
    low = x.lower()
    return MINUS if low.is_nan() else low


def up(x: arb) -> arb:
    """An exact number at or above every number of the ball."""
    high = x.upper()
    return PLUS if high.is_nan() else high


def ends(ball: arb) -> Ends:
    """The interval between the ball's ends."""
    return down(ball), up(ball)


def hull(a: Maybe, b: Maybe) -> Maybe:
    """The least interval that holds both."""
    if a is None or b is None:
        return b if a is None else a
    return (min(a[0], b[0])), (max(a[1], b[1]))


def add(a: Ends, b: Ends) -> Ends:
    """The sum a + b; ∞ − ∞ is anything."""
    return down(a[0] + b[0]), up(a[1] + b[1])


def negative(a: Ends) -> Ends:
    """The negative −a."""
    return -a[1], -a[0]


def _times(a: arb, b: arb) -> arb:
    return ZERO if a.is_zero() or b.is_zero() else a * b  # 0·∞: the ∞ is an open end


def multiply(a: Ends, b: Ends) -> Ends:
    """The product a·b."""
    if a[0] >= 0 and b[0] >= 0:
        return down(_times(a[0], b[0])), up(_times(a[1], b[1]))
    products = [_times(x, y) for x in a for y in b]
    low, high = down(products[0]), up(products[0])
    for product in products[1:]:
        lower, upper = down(product), up(product)
        low = min(low, lower)
        high = max(high, upper)
    return low, high


def reciprocal(a: Ends, note: Note) -> Maybe:
    """The reciprocal 1/a, where a is not 0."""
    low, high = a
    if low > 0 or high < 0:
        return _inverse_down(high), _inverse_up(low)
    note.partial = True
    if low.is_zero() and high.is_zero():
        return None
    if low.is_zero():
        return _inverse_down(high), PLUS
    if high.is_zero():
        return MINUS, _inverse_up(low)
    return EVERYTHING


def _inverse_down(x: arb) -> arb:
    return down(1 / x) if x.is_finite() else ZERO


def _inverse_up(x: arb) -> arb:
    return up(1 / x) if x.is_finite() else ZERO


def absolute(a: Ends) -> Ends:
    """The absolute value |a|."""
    if a[0] >= 0:
        return a
    if a[1] <= 0:
        return negative(a)
    return ZERO, (max(a[1], -a[0]))


def signs(a: Ends, at_zero: arb = ZERO, below: arb = -ONE) -> Ends:
    """The values of a step function of a: `below` for a < 0, `at_zero` at 0, 1 for a > 0."""
    values = [below] if a[0] < 0 else []
    if a[0] <= 0 <= a[1]:
        values.append(at_zero)
    if a[1] > 0:
        values.append(ONE)
    found: Maybe = None
    for value in values:
        found = hull(found, ends(value))
    assert found is not None  # noqa: S101 - an interval is not empty
    return found


def larger(a: Ends, b: Ends) -> Ends:
    """The maximum of a and b."""
    return (max(a[0], b[0])), (max(a[1], b[1]))


def smaller(a: Ends, b: Ends) -> Ends:
    """The minimum of a and b."""
    return (min(a[0], b[0])), (min(a[1], b[1]))


def whole_power(a: Ends, n: int) -> Ends:
    """The power aⁿ for an integer n > 0."""
    if n % 2 == 0:
        a = absolute(a)
    return down(_to_the(a[0], n)), up(_to_the(a[1], n))


def _to_the(x: arb, n: int) -> arb:
    if x.is_finite():
        return x**n
    return x if n % 2 else PLUS


def real_power(a: Ends, exponent: Ends, note: Note) -> Maybe:
    """The power of a to a real exponent, for a > 0, and for a = 0 if the exponent is positive."""
    logarithm = _LOG(a, note)
    if logarithm is None:
        return (ZERO, ZERO) if a[1].is_zero() and exponent[0] > 0 else None
    return _EXP(multiply(logarithm, exponent), note)


def square_root(a: Ends, note: Note) -> Maybe:
    """The root √a, where a ≥ 0."""
    inside = _within(a, ZERO, PLUS, note)
    return None if inside is None else (down(inside[0].sqrt()), up(inside[1].sqrt()))


def _within(a: Ends, low: arb, high: arb, note: Note) -> Maybe:
    """The part of a in [low, high]; that there is another is noted."""
    if a[0] < low or a[1] > high:
        note.partial = True
        if a[1] < low or a[0] > high:
            return None
    return (max(a[0], low)), (min(a[1], high))


Function = Callable[[Ends, Note], Maybe]


def _rising(
    f: Callable[[arb], arb],
    below: arb = MINUS,
    above: arb = PLUS,
    domain: Ends = EVERYTHING,
    far: arb = _FAR,
) -> Function:
    """A monotone function, by its values at both ends; `below` and `above` are its limits."""

    def at(x: arb, rounded: Callable[[arb], arb], *, low: bool) -> arb:
        if x > far:
            return rounded(f(far)) if low else above
        if x < -far:
            return below if low else rounded(f(-far))
        value = rounded(f(x))
        # A bound of the function that rounding outwards passed is the better bound.
        return (max(value, below)) if low else (min(value, above))

    def image(a: Ends, note: Note) -> Maybe:
        inside = a if domain is EVERYTHING else _within(a, *domain, note)
        if inside is None:
            return None
        return at(inside[0], down, low=True), at(inside[1], up, low=False)

    return image


def _falling(rising_of_negative: Function) -> Function:
    return lambda a, note: rising_of_negative(negative(a), note)


def _even(falling: Function) -> Function:
    """An even function that falls for z ≥ 0."""
    return lambda a, note: falling(absolute(a), note)


def _minus(f: Function) -> Function:
    def minus(a: Ends, note: Note) -> Maybe:
        value = f(a, note)
        return None if value is None else negative(value)

    return minus


def _unbounded_at(edge: arb, f: Callable[[arb], arb], limit: arb) -> Callable[[arb], arb]:
    """f with its limit at the edge of its domain, where arb's is not finite."""
    return lambda x: limit if x == edge else f(x)


def _logarithm(shift: int, f: Callable[[arb], arb]) -> Function:
    edge = arb(shift)

    def image(a: Ends, note: Note) -> Maybe:
        inside = _within(a, edge, PLUS, note)
        if inside is None:
            return None
        low, high = inside
        if low == edge:
            note.partial = True
        if high == edge:
            return None
        return (
            MINUS if low == edge else down(f(low)),
            PLUS if high > 0 and not high.is_finite() else up(f(high)),
        )

    return image


_EXP = _rising(arb.exp, below=ZERO)
_LOG = _logarithm(0, arb.log)


def _wave(f: Callable[[arb], arb], phase: arb) -> Function:
    """sin and cos: f has its extrema, +1 and −1 in turn, at π(k + phase)."""

    def image(a: Ends, note: Note) -> Maybe:  # noqa: ARG001 - as the others
        low, high = a
        if not (low.is_finite() and high.is_finite()) or high - low >= 7:
            return -ONE, ONE
        first, last = ((x / arb.pi() - phase).floor().unique_fmpz() for x in a)
        if first is None or last is None:  # too near to an extremum, or too far out, to say
            ball = f(low.union(high))
            return smaller(larger(ends(ball), (-ONE, -ONE)), (ONE, ONE))
        found = hull(ends(f(low)), ends(f(high)))
        for k in range(int(first) + 1, int(last) + 1):
            extremum = -ONE if k % 2 else ONE
            found = hull(found, (extremum, extremum))
        assert found is not None  # noqa: S101 - it has both ends
        return smaller(larger(found, (-ONE, -ONE)), (ONE, ONE))

    return image


_SIN = _wave(arb.sin, arb(1) / 2)
_COS = _wave(arb.cos, arb(0))


def _quotient(above: Function, below: Function) -> Function:
    def image(a: Ends, note: Note) -> Maybe:
        upper, lower = above(a, note), below(a, note)
        inverse = None if lower is None else reciprocal(lower, note)
        return None if upper is None or inverse is None else multiply(upper, inverse)

    return image


def _one(a: Ends, note: Note) -> Maybe:  # noqa: ARG001 - as the others
    return ONE, ONE


def _bessel(f: Callable[[arb], arb], size: arb, inner: Function, reach: int) -> Function:
    """A spherical Bessel function: monotone up to `reach`, at most `size` and 2/|z| beyond."""

    def image(a: Ends, note: Note) -> Maybe:
        if -reach <= a[0] and a[1] <= reach:
            return inner(a, note)
        nearest = absolute(a)[0]
        bound = size
        if nearest > 1:
            least = up(2 / nearest) if nearest.is_finite() else ZERO
            bound = min(size, least)
        if not (a[0].is_finite() and a[1].is_finite()) or a[1] - a[0] > 1:
            return -bound, bound
        return smaller(larger(ends(f(a[0].union(a[1]))), (-bound, -bound)), (bound, bound))

    return image


# The lowerings of symdiff's own functions are ball functions, here asked at single points.
_SINH, _COSH = _rising(arb.sinh), _even(_rising(arb.cosh, below=ONE))
_TANH = _rising(tanh.arb, -ONE, ONE)

FUNCTIONS: Mapping[type, Function] = {
    sympy.exp: _EXP,
    sympy.log: _LOG,
    sympy.sin: _SIN,
    sympy.cos: _COS,
    sympy.tan: _quotient(_SIN, _COS),
    sympy.cot: _quotient(_COS, _SIN),
    sympy.sec: _quotient(_one, _COS),
    sympy.csc: _quotient(_one, _SIN),
    sympy.sinh: _SINH,
    sympy.cosh: _COSH,
    sympy.tanh: _TANH,
    sympy.sech: _even(_falling(_rising(lambda x: sech.arb(-x), ZERO, ONE))),
    sympy.csch: _quotient(_one, _SINH),
    sympy.coth: _quotient(_one, _TANH),
    sympy.asin: _rising(arb.asin, domain=(-ONE, ONE)),
    sympy.acos: _minus(_rising(lambda x: -x.acos(), domain=(-ONE, ONE))),
    sympy.atan: _rising(arb.atan, -arb(2), arb(2), far=PLUS),
    sympy.asinh: _rising(arb.asinh, far=PLUS),
    sympy.acosh: _rising(arb.acosh, domain=(ONE, PLUS), far=PLUS),
    sympy.atanh: _rising(
        _unbounded_at(ONE, _unbounded_at(-ONE, arb.atanh, MINUS), PLUS), domain=(-ONE, ONE)
    ),
    sympy.erf: _rising(arb.erf, -ONE, ONE),
    sympy.erfc: _falling(_rising(lambda x: (-x).erfc(), ZERO, arb(2))),
    sigmoid: _rising(sigmoid.arb, ZERO, ONE),
    softplus: _rising(softplus.arb, ZERO, PLUS, far=PLUS),
    tanh: _TANH,
    sech: _even(_falling(_rising(lambda x: sech.arb(-x), ZERO, ONE))),
    Phi: _rising(Phi.arb, ZERO, ONE),
    phi: _even(_falling(_rising(lambda x: phi.arb(-x), ZERO, ONE))),
    expm1: _rising(arb.expm1, -ONE),
    log1p: _logarithm(-1, arb.log1p),
    sinc: _bessel(sinc.arb, ONE, _even(_falling(_rising(lambda x: sinc.arb(-x)))), 4),
    j1: _bessel(j1.arb, ONE / 2, _rising(j1.arb), 2),
}
