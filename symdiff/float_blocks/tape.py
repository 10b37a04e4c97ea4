"""Run a program of scalars at many points: with a bound a block, and what is left in balls.

A result is known well enough where its block's bound is no more than what is asked and the entry is
not NaN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from symdiff.array_types import Float64Array
from symdiff.float_balls.lowering import OPERANDS
from symdiff.float_balls.points import PointProgram, PointTape, table
from symdiff.float_blocks import arithmetic
from symdiff.float_blocks.joining import Joining, Operation, registers_of, relative_bound
from symdiff.float_blocks.running import ADDRESS, COLUMNS, STEP, address, run

# Values in a block: a call is little beside them, and eight registers fit the processor's first
# cache; the more there are, the nearer the nearest comes to where a sum cancels.
WIDTH = 512
_FEW = 64  # points that are left as they are: compiling the loops over balls takes seconds
_COPIES = 2 * OPERANDS  # places beyond those of operations and of operands


class _Workspace(NamedTuple):
    """Memory of a run: registers of our own, where all are, their bounds, those of the inputs."""

    own: Float64Array
    registers: npt.NDArray[np.int64]
    bounds: Float64Array
    inputs: npt.NDArray[np.int64]


class BoundedTape:
    """Operations on blocks of values, each with one relative bound."""

    def __init__(
        self,
        program: PointProgram,
        joined: Sequence[Operation],
        results: Mapping[str, int],
        bounds: Mapping[int, float],
    ) -> None:
        """Args: the program; its operations, joined; the results' places; the constants' bounds."""
        fixed, operations = program.fixed, list(joined)
        made = {place for o in operations for place in o.makes}
        self._constant = {n: fixed[p] for n, p in results.items() if p in fixed}
        self._guards = frozenset(program.guards)
        self._written: dict[int, str] = {}  # places of results, each to be made where it goes
        guards = set()
        for name, place in results.items():
            if name in program.guards:
                guards.add(place)
            elif place not in fixed:
                at = place
                if place not in made or place in self._written:  # it lies elsewhere
                    at = _COPIES + len(made)
                    operations.append(Operation(arithmetic.copy, (at,), (place,)))
                    made.add(at)
                self._written[at] = name
        guards -= {*fixed, *self._written}
        register, count = registers_of(operations, {*self._written, *guards})
        for place in guards & made:
            register[place], count = count, count + 1
        self._rows = count  # of our own; the others lie elsewhere
        self._spare: list[_Workspace] = []  # to be used again: a page of memory costs its time
        for place in (*bounds, *program.inputs.values(), *self._written):
            register[place], count = count, count + 1
        self._inputs = {name: register[place] for name, place in program.inputs.items()}
        numbers = np.array([fixed[place][0] for place in bounds])
        self._numbers = np.repeat(numbers[:, None], WIDTH, axis=1)
        self._registers = np.zeros((count, 2), dtype=np.int64)
        for row, place in zip(self._numbers, bounds, strict=True):
            self._registers[register[place], ADDRESS] = row.ctypes.data
        self._bounds = np.zeros(count)
        for place, bound in bounds.items():
            self._bounds[register[place]] = bound
        self._outputs = [(register[place], name) for place, name in self._written.items()]
        asked = [(register[p], 0) for p in self._written] + [(register[p], 1) for p in guards]
        self._asked = table(asked, 2)
        rows = []
        for loop, makes, takes in operations:
            places = (makes[0], makes[-1], *takes, *makes[:1] * (4 - len(takes)))
            rows.append((address(loop), *(register[place] for place in places)))
        self._operations = table(rows, COLUMNS)

    def run(
        self, columns: Mapping[str, Any], made: Mapping[str, Float64Array], relative: float
    ) -> npt.NDArray[np.intp]:
        """Fill in each result that is asked for; where one of them is not settled.

        Args: columns, numbers of one length by input. made, arrays of that length by result.
            relative, how far a result may be off.
        """
        count = len(next(iter(made.values())))
        left = np.zeros(count, dtype=np.bool_)
        for name, (value, radius) in self._constant.items():
            most = np.inf if name in self._guards else relative * abs(value)
            if not (abs(value) < np.inf and radius <= most):
                return np.arange(count)
            if name not in self._guards:
                made[name].fill(value)
        try:
            workspace = self._spare.pop()
        except IndexError:  # the first, or other threads have them
            workspace = self._workspace(list(columns))
        own, registers, bounds, inputs = workspace
        for register, name in self._outputs:
            registers[register, ADDRESS] = made[name].ctypes.data
        kept = []
        for numbers, register, row in zip(columns.values(), inputs.tolist(), own, strict=False):
            if numbers.strides[0] == 0:  # one number at all points
                row[:] = numbers[0]
                registers[register] = row.ctypes.data, 0
            else:
                kept.append(np.ascontiguousarray(numbers, dtype=np.float64))
                registers[register] = kept[-1].ctypes.data, 1
        found = run(self._operations, registers, bounds, inputs, self._asked, WIDTH, relative, left)
        self._spare.append(workspace)
        return np.flatnonzero(left) if found else np.empty(0, dtype=np.intp)

    def _workspace(self, names: Sequence[str]) -> _Workspace:
        """Args: names, of the inputs. One that nothing hangs on is looked at too."""
        places = len(self._bounds)
        own = np.empty((len(names) + self._rows, WIDTH))
        registers = np.concatenate([self._registers, np.zeros((len(names), 2), dtype=np.int64)])
        for k, row in enumerate(own[len(names) :]):
            registers[k, ADDRESS] = row.ctypes.data
        for register, _ in self._outputs:
            registers[register, STEP] = 1
        inputs = [self._inputs.get(name, places + j) for j, name in enumerate(names)]
        bounds = np.concatenate([self._bounds, np.zeros(len(names))])
        return _Workspace(own, registers, bounds, np.array(inputs, dtype=np.int64))


class BlockTape:
    """A program at many points, each result with whether it is settled."""

    def __init__(self, program: PointProgram) -> None:
        """Args: the program, with its parameters' values."""
        self._program = program

    @cached_property
    def _balls(self) -> PointTape:
        """The same in balls, made when a block needs them: compiling them takes its time."""
        return PointTape(self._program)

    @cached_property
    def _bounded(self) -> BoundedTape | None:
        """The same with a bound a block; None if a constant has none."""
        program = self._program
        joining = Joining(program)
        operations = joining.joined()
        asked = {*joining.results.values(), *(p for o in operations for p in o.takes)}
        bounds = {}
        for place, ball in program.fixed.items():
            if place in asked:
                if (bound := relative_bound(ball)) is None:
                    return None
                bounds[place] = bound
        return BoundedTape(program, operations, joining.results, bounds)

    def run(
        self,
        columns: Mapping[str, Any],
        made: Mapping[str, Float64Array],
        relative: float,
        absolute: float,
    ) -> npt.NDArray[np.intp]:
        """Fill in each result that is asked for; where one of them is not settled.

        It is at points that are finite, where each result is within relative·|value| + absolute.
        If few are left after bounds, balls are not asked.

        Args: columns, numbers of one length by input. made, arrays of that length by result.
        """
        if self._bounded is None:
            return self._balls.run(columns, made, relative, absolute)
        left = self._bounded.run(columns, made, relative)
        if len(left) <= _FEW:
            return left
        if len(left) == len(next(iter(made.values()))):
            return self._balls.run(columns, made, relative, absolute)
        part = {name: numbers[left] for name, numbers in columns.items()}
        found = {name: np.empty(len(left)) for name in made}
        open_ = self._balls.run(part, found, relative, absolute)
        for name, values in found.items():
            made[name][left] = values
        return left[open_]
