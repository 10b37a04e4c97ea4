"""Random programs that have no value somewhere: nothing certified there, of f′ and f″, is false."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from array_programs import LENGTH, Numbers, Run
from judging import Ball
from mpmath import mp, mpf
from partial_programs import PartialProgram

from symdiff import adjoints
from symdiff.graph import Graph, array, contraction

_BITS = 3_000
_STEPS = (-260, -300)
_AGREE = mpf(2) ** -100
_WIDER = mpf(2) ** -90  # what a quotient is off by


class Judge:
    """One program at its point."""

    def __init__(self, seed: str, counts: Counter[str]) -> None:
        self.seed, self.counts, self.faults = seed, counts, []
        self.program, self.stops = PartialProgram(seed), {}
        self.base = self.value(self.moved({}))

    def moved(self, by: dict[int, mpf]) -> Numbers:
        """The point with some entries moved."""
        return [mpf(a) + by.get(i, 0) for i, a in enumerate(self.program.x)]

    def value(self, x: Numbers) -> mpf:
        """The program's value; NaN where it has none."""
        return Run(x, self.stops)(self.program.total)[0]

    def sides(self, i: int) -> list[mpf | None]:
        """The slopes on both sides by an entry; NaN without a value, ∞; None where not known."""
        return [self.side(i, -1), self.side(i, 1)]

    def side(self, i: int, side: int) -> mpf | None:
        """One of them."""
        far, near = (
            side * (self.value(self.moved({i: side * mpf(2) ** e})) - self.base) / mpf(2) ** e
            for e in _STEPS
        )
        if mp.isnan(far) or mp.isnan(near):
            return mpf("nan")
        if abs(near - far) <= _AGREE * (1 + abs(near)):
            return near
        grows = abs(near) > mpf(2) ** 15 * abs(far) and abs(near) > mpf(2) ** 60
        return mpf("inf") if grows else None

    def first(self) -> None:
        """What is certified of f′."""
        derived = adjoints(self.program.graph)
        if "x" not in derived.nodes:
            return
        for i, ball in enumerate(Ball.all_of(derived.enclose(x=self.program.x)["x"])):
            if ball.certified and not mp.isnan(self.base):
                self._first(i, ball)
            elif ball.certified:
                self.say(i, ball, "no value")
            self.counts["no value"] += mp.isnan(self.base)

    def _first(self, i: int, ball: Ball) -> None:
        sides = self.sides(i)
        known = [side for side in sides if side is not None and not mp.isnan(side)]
        if None in sides:
            return
        self.counts["certified"] += 1
        self.counts["at an edge"] += len(known) == 1
        bound = _WIDER * (1 + max(map(abs, known), default=0))
        finite = known and not any(map(mp.isinf, known))
        if not finite or not ball.meets(min(known) - bound, max(known) + bound):
            self.say(i, ball, [mp.nstr(side, 12) for side in known])

    def second(self) -> None:
        """What is certified of f″: of Σ w f′ over entries by which there is a derivative."""
        graph = self.program.graph
        derived = adjoints(graph)
        if "x" not in derived.nodes:
            return
        draw = random.Random(self.seed + "w")  # noqa: S311 - it makes tests, no secrets
        w = [draw.choice((1.0, -1.0, 0.5, 2.0)) for _ in range(LENGTH)]
        if not mp.isnan(self.base):
            for i in range(LENGTH):
                left, right = self.sides(i)
                smooth = left is not None and right is not None and mp.isfinite(left - right)
                w[i] *= bool(smooth and abs(left - right) <= _AGREE * (1 + abs(left)))
        weights = array("w", "n")
        total = {"M": contraction((weights, derived.nodes["x"]), ())}
        twice = adjoints(Graph("twice", (*graph.inputs, weights), total, derived_from=graph))
        if "x" not in twice.nodes:
            return
        found = twice.enclose(x=self.program.x, w=np.array(w))["x"]
        for i, ball in enumerate(Ball.all_of(found)):
            if ball.certified and mp.isnan(self.base):
                self.say(i, ball, "f″ without a value")
            elif ball.certified:
                self._second(i, ball, w)

    def _second(self, i: int, ball: Ball, w: list[float]) -> None:
        h, k = mpf(2) ** -700, mpf(2) ** -300

        def slope(at: mpf) -> mpf:
            by = [{j: side * h * c for j, c in enumerate(w)} for side in (1, -1)]
            ahead, behind = (
                self.value(self.moved({j: b + at * (j == i) for j, b in one.items()})) for one in by
            )
            return (ahead - behind) / (2 * h)

        here, left, right = slope(mpf(0)), slope(-k), slope(k)
        sides = [q for q in ((right - here) / k, (here - left) / k) if not mp.isnan(q)]
        self.counts["second"] += 1
        bound = mpf(2) ** -60 * (1 + max(map(abs, sides), default=0))
        if not sides or not ball.meets(min(sides) - bound, max(sides) + bound):
            self.say(i, ball, ["f″", *(mp.nstr(q, 12) for q in sides)])

    def say(self, i: int, ball: Ball, expected: object) -> None:
        """Put down a fault."""
        self.faults.append(f"{self.seed} {self.program}: x[{i}] {ball}; it is {expected}")


def judged(seeds: list[str]) -> tuple[list[str], Counter[str]]:
    """The faults of some programs, and how often what was judged."""
    counts = Counter[str]()
    faults = []
    for seed in seeds:
        with mp.workprec(_BITS):
            judge = Judge(seed, counts)
            judge.first()
            judge.second()
        faults += judge.faults
    return faults, counts


@pytest.mark.parametrize(
    ("part", "count"),
    [(0, 150), *(pytest.param(k, 2_000, marks=pytest.mark.slow) for k in range(1, 6))],
)
def test_nothing_is_certified_that_is_false(part, count):
    """150 programs, and 10,000 in the slow ones, at four entries each; seed p."""
    faults, counts = judged([f"p:{100_000 * part + i}" for i in range(count)])

    assert not faults, "\n".join(faults)
    assert counts["certified"] > 1.5 * count
    assert counts["second"] > count
    assert counts["no value"] > count / 2


@pytest.mark.parametrize(
    ("seed", "asked"), [("p:101965", True), ("p:200512", False), ("p:200804", True)]
)
def test_what_sympy_folds_of_no_number_is_certified_nowhere(seed, asked):
    """1/(x − x), which no ball holds and nothing compares; and (x − x)/y, which is 0 to SymPy."""
    faults, counts = judged([seed])

    assert faults == []
    assert bool(counts["no value"]) == asked  # of the other nothing hangs on x


def test_what_has_no_value_is_seen():
    """A certified 0 of log −1 would be a fault, as would another slope than there is."""
    counts = Counter[str]()
    with mp.workprec(_BITS):
        judge = next(j for i in range(50) if mp.isnan((j := Judge(f"p:{i}", counts)).base))
        right = next(j for i in range(50) if mp.isfinite((j := Judge(f"p:{i}", counts)).base))
        judge.say(0, Ball(0.0, 0.0, 0.0, certified=True, why=0), "no value")
        right._first(0, Ball(1e9, 0.0, 0.0, certified=True, why=0))

    assert judge.faults
    assert right.faults
