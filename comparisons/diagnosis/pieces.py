"""Cut pieces out of a forward: a later value as a function of one or two earlier ones."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from comparisons.diagnosis.diagnosis import text_of
from comparisons.diagnosis.exact import Balls, evaluated, inputs_of
from comparisons.diagnosis.steps import Run, Step
from symdiff.graph import Input
from symdiff.programs.program import program

MOST_ARGUMENTS = 2
_COPIES = frozenset(
    ("clone", "detach", "alias", "contiguous", "view", "reshape", "_to_copy", "lift")
)


@dataclass(frozen=True, eq=False)
class Piece:
    """A piece is the steps that compute one value from its arguments alone.

    Args: arguments, inputs of the run or results of earlier steps; steps, in order.
    """

    run: Run
    arguments: tuple[Input, ...]
    steps: tuple[Step, ...]

    @property
    def last(self) -> Step:
        """The step whose result the piece computes."""
        return self.steps[-1]

    def at(self, values: Sequence[Balls]) -> Balls:
        """The piece's value in exact arithmetic."""
        known = {a.name: v for a, v in zip(self.arguments, values, strict=True)}
        for step in self.steps:
            known[step.result.name] = evaluated(program({"it": step.formula}), known)["it"]
        return known[self.last.result.name]


def pieces(run: Run, around: Sequence[Step]) -> Iterator[Piece]:
    """The pieces of the user's forward that hold some of these steps, the longest last."""
    forward = [s for s in run.steps if not s.backward]
    order = {s.result: i for i, s in enumerate(forward)}
    arrival = {i: k for k, i in enumerate([*run.leaves, *order])}
    wanted = set(around)
    for last in forward:
        if last.place is None:
            continue
        inside, front = {last}, _operands(last)
        while True:
            copies = [i for i in front if i in order and is_copy(forward[order[i]])]
            if front and len(front) <= MOST_ARGUMENTS and not copies and wanted & inside:
                arguments = tuple(sorted(front, key=arrival.__getitem__))
                yield Piece(run, arguments, tuple(sorted(inside, key=lambda s: order[s.result])))
            steps = [i for i in front if i in order]
            if not steps:
                break
            latest = forward[max(order[i] for i in steps)]
            inside.add(latest)
            front = [i for i in front if i is not latest.result]
            front += [i for i in _operands(latest) if i not in front]


def is_copy(step: Step) -> bool:
    """Whether a step outside the user's lines only passes its argument on."""
    return step.place is None and step.operator in _COPIES


def _operands(step: Step) -> list[Input]:
    return sorted(inputs_of(step.formula), key=lambda i: i.name)


class Names:
    """The names that the user's code has for the values of a run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._steps: Mapping[Input, Step] = {s.result: s for s in run.steps}
        self._last_of_line = {s.place: s for s in run.steps if s.place and not s.backward}

    def of(self, value: Input) -> str:
        """The name of an input, or the variable that a line assigns; empty if there is none."""
        step = self._steps.get(value)
        return value.name if step is None else self._assigned(step)

    def of_result(self, step: Step, function: str) -> str:
        """The name of a result; of what a function returns, the function's name."""
        if step.place is None or self._last_of_line.get(step.place) is not step:
            return ""
        if text_of(step.place).startswith("return "):
            return f"what {function} returns"
        return self._assigned(step)

    def _assigned(self, step: Step) -> str:
        if step.place is None or self._last_of_line.get(step.place) is not step:
            return ""
        if step.place.function.endswith("<lambda>"):
            return ""  # what is assigned is the function
        try:
            (statement,) = ast.parse(text_of(step.place)).body
        except (SyntaxError, ValueError):
            return ""
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            return statement.targets[0].id
        return ""
