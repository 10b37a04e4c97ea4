"""Run steps in exact arithmetic, in balls: all of them, or those after torch's own numbers.

The first k steps as torch computed them and the others exactly: what is wrong with the result is
then what those k steps did. From k to k + 1 it changes by what one step's rounding costs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from flint import arb, fmpq

from comparisons.capture.arrays.axes import length_of
from comparisons.diagnosis.steps import Run, Step
from symdiff.bridge.interpret import interpret
from symdiff.graph import Input, Node, topological
from symdiff.oracle.programs.array_balls import compile_entry
from symdiff.programs.program import Program, program

Balls = npt.NDArray[Any]  # of arb

_ball = np.frompyfunc(lambda value: arb(float(value)), 1, 1)


def balls_of(values: Any) -> Balls:
    """Each number as a ball of radius 0."""
    return np.asarray(_ball(np.asarray(values, dtype=np.float64)), dtype=object)


def ball_of_number(value: Any) -> Balls:
    """The ball of a parameter, which may be a rational number, or of an axis's length."""
    ball = arb(fmpq(int(value.p), int(value.q))) if hasattr(value, "p") else arb(value)
    return np.asarray(ball, dtype=object)


def evaluated(steps: Program, values: Mapping[str, Balls]) -> dict[str, Balls]:
    """The results of a program of captured nodes in balls.

    Raises: OutOfTimeError where a time was allowed and is spent.
    """
    given = {n: values[n] if n in values else balls_of(length_of(n)) for n in steps.arguments}
    return interpret(steps, given, compile_entry)


def relative(value: arb, exact: arb) -> float:
    """The size of (value − exact)/exact; infinite if not finite, or where exact is 0."""
    if not (value.is_finite() and exact.is_finite()):
        return math.inf
    if exact.contains(0):
        return 0.0 if value.overlaps(exact) else math.inf
    return float((abs(value - exact) / abs(exact)).mid())


class Replay:
    """Recomputes one quantity of a run, some steps with torch's numbers and the rest exactly."""

    def __init__(self, run: Run, name: str) -> None:
        self.run, self.name = run, name
        self.formula = run.formulas[name]
        by_input = {s.result: s for s in run.steps}
        needed: set[Step] = set()
        left = inputs_of(self.formula)
        while left:
            step = by_input.get(left.pop())
            if step is not None and step not in needed:
                needed.add(step)
                left |= inputs_of(step.formula)
        self.steps = tuple(s for s in run.steps if s in needed)
        self._programs: dict[Node, Program] = {}
        self._results: dict[int, Balls] = {}

    @cached_property
    def _as_computed(self) -> dict[str, Balls]:
        return {s.result.name: balls_of(s.value) for s in self.steps}

    @cached_property
    def _leaves(self) -> dict[str, Balls]:
        return {i.name: balls_of(v) for i, v in self.run.leaves.items()}

    def values(
        self, computed: int, change: Callable[[Step, Balls], Balls | None] | None = None
    ) -> dict[str, Balls]:
        """Every step's value: of the first `computed` as torch had it, of the others exactly.

        Args: change, what to put for a step's exact value instead; None leaves it.
        Raises: OutOfTimeError where a time was allowed and is spent.
        """
        known = dict(self._leaves)
        for i, step in enumerate(self.steps):
            if i < computed:
                known[step.result.name] = self._as_computed[step.result.name]
                continue
            found = self.value(step.formula, known)
            changed = None if change is None else change(step, found)
            known[step.result.name] = found if changed is None else changed
        return known

    def computed(self, step: Step) -> Balls:
        """The number that torch computed at a step."""
        return self._as_computed[step.result.name]

    def value(self, formula: Node, known: Mapping[str, Balls]) -> Balls:
        """The value of a formula in terms of steps."""
        if formula not in self._programs:
            self._programs[formula] = program({"it": formula})
        return evaluated(self._programs[formula], known)["it"]

    def result(self, computed: int) -> Balls:
        """The quantity with the first `computed` steps as torch had them."""
        if computed not in self._results:
            self._results[computed] = self.value(self.formula, self.values(computed))
        return self._results[computed]


def inputs_of(*formulas: Node) -> set[Input]:
    """The inputs that formulas hang on."""
    return {n for n in topological(formulas, computed=True) if isinstance(n, Input)}


def named_inputs(formulas: Iterable[Node]) -> set[str]:
    """The names of the inputs that formulas hang on."""
    return {i.name for i in inputs_of(*formulas)}
