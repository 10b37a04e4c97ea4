"""Random programs of arrays that have no value somewhere, or whose parts go over whole arrays.

Logarithms, roots, quotients, inverses, factors, products, softmaxes, norms: as graphs, and as
functions of mpmath's numbers, in which NaN is what has no value and passes on to what is made of
it, but not through a case that is not taken.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy
from array_programs import LENGTH, Drawn, Numbers, Run, Value
from mpmath import mp, mpf
from sympy import Piecewise, Rational

from symdiff.functions import log1p, maximum, minimum
from symdiff.graph import (
    Node,
    cholesky,
    contraction,
    determinant,
    elementwise,
    gather,
    inverse,
    literal,
    mean,
    product,
    root,
    scatter,
    squared_deviations,
)
from symdiff.graph.composed.softmax import log_softmax, logsumexp, softmax
from symdiff.graph.composed.sparsemax import sparsemax
from symdiff.graph.kinds.largest import maximum as largest_of
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.kinds.stop import stop

NAN, ONE = mpf("nan"), mpf(1)
_ZERO = mpf(2) ** -2_200  # as in `array_programs`
_ENTRIES = (0.0, 0.0, 1.0, -1.0, 0.5, 2.0, -0.25, 0.1, 3.0, -2.0)

Own = Callable[..., mpf]


def sign_of(x: mpf) -> int:
    """Its sign; 0 of what is no more than the error of a 0."""
    return 0 if abs(x) <= _ZERO else int(mp.sign(x))


def _where(holds: Callable[[mpf], bool], f: Callable[[mpf], Any]) -> Own:
    """A function of numbers for which something holds; of others, and of NaN, it is NaN."""
    return lambda a: mpf(f(a)) if not mp.isnan(a) and holds(a) else NAN


def _always(f: Callable[..., Any]) -> Own:
    return lambda *a: NAN if any(map(mp.isnan, a)) else mpf(f(*a))


def _at_end(f: Callable[[mpf], mpf]) -> Own:
    """asin and acos, of which ±1 is a value's last digit."""
    return _where(
        lambda a: sign_of(ONE - abs(a)) >= 0,
        lambda a: f(mp.sign(a) if sign_of(ONE - abs(a)) == 0 else a),
    )


def _root(a: mpf) -> mpf:
    return mp.sqrt(a if sign_of(a) else mpf(0))


def _case(f: Callable[[Any], Any], a: Any) -> Piecewise:
    return Piecewise((f(a), a > 0), (0, True))


_ONE: Mapping[str, tuple[Any, Own]] = {
    "log": (sympy.log, _where(lambda a: sign_of(a) > 0, mp.log)),
    "sqrt": (sympy.sqrt, _where(lambda a: sign_of(a) >= 0, _root)),
    "1/a": (lambda a: 1 / a, _where(lambda a: sign_of(a) != 0, lambda a: 1 / a)),
    "a^-2": (lambda a: a**-2, _where(lambda a: sign_of(a) != 0, lambda a: 1 / a**2)),
    "a^1.5": (
        lambda a: a ** Rational(3, 2),
        _where(lambda a: sign_of(a) >= 0, lambda a: _root(a) ** 3),
    ),
    "asin": (sympy.asin, _at_end(mp.asin)),
    "acos": (sympy.acos, _at_end(mp.acos)),
    "atanh": (sympy.atanh, _where(lambda a: sign_of(ONE - abs(a)) > 0, mp.atanh)),
    "log1p": (log1p, _where(lambda a: sign_of(a + 1) > 0, lambda a: mp.log(1 + a))),
    "exp": (sympy.exp, _where(lambda a: abs(a) < 10**6, mp.exp)),
    "square": (lambda a: a**2, lambda a: a * a),
    "cube": (lambda a: a**3, lambda a: a**3),
    "0 times": (lambda a: 0 * a, _always(lambda _: 0)),
    "tanh": (sympy.tanh, _always(mp.tanh)),
    "abs": (sympy.Abs, abs),
    "relu": (lambda a: maximum(a, 0), _always(lambda a: max(a, mpf(0)))),
    "clip": (lambda a: minimum(maximum(a, -1), 1), _always(lambda a: min(max(a, -ONE), ONE))),
    "sign": (sympy.sign, _always(sign_of)),
    "mask": (lambda a: _case(lambda _: 1, a), _always(lambda a: sign_of(a) > 0)),
    "safe log": (
        lambda a: _case(sympy.log, a),
        _always(lambda a: mp.log(a) if sign_of(a) > 0 else 0),
    ),
    "safe sqrt": (
        lambda a: _case(sympy.sqrt, a),
        _always(lambda a: mp.sqrt(a) if sign_of(a) > 0 else 0),
    ),
    "a log a": (
        lambda a: _case(lambda z: z * sympy.log(z), a),
        _always(lambda a: a * mp.log(a) if sign_of(a) > 0 else 0),
    ),
}
_TWO: Mapping[str, tuple[Any, Own]] = {
    "sum": (lambda a, b: a + b, lambda a, b: a + b),
    "difference": (lambda a, b: a - b, lambda a, b: a - b),
    "product": (lambda a, b: a * b, lambda a, b: a * b),
    "quotient": (lambda a, b: a / b, _always(lambda a, b: a / b if sign_of(b) else NAN)),
    "hypot": (lambda a, b: sympy.sqrt(a * a + b * b), _always(lambda a, b: _root(a * a + b * b))),
    "max": (maximum, _always(max)),
    "min": (minimum, _always(min)),
}


def _defined(f: Callable[[Numbers], Numbers]) -> Callable[[Numbers], Numbers]:
    """A function of whole arrays: NaN in every entry if one is."""
    return lambda y: [NAN] * LENGTH if any(map(mp.isnan, y)) else f(y)


def _same(f: Callable[[Numbers], Any]) -> Callable[[Numbers], Numbers]:
    return _defined(lambda y: [mpf(f(y))] * LENGTH)


def _log_sum(y: Numbers) -> mpf:
    return max(y) + mp.log(sum(mp.exp(a - max(y)) for a in y))


def _sparse(y: Numbers) -> Numbers:
    total, tau = mpf(0), mpf(0)
    for k, a in enumerate(sorted(y, reverse=True), 1):
        total += a
        if 1 + k * a > total:
            tau = (total - 1) / k
    return [max(a - tau, mpf(0)) for a in y]


def _inverted(y: Numbers) -> Numbers:
    d = y[0] * y[3] - y[1] * y[2]
    return [y[3] / d, -y[1] / d, -y[2] / d, y[0] / d] if sign_of(d) else [NAN] * LENGTH


def _factor(y: Numbers) -> Numbers:
    if sign_of(y[0]) <= 0:
        return [NAN] * LENGTH
    first = mp.sqrt(y[0])
    below = (y[1] + y[2]) / 2 / first
    rest = y[3] - below**2
    return [first, mpf(0), below, mp.sqrt(rest)] if sign_of(rest) > 0 else [NAN] * LENGTH


def _running(y: Numbers) -> Numbers:
    return [sum(y[: i + 1], mpf(0)) for i in range(LENGTH)]


def _spread(node: Node) -> Node:
    """A number in every entry."""
    return elementwise(lambda a, zero: a + zero, node, literal(np.zeros(LENGTH), ("n",)))


def _square(x: Node) -> Node:
    return gather(x, np.array([[0, 1], [2, 3]]), ("p", "q"), (LENGTH,))


def _flat(x: Node) -> Node:
    return gather(x, np.arange(LENGTH), ("n",), (2, 2))


def _norm(x: Node) -> Node:
    return root(contraction((elementwise(lambda a: a * a, x),), ()))


_WHOLE: Mapping[str, tuple[Callable[[Node], Node], Callable[[Numbers], Numbers]]] = {
    "cumsum": (lambda x: running_sum(x, "n"), _running),
    "softmax": (
        lambda x: softmax(x, "n"),
        _defined(lambda y: [mp.exp(a - _log_sum(y)) for a in y]),
    ),
    "log_softmax": (
        lambda x: log_softmax(x, "n"),
        _defined(lambda y: [a - _log_sum(y) for a in y]),
    ),
    "logsumexp": (lambda x: _spread(logsumexp(x, "n")), _same(_log_sum)),
    "sparsemax": (lambda x: sparsemax(x, "n"), _defined(_sparse)),
    "max, even": (lambda x: _spread(largest_of(x, "n", "even")), _same(max)),
    "max, first": (lambda x: _spread(largest_of(x, "n", "first")), _same(max)),
    "norm": (lambda x: _spread(_norm(x)), _same(lambda y: _root(sum(a * a for a in y)))),
    "deviations": (
        lambda x: _spread(squared_deviations(x, mean(x, ["n"]))),
        _same(lambda y: sum((a - sum(y) / LENGTH) ** 2 for a in y)),
    ),
    "mean": (lambda x: _spread(mean(x, ["n"])), _same(lambda y: sum(y) / LENGTH)),
    "prod": (lambda x: _spread(product(x, "n")), _same(mp.fprod)),
    "det": (
        lambda x: _spread(determinant(_square(x))),
        _same(lambda y: y[0] * y[3] - y[1] * y[2]),
    ),
    "inverse": (lambda x: _flat(inverse(_square(x))), _defined(_inverted)),
    "cholesky": (lambda x: _flat(cholesky(_square(x))), _defined(_factor)),
}


class PartialProgram(Drawn):
    """A random program of one vector x: Σ c y, NaN where it has no value."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        draw = random.Random(seed + "x")  # noqa: S311 - it makes tests, no secrets
        self.x = np.array([draw.choice(_ENTRIES) for _ in range(LENGTH)])

    def _two(self, name: str, a: Value, b: Value) -> Value:
        return self._entrywise(name, _TWO[name], a, b)

    def _one(self) -> Value:
        kind = self.draw.random()
        a, b = self._pick(), self._pick()
        if kind < 0.42:
            name = self.draw.choice(sorted(_ONE))
            return self._entrywise(name, _ONE[name], a)
        if kind < 0.60:
            return self._two(self.draw.choice(sorted(_TWO)), a, b)
        if kind < 0.70:
            return self._chosen(a, b, self._pick())
        return self._moved(a)

    def _chosen(self, a: Value, b: Value, c: Value) -> Value:
        op, t = self.draw.choice((">", ">=", "==", "!=")), self.draw.choice((0, 0, 1))
        relation = {">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne}[op]

        def own(a: mpf, b: mpf, c: mpf) -> mpf:
            if mp.isnan(a):
                return NAN
            return b if relation(sign_of(a - t), 0) else c

        pair = (lambda a, b, c: Piecewise((b, relation(a, t)), (c, True)), own)
        return self._entrywise(f"where {op} {t}", pair, a, b, c)

    def _moved(self, a: Value) -> Value:
        kind = self.draw.choice((*_WHOLE, "gather", "scatter", "stop"))
        if kind == "stop":
            node = stop(a.node, "detach()")
            kept = Value(node, lambda run: run.stops.setdefault(id(a), run(a)), "")
            return self._said(kept, f"stop({a.text})")
        if kind in _WHOLE:
            make, own = _WHOLE[kind]
            return self._said(Value(make(a.node), lambda run: own(run(a)), ""), f"{kind}({a.text})")
        places = [self.draw.randrange(-1, LENGTH) for _ in range(LENGTH)]
        put = gather if kind == "gather" else scatter
        node = put(a.node, np.array(places), ("n",), (LENGTH,))

        def of(run: Run) -> Numbers:
            y = run(a)
            if kind == "gather":
                return [y[i] if i >= 0 else mpf(0) for i in places]
            sums = [mpf(0)] * LENGTH
            for entry, i in zip(y, places, strict=True):
                if i >= 0:
                    sums[i] += entry
            return sums

        return self._said(Value(node, of, ""), f"{kind} {places}({a.text})")
