"""Run a program of scalars at many points in float balls, only as far as most points need.

Nothing is decided at a tie: where two cases are equal the result is unknown, though a ball could
say what the formula states there. So a result that is known lies between no two cases.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from symdiff.array_types import Float64Array
from symdiff.float_balls import operations as on
from symdiff.float_balls.jit import compiled
from symdiff.float_balls.lowering import OPERANDS, Lowering, rational
from symdiff.float_balls.tape import LOOPS, Code
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import Program

# Bytes of all registers, and points at once. Measured: a call from Python costs what 1,000 points
# do, so that 16,384 are quicker than what would fit a processor's own cache.
_ROOM, _LEAST, _MOST = 2**22, 4096, 16384
_LONGEST = 100_000  # operations; a register is taken again, so that a long program needs few
_spare: list[Float64Array] = []  # to be used again: a page of memory costs what 500 points do
_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")


class Points:
    """A program of scalars whose parameters are still to be given."""

    def __init__(
        self, program: Program, constants: Collection[str] = (), guards: Collection[str] = ()
    ) -> None:
        """Lower the program to operations on float balls.

        Args: constants, which of its arguments are. guards, results of which only is asked whether
            they have a value.
        Raises: NotLoweredError if there is no operation for something in it.
        """
        self._names = tuple(program.arguments)
        symbols = program.arguments.values()
        lowering = Lowering(
            {symbol: OPERANDS + i for i, symbol in enumerate(symbols)},
            {OPERANDS + i for i, name in enumerate(self._names) if name in constants},
            most=_LONGEST,
        )
        for symbol, what in program.assignments:
            of_numbers = isinstance(what, Contract) and not set(what.subscripts) - set(",->")
            place = (
                lowering.product([lowering.made(o) for o in what.operands])
                if of_numbers
                else lowering.made(what)
            )
            lowering.name(symbol, place)
        self._results = {name: lowering.made(s) for name, s in program.results.items()}
        self._guards = frozenset(guards)
        self._lowering = lowering

    def __repr__(self) -> str:
        return f"<{len(self._lowering.steps)} operations → {', '.join(self._results)}>"

    def at(self, constants: Mapping[str, Any]) -> PointTape:
        """The program with its parameters' values, and what depends on them alone computed."""
        fixed = {-1 - k: ball for k, ball in enumerate(self._lowering.constants)}
        for i, name in enumerate(self._names):
            if name in constants:
                value = constants[name]
                fixed[OPERANDS + i] = rational(int(value.numerator), int(value.denominator))
        moving: list[tuple[Callable[..., None], int, tuple[int, ...]]] = []
        for k in self._lowering.needed(self._results.values()):
            code, takes = self._lowering.steps[k]
            if k in self._lowering.fixed:
                fixed[k] = _one(LOOPS[code], [fixed[place] for place in takes])
            else:
                moving.append((_UNTIED.get(code, LOOPS[code]), k, takes))
        inputs = {n: OPERANDS + i for i, n in enumerate(self._names) if n not in constants}
        return PointTape(fixed, inputs, moving, self._results, self._guards)


class PointTape:
    """Operations on blocks of points, with a flag for each result that is settled."""

    def __init__(
        self,
        fixed: Mapping[int, tuple[float, float]],
        inputs: Mapping[str, int],
        moving: Sequence[tuple[Callable[..., None], int, tuple[int, ...]]],
        results: Mapping[str, int],
        guards: Collection[str],
    ) -> None:
        """Args: the places' balls, the inputs' places, the operations, the results' places."""
        self._inputs, self._moving, self._results = inputs, moving, results
        self._guards = guards
        asked = {*results.values(), *(p for _, _, takes in moving for p in takes)}
        self._register, self._count = _registers(moving)
        constant = asked & set(fixed)
        room = _ROOM // (16 * (self._count + len(constant) + len(inputs) + 1))
        self._block = block = min(max(2 ** (room.bit_length() - 1), _LEAST), _MOST)
        self._fixed = {p: tuple(np.full(block, x) for x in fixed[p]) for p in constant}

    def run(
        self,
        columns: Mapping[str, Any],
        made: Mapping[str, Float64Array],
        relative: float,
        absolute: float,
    ) -> npt.NDArray[np.intp]:
        """Fill in each result that is asked for, and return the points where one is not settled.

        It is at points that are finite, where each result is within relative·|value| + absolute.

        Args: columns, numbers of one length by input. made, arrays of that length by result.
        """
        count, block = len(next(iter(made.values()))), self._block
        given = {name: np.empty(block) for name in columns}  # those too that nothing hangs on
        try:
            spare = _spare.pop()
        except IndexError:  # the first, or other threads have them
            spare = np.empty(_ROOM // 8)
        size = self._count * 2 * block
        scratch = (spare[:size] if size <= len(spare) else np.empty(size)).reshape(-1, 2, block)
        exact, open_ = np.zeros(block), np.empty(block)
        places: dict[int, Sequence[Float64Array]] = dict(self._fixed)
        places |= {place: (given[name], exact) for name, place in self._inputs.items()}
        places |= {place: scratch[r] for place, r in self._register.items()}
        calls = [
            (loop, [*places[makes], *(part for p in takes for part in places[p])])
            for loop, makes, takes in self._moving
        ]
        names: dict[int, list[str]] = {}
        for name, place in self._results.items():
            names.setdefault(place, []).append(name)
        unsettled = []
        for start in range(0, count, block):
            width = min(block, count - start)
            part = slice(start, start + width)
            if width < block:
                calls = [(loop, [a[:width] for a in of]) for loop, of in calls]
                open_ = open_[:width]
            open_[:] = 0.0

            def settle(place: int, part: slice = part, open_: Float64Array = open_) -> None:
                value, radius = (a[: len(open_)] for a in places[place])
                for name in names.get(place, ()):
                    if name in self._guards:
                        _known(open_, value, radius)
                    else:
                        _settled(made[name][part], open_, value, radius, relative, absolute)

            for name, register in given.items():
                register[:width] = columns[name][part]
                _finite(open_, register[:width])
            for place in names.keys() - self._register.keys():
                settle(place)
            for (loop, of), (_, makes, _) in zip(calls, self._moving, strict=True):
                loop(*of)
                if makes in names:  # at once: its register may be taken again
                    settle(makes)
            if _some(open_):
                unsettled.append(start + np.flatnonzero(open_))
        _spare.append(spare)
        return np.concatenate(unsettled) if unsettled else np.empty(0, dtype=np.intp)


def _registers(
    moving: Sequence[tuple[Callable[..., None], int, tuple[int, ...]]],
) -> tuple[dict[int, int], int]:
    """A register for what each operation makes, taken again once nothing needs it; how many.

    None is one of the operands' own: a loop whose operands overlap its result is no loop of
    vectors.
    """
    last = {place: k for k, (_, _, takes) in enumerate(moving) for place in takes}
    register: dict[int, int] = {}
    free: list[int] = []
    count = 0
    for k, (_, makes, takes) in enumerate(moving):
        if not free:
            free.append(count)
            count += 1
        register[makes] = free.pop()
        free += [register[p] for p in set(takes) if p in register and last[p] == k]
        if makes not in last:  # a result alone
            free.append(register[makes])
    return register, count


def _one(loop: Callable[..., None], of: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """An operation on single balls."""
    value, radius = np.empty(1), np.empty(1)
    loop(value, radius, *(np.array([x]) for ball in of for x in ball))
    return float(value[0]), float(radius[0])


@_jit
def _finite(open_: Any, x: Any) -> None:
    for i in range(len(open_)):
        open_[i] = open_[i] if abs(x[i]) < np.inf else 1.0


@_jit
def _some(open_: Any) -> Any:
    found = 0
    for i in range(len(open_)):
        found |= 1 if open_[i] != 0.0 else 0
    return found


@_jit
def _known(open_: Any, v: Any, e: Any) -> None:
    for i in range(len(open_)):
        right = (e[i] < np.inf) & (abs(v[i]) < np.inf)
        open_[i] = open_[i] if right else 1.0


@_jit
def _settled(made: Any, open_: Any, v: Any, e: Any, relative: Any, absolute: Any) -> None:
    for i in range(len(open_)):
        size = abs(v[i])
        made[i] = v[i]
        right = (e[i] <= relative * size + absolute) & (size < np.inf)
        open_[i] = open_[i] if right else 1.0


@_jit
def _greater(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        v[i] = (1.0 if sign > 0.0 else 0.0) if exist & (sign != 0.0) else np.nan
        e[i] = 0.0 if abs(sign) == 1.0 else np.inf


@_jit
def _equal(v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        v[i] = 0.0 if exist & (sign != 0.0) else np.nan
        e[i] = 0.0 if abs(sign) == 1.0 else np.inf


@_jit
def _step(v: Any, e: Any, a: Any, ea: Any, b: Any, _eb: Any, _c: Any, _ec: Any) -> None:
    for i in range(len(v)):
        known = abs(a[i]) > ea[i]
        v[i] = (1.0 if a[i] > 0 else b[i]) if known else np.nan
        e[i] = 0.0 if known else np.inf


@_jit
def _chosen(v: Any, e: Any, c: Any, ec: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        v[i] = a[i] if c[i] != 0.0 else b[i]
        radius = ea[i] if c[i] != 0.0 else eb[i]
        e[i] = radius if ec[i] == 0.0 else np.inf


# Where an operation compares: unknown at a tie, and so is what hangs on that.
_UNTIED: Mapping[Code, Callable[..., None]] = {
    Code.GREATER: _greater,
    Code.AT_LEAST: _greater,
    Code.EQUAL: _equal,
    Code.STEP: _step,
    Code.CHOSEN: _chosen,
}
