"""Random programs of arrays, as graphs and as functions of mpmath's numbers, and what judges them.

Ties are made on purpose: entries are few round numbers, and a border is often the difference of
what is equal there. A certified derivative has to lie between the difference quotients from both
sides, at steps far below what tells two float64 numbers apart.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy
from judging import Ball
from mpmath import mp, mpf
from sympy import Piecewise

from symdiff import adjoints
from symdiff.functions import floor, maximum, minimum
from symdiff.graph import Graph, Node, array, contraction, einsum, elementwise, literal
from symdiff.graph.kinds.gather import gather
from symdiff.graph.kinds.largest import largest
from symdiff.graph.kinds.running import running_sum
from symdiff.graph.kinds.stop import stop
from symdiff.oracle.enclosures.enclosure import Enclosure, Why

LENGTH = 4
_BITS = 3_000
_ZERO = mpf(2) ** -2_200  # less is 0 in truth: a border a step of 2⁻³⁰⁰ beside is more
_STEPS = (-260, -300)
_AGREE = mpf(2) ** -100
_ENTRIES = (0.0, 0.0, 1.0, -1.0, 0.5, 2.0, -0.25, 0.1, 3.0)

Numbers = list[mpf]


class UnknownError(Exception):
    """A number that there is none of, or that is not told from 0."""


def _sign(x: mpf) -> int:
    if not mp.isfinite(x):
        raise UnknownError
    return 0 if abs(x) <= _ZERO else int(mp.sign(x))


def _floor(a: mpf) -> mpf:
    near = mp.nint(a)
    return near if _sign(a - near) == 0 else mp.floor(a)


@dataclass
class Value:
    """A vector: its node, and its entries as a function of the input's."""

    node: Node
    of: Callable[[Run], Numbers]
    text: str


@dataclass
class Run:
    """One evaluation. `stops` are kept from the first one, at the point itself."""

    x: Numbers
    stops: dict[int, Numbers]
    known: dict[int, Numbers] = field(default_factory=dict)

    def __call__(self, value: Value) -> Numbers:
        """The entries of a value."""
        if id(value) not in self.known:
            self.known[id(value)] = value.of(self)
        return self.known[id(value)]


_SMOOTH: Mapping[str, tuple[Any, Any]] = {
    "exp": (sympy.exp, mp.exp),
    "sin": (sympy.sin, mp.sin),
    "square": (lambda a: a**2, lambda a: a * a),
    "log1p exp": (lambda a: sympy.log(1 + sympy.exp(a)), lambda a: mp.log(1 + mp.exp(a))),
    "third": (lambda a: a / 3, lambda a: a / 3),
    "atan": (sympy.atan, mp.atan),
    "root of |a|": (lambda a: sympy.sqrt(sympy.Abs(a)), lambda a: mp.sqrt(abs(a))),
}
_STEPPED: Mapping[str, tuple[Any, Any]] = {
    "abs": (sympy.Abs, abs),
    "relu": (lambda a: maximum(a, 0), lambda a: max(a, mpf(0))),
    "sign": (sympy.sign, lambda a: mpf(_sign(a))),
    "floor": (floor, _floor),
    "mask": (lambda a: Piecewise((1, a > 0), (0, True)), lambda a: mpf(_sign(a) > 0)),
    "no mask": (lambda a: Piecewise((1, a <= 0), (0, True)), lambda a: mpf(_sign(a) <= 0)),
    "is 0": (lambda a: Piecewise((1, sympy.Eq(a, 0)), (0, True)), lambda a: mpf(_sign(a) == 0)),
}
_TWO: Mapping[str, tuple[Any, Any]] = {
    "sum": (lambda a, b: a + b, lambda a, b: a + b),
    "difference": (lambda a, b: a - b, lambda a, b: a - b),
    "product": (lambda a, b: a * b, lambda a, b: a * b),
    "max": (maximum, max),
    "min": (minimum, min),
}


class Drawn:
    """A random program of one vector x: Σ c y."""

    def __init__(self, seed: str) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - it makes tests, no secrets
        self.x = np.array([self.draw.choice(_ENTRIES) for _ in range(LENGTH)])
        x = array("x", "n")
        self.values = [Value(x, lambda run: run.x, "x")]
        self.lines: list[str] = []
        for _ in range(self.draw.choice((2, 3, 4, 5, 6))):
            self.values.append(self._one())
        weights = [mpf(w) for w in self._weights()]
        last = self.values[-1]
        if self.draw.random() < 0.4:
            other = self._pick()
            last = self._two("sum", last, other)
        c = literal(np.array([float(w) for w in weights]), ("n",))
        self.graph = Graph("f", (x,), {"L": einsum("n, n ->", c, last.node)})
        self.total = Value(
            last.node,
            lambda run: [sum((w * y for w, y in zip(weights, run(last), strict=True)), mpf(0))],
            "",
        )

    def __str__(self) -> str:
        return f"x = {self.x.tolist()}; " + "; ".join(self.lines)

    def _weights(self) -> list[float]:
        return [self.draw.choice((1.0, 1.0, -2.0, 0.5, 3.0)) for _ in range(LENGTH)]

    def _pick(self) -> Value:
        return self.draw.choice(self.values[-3:])

    def _said(self, value: Value, text: str) -> Value:
        value.text = f"v{len(self.lines)}"
        self.lines.append(f"{value.text} = {text}")
        return value

    def _entrywise(self, name: str, pair: tuple[Any, Any], *operands: Value) -> Value:
        f, own = pair

        def of(run: Run) -> Numbers:
            return [own(*each) for each in zip(*map(run, operands), strict=True)]

        made = Value(elementwise(f, *(v.node for v in operands)), of, "")
        return self._said(made, f"{name}({', '.join(v.text for v in operands)})")

    def _two(self, name: str, a: Value, b: Value) -> Value:
        return self._entrywise(name, _TWO[name], a, b)

    def _one(self) -> Value:
        kind = self.draw.random()
        a, b = self._pick(), self._pick()
        if kind < 0.16:
            name = self.draw.choice(sorted(_SMOOTH))
            return self._entrywise(name, _SMOOTH[name], a)
        if kind < 0.34:
            name = self.draw.choice(sorted(_STEPPED))
            return self._entrywise(name, _STEPPED[name], a)
        if kind < 0.56:
            return self._two(self.draw.choice(sorted(_TWO)), a, b)
        if kind < 0.72:
            return self._chosen(a, b, self._pick())
        return self._moved(a)

    def _chosen(self, a: Value, b: Value, c: Value) -> Value:
        op = self.draw.choice((">", ">=", "==", "!="))
        t = self.draw.choice((0, 0, 1, sympy.Rational(1, 2)))
        relation = {">": sympy.Gt, ">=": sympy.Ge, "==": sympy.Eq, "!=": sympy.Ne}[op]
        holds = {
            ">": lambda s: s > 0,
            ">=": lambda s: s >= 0,
            "==": lambda s: s == 0,
            "!=": lambda s: s != 0,
        }[op]
        limit = mpf(float(t))
        pair = (
            lambda a, b, c: Piecewise((b, relation(a, t)), (c, True)),
            lambda a, b, c: b if holds(_sign(a - limit)) else c,
        )
        return self._entrywise(f"where {op} {t}", pair, a, b, c)

    def _moved(self, a: Value) -> Value:
        kind = self.draw.choice(("cumsum", "order", "matrix", "stop", "max", "sum", "constant"))
        if kind == "cumsum":
            made = Value(running_sum(a.node, "n"), lambda run: list(_running(run(a))), "")
            return self._said(made, f"cumsum({a.text})")
        if kind == "order":
            order = [self.draw.randrange(LENGTH) for _ in range(LENGTH)]
            node = gather(a.node, np.array(order), ("n",), (LENGTH,))
            made = Value(node, lambda run: [run(a)[i] for i in order], "")
            return self._said(made, f"{a.text}{order}")
        if kind == "matrix":
            m = [self.draw.choices((0.0, 0.0, 1.0, -1.0, 0.5), k=LENGTH) for _ in range(LENGTH)]
            fixed = literal(np.array(m), ("n", "m"))
            renamed = einsum("n, n m -> m", a.node, fixed)
            back = gather(renamed, np.arange(LENGTH), ("n",), (LENGTH,))

            def of(run: Run) -> Numbers:
                y = run(a)
                return [
                    sum((mpf(m[i][j]) * y[i] for i in range(LENGTH)), mpf(0)) for j in range(LENGTH)
                ]

            return self._said(Value(back, of, ""), f"{a.text} times {m}")
        if kind == "stop":
            kept = Value(
                stop(a.node, "detach()"), lambda run: run.stops.setdefault(id(a), run(a)), ""
            )
            return self._said(kept, f"stop({a.text})")
        if kind == "constant":
            numbers = [self.draw.choice(_ENTRIES) for _ in range(LENGTH)]
            fixed = Value(literal(np.array(numbers), ("n",)), lambda _: list(map(mpf, numbers)), "")
            return self._said(fixed, f"{numbers}")
        ties = self.draw.choice(("even", "first"))
        flags = (largest(a.node, "n", ties),) if kind == "max" else ()
        whole = contraction((*flags, a.node), ())
        zero = literal(np.zeros(LENGTH), ("n",))
        node = elementwise(lambda p, q: p + q, whole, zero)

        def best(run: Run) -> Numbers:
            y = run(a)
            return [max(y) if kind == "max" else sum(y, mpf(0))] * LENGTH

        return self._said(Value(node, best, ""), f"{kind} {ties}({a.text})")


def _running(numbers: Sequence[mpf]) -> Sequence[mpf]:
    found, total = [], mpf(0)
    for number in numbers:
        total += number
        found.append(total)
    return found


def along(
    drawn: Drawn, direction: Sequence[float], base: mpf, stops: dict[int, Numbers]
) -> tuple[mpf, mpf] | None:
    """The slope along a direction and its error; (∞, 0) if it grows on, None if it is unknown."""
    quotients = []
    for e in _STEPS:
        h = mpf(2) ** e
        at = [mpf(a) + h * mpf(d) for a, d in zip(drawn.x, direction, strict=True)]
        run = Run(at, dict(stops))
        quotients.append((run(drawn.total)[0] - base) / h)
    far, near = quotients
    if abs(near - far) <= _AGREE * (1 + abs(near)):
        return near, 2 * abs(near - far) + mpf(2) ** -200
    if abs(near) > mpf(2) ** 15 * abs(far) and abs(near) > mpf(2) ** 60:
        return mpf("inf"), mpf(0)
    return None


@dataclass
class Looked:
    """What was looked at, and what was certified and false."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def judge(seed: str, looked: Looked) -> None:
    """Judge what is certified of the program of a seed."""
    drawn = Drawn(seed)
    derived = adjoints(drawn.graph)
    if "x" not in derived.nodes:
        return
    found = derived.enclose(x=drawn.x)["x"]
    with mp.workprec(_BITS):
        try:
            judgement = _Judgement(drawn, found, looked)
        except (UnknownError, ZeroDivisionError):
            return
        for i in range(LENGTH):
            judgement.entry(i)
        judgement.together()


class _Judgement:
    """One program at its point."""

    def __init__(self, drawn: Drawn, found: Enclosure, looked: Looked) -> None:
        self.drawn, self.found, self.looked = drawn, found, looked
        self.stops: dict[int, Numbers] = {}
        self.base = Run(list(map(mpf, drawn.x)), self.stops)(drawn.total)[0]
        self.smooth: dict[int, mpf] = {}

    def slope(self, direction: Sequence[float]) -> tuple[mpf, mpf] | None:
        """That along a direction; None if it is unknown."""
        try:
            return along(self.drawn, direction, self.base, self.stops)
        except (UnknownError, ZeroDivisionError):
            return None

    def entry(self, i: int) -> None:
        """Whether a certified entry lies between the slopes on both sides."""
        unit = [float(i == k) for k in range(LENGTH)]
        left, right = self.slope([-u for u in unit]), self.slope(unit)
        if left is None or right is None:
            self.looked.counts["unknown"] += 1
            return
        low, high = sorted((-left[0], right[0]))
        finite = mp.isfinite(low) and mp.isfinite(high)
        smooth = finite and high - low < _AGREE * (1 + abs(low))
        if not self.found.certified[i]:
            self.looked.counts["smooth, not certified" if smooth else "not certified"] += 1
            return
        self.looked.counts["certified"] += 1
        self.looked.counts["certified at a kink"] += not smooth
        error = left[1] + right[1]
        middle = mpf(self.found.high[i]) + mpf(self.found.low[i])
        ball = Ball.all_of(self.found[i])[0]  # of a truth beyond float64 it is infinite
        if not (finite and ball.meets(low - error, high + error)):
            shown = f"{mp.nstr(low, 12)} to {mp.nstr(high, 12)}"
            self.looked.faults.append(f"{self.drawn}: x[{i}] {self.found[i]}, and it is {shown}")
        elif smooth and self.found.why[i] == Why.BOTH_SIDES:
            self.smooth[i] = middle

    def together(self) -> None:
        """Whether derivatives that were proven by their sides say what a move of all does."""
        direction = [self.drawn.draw.uniform(-1, 1) * (i in self.smooth) for i in range(LENGTH)]
        seen = self.slope(direction) if self.smooth else None
        if seen is None:
            return
        self.looked.counts["directions"] += 1
        said = sum((g * mpf(direction[i]) for i, g in self.smooth.items()), mpf(0))
        if mp.isinf(seen[0]) or abs(seen[0] - said) > mpf(2) ** -50 * (1 + abs(said)):
            shown = f"{mp.nstr(seen[0], 12)}, and {mp.nstr(said, 12)} is said"
            self.looked.faults.append(f"{self.drawn}: along {direction} {shown}")
