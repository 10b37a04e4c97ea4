"""Move one named value to one side alone: its adjoint's entries, and the output's slopes.

Where the function is continuous and its slopes on both sides are one, they are the derivative,
whatever a formula says that chose one of equal cases, or that has no value there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from flint import arb

from symdiff.array_types import BoolArray
from symdiff.bridge.interpret import interpret
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.kinds.einsum import contraction
from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.kinds.input import Input
from symdiff.graph.node import Node
from symdiff.oracle.neighbourhood.continuity import continuous
from symdiff.oracle.neighbourhood.one_sided import (
    UNKNOWN,
    beside,
    grows,
    in_place,
    jumps_from,
    moved,
    slopes_beside,
)
from symdiff.oracle.programs.array_balls import balls_of, compile_entry
from symdiff.oracle.programs.frozen import Frozen
from symdiff.oracle.programs.reach import terms_of
from symdiff.programs.program import Program, operands_of, program

_ADJOINT, _OUTPUT, _TERM, _VALUE = "%adjoint", "%output", "%term", "%value"
_MOST_RUNS = 32  # of entries that are moved each by itself

Sides = tuple[arb, arb]  # what tends to something on the left, and on the right


class MovedAlone:
    """One adjoint of a graph at given arguments, as a function of the value it belongs to.

    To be made and asked at one working precision.
    """

    def __init__(
        self,
        name: str,
        adjoints: Derivation,
        arguments: Mapping[str, Any],
        jumping: BoolArray | None = None,
    ) -> None:
        """Prepare to ask of some entries of one adjoint.

        Args: arguments, the program's: arrays, parameters and lengths of axes, by name; jumping,
            by which entries the function may jump, if it may: see `array_jumps`.
        Raises: OutOfTimeError.
        """
        graph, value = adjoints.graph, adjoints.graph.nodes[name]
        self._value = value
        terms = {f"{_TERM}{i}": term.value for i, term in enumerate(terms_of(graph))}
        nodes = {_ADJOINT: adjoints.nodes[name], _OUTPUT: whole_output(adjoints), **terms}
        frozen = Frozen([*nodes.values(), value])
        nodes, value = {k: frozen[node] for k, node in nodes.items()}, frozen[value]
        self.moved = value.name if isinstance(value, Input) else _VALUE
        self._jumping = jumping
        self._balls = {k: balls_of(v) for k, v in arguments.items()}
        self._balls |= frozen.values(self._balls)
        self._formula = self._program({_ADJOINT: nodes[_ADJOINT]}, value)
        self._output = self._program({_OUTPUT: nodes[_OUTPUT]}, value)
        self._terms = self._program({k: nodes[k] for k in terms}, value)
        if self.moved == _VALUE:
            line = program({_VALUE: value})
            self._balls[_VALUE] = interpret(line, self._balls, compile_entry)[_VALUE]

    def _program(self, nodes: Mapping[str, Node], value: Node) -> Program:
        if self.moved != _VALUE:
            return program(nodes)
        return program({**nodes, _VALUE: value}, shared=False).given(_VALUE)

    def derivatives(self, some: BoolArray) -> Iterator[tuple[tuple[int, ...], Sides]]:
        """The places of the entries whose derivatives on both sides are proven, and these.

        Args: some, which entries are asked for. Raises: NoOneSidedRule, OutOfTimeError.
        """
        slopes = 0
        for moving in self._together(some):
            smooth = self._continuous(moving)
            if not smooth.any():
                continue
            sides = self._sides(beside, self._formula, moving)
            for place in map(tuple, np.argwhere(smooth)):
                left, right = (side[place] for side in sides)
                if (left is UNKNOWN or right is UNKNOWN) and slopes < _MOST_RUNS:
                    slopes += 1
                    left, right = self._slopes(place, some.shape)
                if left is not UNKNOWN and right is not UNKNOWN:
                    yield place, (left, right)

    def jumps(self, some: BoolArray) -> Iterator[tuple[int, ...]]:
        """The places of the entries at which the function is proven to jump.

        Args: some, which entries are asked for. Raises: NoOneSidedRule, OutOfTimeError.
        """
        here = interpret(self._terms, self._balls, compile_entry)
        for moving in each(some):
            sides = (beside(self._terms, self._balls, {self.moved: moving}, s) for s in (-1, 1))
            if any(jumps_from(tends[name], here[name]) for tends in sides for name in here):
                yield from map(tuple, np.argwhere(moving))

    def steep(self, some: BoolArray) -> Iterator[tuple[int, ...]]:
        """The places of the entries by which the output is proven to have an infinite slope.

        Args: some, which entries are asked for. Raises: NoOneSidedRule, OutOfTimeError.
        """
        for moving in each(some):
            if any(grows(self._output, self._balls, {self.moved: moving}, s) for s in (-1, 1)):
                yield from map(tuple, np.argwhere(moving))

    def run_of(self, nodes: Mapping[str, Node]) -> Callable[[BoolArray, int], dict[str, Any]]:
        """By which entries move, and to which side, what some nodes are there: balls and series."""
        frozen = Frozen([*nodes.values(), self._value])
        steps = self._program({k: frozen[n] for k, n in nodes.items()}, frozen[self._value])
        balls = {**self._balls, **frozen.values(self._balls)}
        return lambda moving, side: moved(steps, balls, {self.moved: moving}, side)

    def _slopes(self, place: tuple[int, ...], shape: tuple[int, ...]) -> list[Any]:
        """The output's slopes on both sides of one entry.

        Raises: NoOneSidedRule, OutOfTimeError.
        """
        one = np.zeros(shape, dtype=bool)
        one[place] = True
        return [side.item() for side in self._sides(slopes_beside, self._output, one)]

    def _sides(self, what: Any, steps: Program, moving: BoolArray) -> list[Any]:
        found = (what(steps, self._balls, {self.moved: moving}, side) for side in (-1, 1))
        return [made for one in found for made in one.values()]

    def _continuous(self, moving: BoolArray) -> BoolArray:
        """The entries in which what is differentiated is continuous."""
        if self._jumping is None or not (moving & self._jumping).any():
            return moving
        return (moving & ~self._jumping) | self._proven_continuous(moving & self._jumping)

    def _proven_continuous(self, moving: BoolArray) -> BoolArray:
        """The same of entries by which it may jump."""
        found = continuous(self._terms, self._balls, {self.moved: moving})
        if all(met.all() for met in found.values()):
            return moving
        if moving.sum() == 1:
            return np.zeros_like(moving)
        in_place = self._entry_by_entry(self._terms)
        if in_place and all(met.shape == moving.shape for met in found.values()):
            return moving & np.logical_and.reduce(list(found.values()))
        whole = np.zeros_like(moving)
        for one in each(moving):
            whole |= self._proven_continuous(one)
        return whole

    def _together(self, some: BoolArray) -> Iterator[BoolArray]:
        """The entries, those together that may move at once as none leads to another's result."""
        return iter([some]) if self._entry_by_entry(self._formula) else each(some)

    def _entry_by_entry(self, steps: Program) -> bool:
        """Whether each entry of a result hangs on no entry of what moves but that in its place.

        So it is where what comes from there is taken entry by entry, or multiplied so.
        """
        moved = {steps.arguments[self.moved]} if self.moved in steps.arguments else set()
        for symbol, what in steps.steps:
            if not moved.isdisjoint(operands_of(what)):
                if not in_place(what, moved):
                    return False
                moved.add(symbol)
        return True


def whole_output(adjoints: Derivation) -> Node:
    """The sum Σ v y over the outputs and their cotangents, which is differentiated."""
    pairs = zip(adjoints.cotangents.values(), adjoints.graph.output_nodes, strict=True)
    weighted = [contraction((v, y), ()) for v, y in pairs]
    return weighted[0] if len(weighted) == 1 else elementwise(lambda *e: sum(e), *weighted)


def each(some: BoolArray) -> Iterator[BoolArray]:
    """One mask for each of the first entries that are set."""
    for index in np.argwhere(some)[:_MOST_RUNS]:
        one = np.zeros(some.shape, dtype=bool)
        one[tuple(index)] = True
        yield one
