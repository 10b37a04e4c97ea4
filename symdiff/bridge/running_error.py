"""Carry a running bound of the error through float64 arithmetic and choices between cases.

A number is known as v with |truth − v| ≤ c·u·|v| + e, u = 2⁻⁵³. The relative part c is one number
for a whole array and costs nothing to carry; the absolute part e is an array, and there only where
something cancelled, underflowed or overflowed. An e that is infinite or NaN says: nothing is known.

The bounds are of first order: products of two relative parts, each below 10⁻⁸, are left out.

Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §3.3, running error bounds.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

UNIT = 2.0**-53
UNDERFLOW = 4 * 2.0**-1074  # what a result below the normal range can be off by
_NORMAL = 2.0**-1021  # below twice the smallest normal number a rounding may be absolute
_MOST_RELATIVE = 1e8  # units; beyond it the error becomes an array, so that its square is nothing
_MOST_CANCELLED = 64.0  # a sum whose terms are larger than it by no more keeps a relative bound


class Number(NamedTuple):
    """An array of values with |truth − value| ≤ c·u·|value| + e; e is None where it is 0."""

    value: Any
    c: float = 0.0
    e: Any = None

    @property
    def exact(self) -> bool:
        """Whether the values are exact."""
        return self.c == 0 and self.e is None

    def error(self) -> Any:
        """The bound |truth − value| in full, an array or the number 0."""
        if self.c == 0:
            return 0.0 if self.e is None else self.e
        relative = scaled(np.abs(self.value), self.c * UNIT)
        return relative if self.e is None else relative + self.e

    def defined(self) -> Any:
        """The mask of entries that certainly have a value, though it may be off."""
        known = ~np.isnan(self.value)
        return known if self.e is None else known & (self.e < np.inf)

    def within(self, relative: float, absolute: float) -> Any:
        """The mask of finite entries with a bound of at most relative·|value| + absolute."""
        known = np.isfinite(self.value)
        if self.e is None and self.c * UNIT <= relative:
            return known
        return known & (self.error() <= relative * np.abs(self.value) + absolute)


class Condition(NamedTuple):
    """The mask of where a condition holds, as far as the values tell, and of where it is open.

    `open` is where their errors leave it open, `undefined` where a side may have no value at all;
    None is nowhere.
    """

    holds: Any
    open: Any = None
    undefined: Any = None


@dataclass
class _Watch:
    """What the processor said of the operations since it was last asked."""

    fine: bool
    bare: bool = False  # whether values alone are wanted, and no errors
    raised: bool = False
    tied: Any = None  # an array to set where two numbers that are compared are equal

    def __call__(self, _kind: str, _flag: int) -> None:
        self.raised = True


_watch: ContextVar[_Watch] = ContextVar("watch")


@contextmanager
def watched(*, fine: bool = False, bare: bool = False, tied: Any = None) -> Iterator[_Watch]:
    """Notice overflow, underflow and invalid operations inside the block, without warnings.

    Args: fine, whether each entry is to have an error of its own, not the worst of its array. bare,
        whether values alone are wanted: errors are then none, and mean nothing. tied, of the shape
        of every array inside, to be set where two numbers that are compared are equal.
    """
    watch = _Watch(fine, bare, tied=tied)
    token = _watch.set(watch)
    try:
        with np.errstate(all="call", call=watch):
            yield watch
    finally:
        _watch.reset(token)


def fine() -> bool:
    """Whether each entry is to have a bound of its own, rather than one for all."""
    return _watch.get().fine


def bare() -> bool:
    """Whether values alone are wanted, without bounds."""
    watch = _watch.get(None)
    return watch is not None and watch.bare


def _tied(equal: Any) -> None:
    """Take down where numbers are equal, unless both are constants."""
    tied = _watch.get().tied
    if tied is not None and np.ndim(equal):
        tied |= equal


def _asked() -> _Watch:
    watch = _watch.get()
    watch.raised = False
    return watch


def bounded(value: Any, c: float, e: Any = None) -> Number:
    """The number with a relative bound that grew too large made absolute."""
    if c <= _MOST_RELATIVE:
        return Number(value, c, e)
    absolute = np.abs(value) * (c * UNIT)
    return Number(value, 0.0, absolute if e is None else absolute + e)


def plus(first: Any, second: Any) -> Any:
    """The sum of two absolute parts, either of which may be None."""
    if first is None:
        return second
    return first if second is None else first + second


def scaled(e: Any, factor: Any) -> Any:
    """An absolute part times a factor; what is not 0 does not become it by underflow."""
    return e * factor + np.where(e > 0, UNDERFLOW, 0.0)


def ranged(value: Any, nothing: Any = None) -> Any:
    """The absolute part that a result outside the normal range has, or None if all are inside.

    Args: nothing, where a 0 is exactly that.
    """
    size = np.abs(value)
    if np.min(size, initial=1.0) >= _NORMAL and np.max(size, initial=1.0) < np.inf:
        return None
    tiny = size < _NORMAL
    if nothing is not None:
        tiny &= ~nothing
    e = np.where(np.isfinite(size), np.where(tiny, UNDERFLOW, 0.0), np.inf)
    return e if e.any() else None


def add(terms: Sequence[Number]) -> Number:
    """The sum of two terms or more."""
    if bare():
        return Number(reduce(operator.add, (term.value for term in terms)))
    total, size = terms[0].value, np.abs(terms[0].value)
    e = terms[0].e
    for term in terms[1:]:
        total = total + term.value
        size = size + np.abs(term.value)
        e = plus(e, term.e)
    if len(terms) == 2 and terms[0].exact and terms[1].exact:
        return Number(total, 1.0, None if np.all(np.isfinite(total)) else ranged(total))
    units = max(t.c for t in terms) + len(terms) - 1
    if not fine():
        cancelled = np.max(size / np.abs(total), initial=1.0)  # NaN where both are 0 or infinite
        if cancelled <= _MOST_CANCELLED:
            return bounded(total, cancelled * units, e)
    return Number(total, 0.0, plus(size * (units * UNIT), e))


def multiply(a: Number, b: Number) -> Number:
    """The product a·b."""
    flags = _asked()
    value = a.value * b.value
    if flags.bare:
        return Number(value)
    e = None
    if flags.raised:
        e = ranged(value, (a.value == 0) | (b.value == 0))
    if a.e is not None:
        e = plus(e, scaled(a.e, np.abs(b.value)))
    if b.e is not None:
        size = np.abs(a.value) if a.e is None else np.abs(a.value) + a.e
        e = plus(e, scaled(b.e, size))
    rounding = 0.0 if _is_power_of_2(a) or _is_power_of_2(b) else 1.0
    return bounded(value, a.c + b.c + rounding, e)


def _is_power_of_2(a: Number) -> bool:
    """Whether the number is one that multiplies without rounding: a parameter that is 1 is."""
    return a.exact and np.ndim(a.value) == 0 and abs(np.frexp(a.value)[0]) == 0.5


def divide(a: Number, b: Number) -> Number:
    """The quotient a/b; unbounded where the divisor may be 0."""
    flags = _asked()
    value = a.value / b.value
    e = None
    if flags.raised:
        value = np.where(b.value == 0, np.nan, value)  # undefined, not merely large
        e = None if flags.bare else ranged(value, a.value == 0)
    if a.e is not None or b.e is not None:
        size, absolute = np.abs(b.value), a.e
        if b.e is not None:
            absolute = plus(absolute, scaled(b.e, np.abs(value)))
            size = np.maximum(size - b.e, 0.0)
        e = plus(e, scaled(absolute, 1 / size))
    return bounded(value, a.c + b.c + (0.0 if _is_power_of_2(b) else 1.0), e)


def negative(a: Number) -> Number:
    """The negative −a."""
    return Number(-a.value, a.c, a.e)


def absolute(a: Number) -> Number:
    """The absolute value |a|."""
    return Number(np.abs(a.value), a.c, a.e)


def power(a: Number, exponent: int) -> Number:
    """The power of a to an integer of 1 at least."""
    if exponent <= 4:
        result = a
        for _ in range(exponent - 1):
            result = multiply(result, a)
        return result
    value = np.power(a.value, float(exponent))
    e = ranged(value, a.value == 0)
    if a.e is not None:
        e = plus(e, _relatively(value, exponent * _ratio(a.e, a.value)))
    return bounded(value, 1.01 * exponent * a.c + 4, e)


def square_root(a: Number) -> Number:
    """The root √a; unbounded where a may be negative."""
    value = np.sqrt(a.value)
    e = None if np.all(a.value >= 0) else np.where(a.value >= 0, 0.0, np.inf)
    if a.e is not None:
        change = scaled(a.e, 1 / np.sqrt(np.maximum(a.value - a.e, 0.0)))
        e = plus(e, np.where(a.e == 0, 0.0, change))
    return Number(value, a.c / 2 + 1, e)


def general_power(a: Number, b: Number) -> Number:
    """The power a^b as e^(b·log a), and of an integer b for a negative a."""
    value = np.power(a.value, b.value)
    value = np.where((a.value == 0) & (b.value < 0), np.nan, value)  # undefined, not merely large
    e = ranged(value, (a.value == 0) & (b.value > 0))
    change: Any = 0.0
    if not a.exact:
        change = np.maximum(np.abs(b.value), 1.0) * _ratio(a.error(), a.value)
    if not b.exact:  # a negative base has values at whole numbers alone
        logarithm = np.where(a.value > 0, np.abs(np.log(np.abs(a.value))), np.inf)
        change = change + np.where(b.error() == 0, 0.0, logarithm * b.error())
    if not (a.exact and b.exact):
        e = plus(e, _relatively(value, change))
    return bounded(value, 4.0, e)


def _ratio(error: Any, value: Any) -> Any:
    return np.where(error == 0, 0.0, error / np.abs(value))


def _relatively(value: Any, change: Any) -> Any:
    """The error of a value whose logarithm is off by `change`, as e^x − 1 ≤ x/(1 − x)."""
    return np.where(change == 0, 0.0, scaled(change, np.abs(value) / np.maximum(1 - change, 0.0)))


def larger(a: Number, b: Number) -> Number:
    """The maximum of a and b, undefined where either is."""
    return _extreme(np.maximum(a.value, b.value), a.value > b.value, a, b)


def smaller(a: Number, b: Number) -> Number:
    """The minimum of a and b, undefined where either is."""
    return _extreme(np.minimum(a.value, b.value), a.value < b.value, a, b)


def _extreme(value: Any, first: Any, a: Number, b: Number) -> Number:
    c = max(a.c, b.c)
    if a.exact and b.exact:
        return Number(value, 0.0, None if np.all(np.isfinite(value)) else ranged(value, value == 0))
    of_a, of_b = a.error(), b.error()
    apart = np.abs(a.value - b.value) > of_a + of_b
    if np.all(apart) and a.e is None and b.e is None:
        return Number(value, c)
    e = np.where(apart, np.where(first, _or_0(a.e), _or_0(b.e)), np.maximum(of_a, of_b))
    return Number(value, c, e)


def _or_0(e: Any) -> Any:
    return 0.0 if e is None else e


def step(a: Number, below: Any, at_zero: Any) -> Number:
    """A step function of a: `below` for a < 0, `at_zero` at 0, 1 for a > 0."""
    value = np.where(a.value > 0, 1.0, np.where(a.value < 0, below, at_zero))
    _tied(a.value == 0)
    undefined = _undefined(a)
    if a.e is None and not np.any(undefined):
        return Number(value)
    known = (np.abs(a.value) > _or_0(a.e)) | ((a.value == 0) & (_or_0(a.e) == 0))
    return Number(value, 0.0, np.where(undefined, np.inf, np.where(known, 0.0, 2.0)))


def _undefined(a: Number) -> Any:
    """Where there may be no value at all; what is only too large has one."""
    if a.e is None:
        return np.isnan(a.value)
    return np.isnan(a.value) | (np.isfinite(a.value) & ~(a.e < np.inf))


def compare(relation: Any, a: Number, b: Number) -> Condition:
    """The condition that relates two numbers; open where their errors overlap."""
    holds = relation(a.value, b.value)
    # Where two are equal but for errors the balls tell, unless the cases are one.
    _tied((a.value == b.value) & (a.error() + b.error() == 0))
    undefined = _undefined(a) | _undefined(b)
    nowhere = None if not undefined.any() else undefined
    if a.exact and b.exact:
        return Condition(holds, nowhere, nowhere)
    together = a.error() + b.error()
    apart = np.abs(a.value - b.value) > together
    apart |= (a.value == b.value) & (together == 0)
    return Condition(holds, None if np.all(apart) else ~apart, nowhere)


def negation(a: Condition) -> Condition:
    """The condition that a does not hold."""
    return Condition(~np.asarray(a.holds), a.open, a.undefined)


def conjunction(a: Condition, b: Condition) -> Condition:
    """The condition that a and b hold; one that certainly fails decides it."""
    holds = np.asarray(a.holds) & np.asarray(b.holds)
    if a.open is None and b.open is None:
        return Condition(holds)
    open_a, open_b = _somewhere(a.open, a), _somewhere(b.open, b)
    fails = (~np.asarray(a.holds) & ~open_a) | (~np.asarray(b.holds) & ~open_b)
    undefined = _somewhere(a.undefined, a) | _somewhere(b.undefined, b)
    return Condition(holds, (open_a | open_b) & ~fails, undefined & ~fails)


def disjunction(a: Condition, b: Condition) -> Condition:
    """The condition that a or b holds; one that certainly holds decides it."""
    return negation(conjunction(negation(a), negation(b)))


def _somewhere(where: Any, of: Condition) -> Any:
    return np.zeros(np.shape(of.holds), dtype=np.bool_) if where is None else where


def chosen(condition: Condition, then: Number, otherwise: Number) -> Number:
    """One of two cases; where the condition is open, a bound that holds for either."""
    value = np.where(condition.holds, then.value, otherwise.value)
    c = max(then.c, otherwise.c)
    if then.e is None and otherwise.e is None and condition.open is None:
        return Number(value, c)
    e = np.where(condition.holds, _or_0(then.e), _or_0(otherwise.e))
    if condition.open is not None:
        either = np.abs(then.value - otherwise.value) + then.error() + otherwise.error()
        if condition.undefined is not None:
            either = np.where(condition.undefined, np.inf, either)
        e = np.where(condition.open, either, e)
    return Number(value, c, e)


def nothing_known() -> Number:
    """The number without a value and without a bound."""
    return Number(np.float64(np.nan), 0.0, np.float64(np.inf))
