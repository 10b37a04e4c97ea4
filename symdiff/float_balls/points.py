"""Run a program of scalars at many points in float balls, only as far as most points need.

Nothing is decided at a tie: where two cases are equal the result is unknown, though a ball could
say what the formula states there. So a result that is known lies between no two cases.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from symdiff.array_types import Float64Array
from symdiff.float_balls import elementary as f
from symdiff.float_balls import operations as on
from symdiff.float_balls.arithmetic import Constant
from symdiff.float_balls.blocks_of_points import address, run
from symdiff.float_balls.constants import rational
from symdiff.float_balls.jit import compiled
from symdiff.float_balls.lowering import OPERANDS, Lowering, Step, needed
from symdiff.float_balls.tape import LOOPS, Code, cdf_loop
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import Program

Places = Mapping[str, int]  # of the results, by name
Moving = tuple[Callable[..., None], int, tuple[int, ...]]  # a loop, what it makes, what it takes
# Bytes of all registers, which are to fit a processor's own cache, and points at once.
_ROOM, _LEAST, _MOST = 2**18, 512, 4096
_LONGEST = 100_000  # operations; a register is taken again, so that a long program needs few
_spare: list[Float64Array] = []  # to be used again: a page of memory costs what 500 points do
_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")


class PointProgram(NamedTuple):
    """A program's operations on numbered places."""

    fixed: Mapping[int, Constant]  # the balls of what hangs on constants alone
    inputs: Places
    steps: Sequence[Step]  # a step makes the place of its own number
    results: Places
    guards: Collection[str]  # results of which only is asked whether they have a value

    @property
    def order(self) -> list[int]:
        """The steps that the results need, in their order."""
        return [k for k in needed(self.steps, self.results.values()) if k not in self.fixed]


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

    def at(self, constants: Mapping[str, Any]) -> PointProgram:
        """The program with its parameters' values, and what depends on them alone computed."""
        fixed = {-1 - k: ball for k, ball in enumerate(self._lowering.constants)}
        for i, name in enumerate(self._names):
            if name in constants:
                value = constants[name]
                fixed[OPERANDS + i] = rational(int(value.numerator), int(value.denominator))
        for k in self._lowering.needed(self._results.values()):
            code, takes = self._lowering.steps[k]
            if k in self._lowering.fixed:
                fixed[k] = _one(LOOPS[code], [fixed[place] for place in takes])
        steps, results = self._decided(fixed)
        inputs = {n: OPERANDS + i for i, n in enumerate(self._names) if n not in constants}
        return PointProgram(fixed, inputs, steps, results, self._guards)

    def _decided(self, fixed: Mapping[int, Constant]) -> tuple[list[Step], Places]:
        """The steps, and the results' places, where a case that a parameter decides is taken.

        Args: fixed, the balls of what hangs on constants alone, by place.
        """
        same: dict[int, int] = {}  # a case → what it is
        steps: list[Step] = []
        for k, (code, takes) in enumerate(self._lowering.steps):
            of = tuple(same.get(place, place) for place in takes)
            steps.append((code, of))
            if code is Code.CHOSEN and of[0] in fixed and k not in fixed:
                value, radius = fixed[of[0]]
                if radius == 0 and value in (0.0, 1.0):
                    same[k] = of[1] if value else of[2]
        return steps, {name: same.get(place, place) for name, place in self._results.items()}


class PointTape:
    """Operations on blocks of points, each result with whether it is settled."""

    def __init__(self, program: PointProgram) -> None:
        """Give each place a register, and each operation its loop."""
        fixed, inputs, steps, results, guards = program
        moving: list[Moving] = []
        order = program.order
        joined = _joined(steps, order, results.values())
        for k in order:
            code, takes = steps[k]
            if k in joined:
                moving += joined[k]
            else:
                loop = cdf_loop() if code is Code.NORMAL_CDF else _UNTIED.get(code, LOOPS[code])
                moving.append((loop, k, takes))
        self._names = [name for name in results if name not in guards]
        asked = {*results.values(), *(p for _, _, takes in moving for p in takes)}
        register, count = _registers(moving)
        constant = sorted(asked & set(fixed))
        for place in (*inputs.values(), *constant):
            register[place], count = count, count + 1
        self._inputs = {name: 2 * register[place] for name, place in inputs.items()}
        self._fixed = [(2 * register[place], fixed[place]) for place in constant]
        self._count = 2 * count + 3  # also one that takes inputs that nothing hangs on
        room = _ROOM // (8 * self._count)
        self._block = min(max(2 ** (room.bit_length() - 1), _LEAST), _MOST)
        after = {makes: k for k, (_, makes, _) in enumerate(moving)}
        self._results = sorted(
            (
                after.get(place, -1),
                2 * register[place],
                -1 if name in guards else self._names.index(name),
            )
            for name, place in results.items()
        )
        self._alike = {
            self._names.index(name): fixed[place]
            for name, place in results.items()
            if place in fixed and name not in guards
        }
        self._operations = table(
            [
                (
                    address(loop, len(takes)),
                    len(takes),
                    2 * register[makes],
                    *(2 * register[p] for p in takes),
                    *[0] * (4 - len(takes)),
                )
                for loop, makes, takes in moving
            ],
            7,
        )

    def run(
        self,
        columns: Mapping[str, Any],
        made: Mapping[str, Float64Array],
        relative: float,
        absolute: float,
    ) -> npt.NDArray[np.intp]:
        """Fill in each result that is asked for; where one of them is not settled.

        It is at points that are finite, where each result is within relative·|value| + absolute.

        Args: columns, numbers of one length by input. made, arrays of that length by result.
        """
        count = len(next(iter(made.values())))
        try:
            spare = _spare.pop()
        except IndexError:  # the first, or other threads have them
            spare = np.empty(_ROOM // 8)
        size = self._count * self._block
        registers = spare[:size] if size <= len(spare) else np.empty(size)
        registers = registers.reshape(self._count, self._block)
        for register, (value, radius) in self._fixed:
            registers[register], registers[register + 1] = value, radius
        given = []
        for name, numbers in columns.items():
            register = self._inputs.get(name, self._count - 3)
            registers[register + 1] = 0.0  # an input is exact
            one = numbers.strides[0] == 0  # one number at all points
            column = numbers[:1] if one else np.ascontiguousarray(numbers, dtype=np.float64)
            given.append((column, 0 if one else 1, register))
        alike = {
            place: value
            for place, (value, radius) in self._alike.items()
            if radius <= relative * abs(value) + absolute and abs(value) < np.inf
        }
        for place, value in alike.items():
            made[self._names[place]].fill(value)
        unsettled = np.empty(count, dtype=np.bool_)
        left = run(
            self._operations,
            table([row for row in self._results if row[2] not in alike], 3),
            table([(c.ctypes.data, step, register) for c, step, register in given], 3),
            np.array([made[name].ctypes.data for name in self._names], dtype=np.int64),
            registers,
            unsettled,
            (relative, absolute),
        )
        _spare.append(spare)
        return np.flatnonzero(unsettled) if left else np.empty(0, dtype=np.intp)


def table(rows: Sequence[tuple[int, ...]], width: int) -> npt.NDArray[np.int64]:
    """The rows as machine code reads them."""
    return np.array(rows, dtype=np.int64).reshape(len(rows), width)


def _joined(
    steps: Sequence[Step], order: Sequence[int], results: Collection[int]
) -> dict[int, list[Moving]]:
    """The operations to run for some steps, where that is less than each by itself.

    σ(x) and σ(−x) take e^−|x| once. Where only what is larger decides a case, or only two such
    relations a condition, all is one operation.
    """
    joined: dict[int, list[Moving]] = {}
    users = Counter(place for k in order for place in steps[k][1])
    users.update(results)
    moving = set(order)
    pairs: dict[int, list[tuple[int, bool]]] = {}
    for k in order:
        code, takes = steps[k]
        if code is Code.SIGMOID:
            of, turned = takes[0], False
            if of in moving and steps[of][0] is Code.NEGATIVE:
                of, turned = steps[of][1][0], True
            pairs.setdefault(of, []).append((k, turned))
        asked = takes[:1] if code is Code.CHOSEN else takes if code is Code.AND else ()
        if asked and all(p in moving and users[p] == 1 and steps[p][0] in _LARGER for p in asked):
            joined.update({place: [] for place in asked})
            sides = [side for place in asked for side in steps[place][1]]
            loop = _both_larger if code is Code.AND else _larger_chosen
            joined[k] = [(loop, k, (*sides, *takes[len(asked) :]))]
    for of, those in pairs.items():
        if len(those) == 2:  # σ of a number and of its negative
            tail = len(steps) + len(joined)
            for k, turned in those:
                loop = _sigmoid_of_negative if turned else _sigmoid_of
                joined[k] = [(loop, k, (tail, of))]
                if turned and users[steps[k][1][0]] == 1:
                    joined[steps[k][1][0]] = []
            joined[those[0][0]].insert(0, (_tail, tail, (of,)))
    return joined


def _registers(
    moving: Sequence[Moving],
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


def _one(loop: Callable[..., None], of: Sequence[Constant]) -> Constant:
    """An operation on single balls."""
    value, radius = np.empty(1), np.empty(1)
    loop(value, radius, *(np.array([x]) for ball in of for x in ball))
    return float(value[0]), float(radius[0])


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
        x, below = a[i], b[i]  # read on either way: a loop that reads on one is none of vectors
        known = abs(x) > ea[i]
        value = 1.0 if x > 0 else below
        v[i] = value if known else np.nan
        e[i] = 0.0 if known else np.inf


@_jit
def _chosen(v: Any, e: Any, c: Any, ec: Any, a: Any, ea: Any, b: Any, eb: Any) -> None:
    for i in range(len(v)):
        x, ex, y, ey = a[i], ea[i], b[i], eb[i]
        first = c[i] != 0.0
        radius = ex if first else ey
        v[i] = x if first else y
        e[i] = radius if ec[i] == 0.0 else np.inf


@_jit
def _larger_chosen(
    v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any, c: Any, ec: Any, d: Any, ed: Any
) -> None:
    for i in range(len(v)):
        sign, exist = on.order(a[i], ea[i], b[i], eb[i])
        x, ex, y, ey = c[i], ec[i], d[i], ed[i]
        first = sign > 0.0
        radius = ex if first else ey
        v[i] = (x if first else y) if exist else np.nan
        e[i] = radius if abs(sign) == 1.0 else np.inf


@_jit
def _both_larger(
    v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any, c: Any, ec: Any, d: Any, ed: Any
) -> None:
    for i in range(len(v)):
        one, _ = on.order(a[i], ea[i], b[i], eb[i])
        other, _ = on.order(c[i], ec[i], d[i], ed[i])
        fails = (one < 0.0) | (other < 0.0)
        told = fails | ((one > 0.0) & (other > 0.0))
        value = 0.0 if fails else 1.0
        v[i] = value if told else np.nan
        e[i] = 0.0 if told else np.inf


@_jit
def _tail(v: Any, e: Any, a: Any, _ea: Any) -> None:
    for i in range(len(v)):
        x = abs(a[i])
        v[i], e[i] = f.exp(-x if x <= on.FAR else 0.0), 0.0


@_jit
def _sigmoid_of(v: Any, e: Any, t: Any, _et: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sigmoid_by(t[i], a[i], ea[i])


@_jit
def _sigmoid_of_negative(v: Any, e: Any, t: Any, _et: Any, a: Any, ea: Any) -> None:
    for i in range(len(v)):
        v[i], e[i] = on.sigmoid_by(t[i], -a[i], ea[i])


_LARGER = (Code.GREATER, Code.AT_LEAST)  # unknown at a tie, each of them
# Where an operation compares: unknown at a tie, and so is what hangs on that.
_UNTIED: Mapping[Code, Callable[..., None]] = {
    Code.GREATER: _greater,
    Code.AT_LEAST: _greater,
    Code.EQUAL: _equal,
    Code.STEP: _step,
    Code.CHOSEN: _chosen,
}
