"""Join a program's operations where one loop does what several would."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from symdiff.float_balls.arithmetic import Constant
from symdiff.float_balls.points import PointProgram
from symdiff.float_balls.tape import Code
from symdiff.float_blocks import arithmetic, conditions, functions

Loop = Callable[..., Any]


class Operation(NamedTuple):
    """A loop, the places that it makes, one or two, and those that it takes."""

    loop: Loop
    makes: tuple[int, ...]
    takes: tuple[int, ...]


def _cdf() -> Loop:
    """Its table takes a while to make."""
    from symdiff.float_blocks.normal_cdf import cdf

    return cdf


LOOPS: Mapping[Code, Loop] = {
    Code.ADD: arithmetic.add,
    Code.SUBTRACT: arithmetic.subtract,
    Code.MULTIPLY: arithmetic.multiply,
    Code.DIVIDE: arithmetic.divide,
    Code.NEGATIVE: arithmetic.negative,
    Code.ABSOLUTE: arithmetic.absolute,
    Code.SQRT: arithmetic.square_root,
    Code.MAXIMUM: arithmetic.maximum,
    Code.MINIMUM: arithmetic.minimum,
    Code.STEP: conditions.step,
    Code.EXP: functions.exp,
    Code.EXPM1: functions.expm1,
    Code.LOG: functions.log,
    Code.LOG1P: functions.log1p,
    Code.SIGMOID: functions.sigmoid,
    Code.TANH: functions.tanh,
    Code.SECH: functions.sech,
    Code.SOFTPLUS: functions.softplus,
    Code.NORMAL_DENSITY: functions.phi,
    Code.SIN: functions.sine,
    Code.COS: functions.cosine,
    Code.ATAN: functions.arctangent,
    Code.GREATER: conditions.greater,
    Code.AT_LEAST: conditions.greater,  # unknown at a tie, both
    Code.EQUAL: conditions.equal,
    Code.NOT: conditions.contrary,
    Code.AND: conditions.both,
    Code.CHOSEN: conditions.chosen,
}


class Joining:
    """The operations of a program, in order, while they are joined."""

    def __init__(self, program: PointProgram) -> None:
        """Take each step as an operation of its own."""
        self._fixed = program.fixed
        self.results = dict(program.results)
        self.operations = [
            Operation(_cdf() if code is Code.NORMAL_CDF else LOOPS[code], (k,), takes)
            for k in program.order
            for code, takes in (program.steps[k],)
        ]

    def joined(self) -> list[Operation]:
        """The operations once all that can be is joined."""
        self._share_exponentials()
        self._drop()
        self._take_conditions_for_values()
        self._join_into(self._with_conditions)
        self._join_into(self._with_product)
        self._drop()
        return self.operations

    def _drop(self) -> None:
        """Leave out what nothing needs."""
        wanted, kept = set(self.results.values()), []
        for operation in reversed(self.operations):
            if wanted.intersection(operation.makes):
                wanted.update(operation.takes)
                kept.append(operation)
        self.operations = kept[::-1]

    def _share_exponentials(self) -> None:
        """σ of a number and of its negative take e^−|x| once."""
        made = {makes: o for o in self.operations for makes in o.makes}
        pairs: dict[int, dict[bool, int]] = {}  # of a number, by whether it is turned
        for o in self.operations:
            if o.loop is functions.sigmoid:
                of = made.get(o.takes[0])
                turned = of is not None and of.loop is arithmetic.negative
                pairs.setdefault(of.takes[0] if of and turned else o.takes[0], {})[turned] = (
                    o.makes[0]
                )
        both = {p[k]: (of, p) for of, p in pairs.items() if len(p) == 2 for k in p}
        joined: list[Operation] = []
        for o in self.operations:
            if o.makes[0] in both:
                number, p = both[o.makes[0]]
                o = Operation(functions.sigmoids, (p[False], p[True]), (number,))  # noqa: PLW2901
                if o in joined:
                    continue
            joined.append(o)
        self.operations = joined

    def _take_conditions_for_values(self) -> None:
        """What is 1 where a condition holds and else 0 is the condition, or else its contrary."""
        same: dict[int, int] = {}
        kept = []
        for o in self.operations:
            takes = tuple(same.get(place, place) for place in o.takes)
            cases = tuple(self._fixed.get(place) for place in takes[1:])
            if o.loop is conditions.chosen and cases == ((1.0, 0.0), (0.0, 0.0)):
                same[o.makes[0]] = takes[0]
            elif o.loop is conditions.chosen and cases == ((0.0, 0.0), (1.0, 0.0)):
                kept.append(Operation(conditions.contrary, o.makes, takes[:1]))
            else:
                kept.append(o._replace(takes=takes))
        self.operations = kept
        self.results = {name: same.get(place, place) for name, place in self.results.items()}

    def _join_into(
        self,
        join: Callable[[Operation, Mapping[int, Operation]], tuple[Operation, Collection[int]]],
    ) -> None:
        """Join operations into those that alone need them.

        Args: join, of an operation and of those that may join it, by what they make: what becomes
            of it, and the places that then need not be made.
        """
        users = Counter(place for o in self.operations for place in o.takes)
        users.update(self.results.values())
        alone = {
            o.makes[0]: o for o in self.operations if len(o.makes) == 1 and users[o.makes[0]] == 1
        }
        into: dict[int, Operation] = {}
        gone: set[int] = set()
        for o in self.operations:
            into[o.makes[0]], places = join(o, alone)
            gone.update(places)
            if places:
                alone.pop(o.makes[0], None)  # what was joined joins nothing
        self.operations = [into[o.makes[0]] for o in self.operations if o.makes[0] not in gone]

    @staticmethod
    def _with_conditions(
        o: Operation, alone: Mapping[int, Operation]
    ) -> tuple[Operation, Collection[int]]:
        """What chooses by a relation, and what asks two of them."""
        asked = (
            o.takes[:1]
            if o.loop is conditions.chosen
            else o.takes
            if o.loop is conditions.both
            else ()
        )
        relations = [alone[p] for p in asked if p in alone and alone[p].loop is conditions.greater]
        if not asked or len(relations) < len(asked):
            return o, ()
        sides = tuple(side for relation in relations for side in relation.takes)
        loop = conditions.both_greater if len(asked) == 2 else conditions.greater_chosen
        return Operation(loop, o.makes, (*sides, *o.takes[len(asked) :])), asked

    @staticmethod
    def _with_product(
        o: Operation, alone: Mapping[int, Operation]
    ) -> tuple[Operation, Collection[int]]:
        """A sum or a difference with a product."""
        if o.loop not in (arithmetic.add, arithmetic.subtract):
            return o, ()
        for place, other, loop in zip(
            o.takes,
            o.takes[::-1],
            (arithmetic.multiply_add, arithmetic.multiply_add)
            if o.loop is arithmetic.add
            else (arithmetic.multiply_subtract, arithmetic.subtract_product),
            strict=True,
        ):
            if place in alone and alone[place].loop is arithmetic.multiply:
                return Operation(loop, o.makes, (*alone[place].takes, other)), (place,)
        return o, ()


def relative_bound(ball: Constant) -> float | None:
    """The bound of a constant, None if it has none that a block may have."""
    value, radius = ball
    if math.isnan(value):  # nothing is known of it
        return 0.0
    if value == 0.0:
        return 0.0 if radius == 0.0 else None
    if not 2.0**-960 <= abs(value) <= 2.0**960:
        return None
    bound = radius / abs(value) * (1 + 2.0**-40)
    return None if bound > 2.0**-25 else max(bound, 2.0**-60) if radius else 0.0


def registers_of(
    operations: Sequence[Operation], kept: Collection[int]
) -> tuple[dict[int, int], int]:
    """A register for what each operation makes, taken again once nothing needs it; how many.

    None is one of the operands' own: a loop whose operands overlap its result is no loop of
    vectors.

    Args: kept, places that have a register already.
    """
    last = {place: k for k, o in enumerate(operations) for place in o.takes}
    register: dict[int, int] = {}
    free: list[int] = []
    count = 0
    for k, o in enumerate(operations):
        for place in o.makes:
            if place in kept:
                continue
            if not free:
                free.append(count)
                count += 1
            register[place] = free.pop()
        free += [register[p] for p in set(o.takes) if p in register and last[p] == k]
        free += [register[p] for p in o.makes if p in register and p not in last]
    return register, count
