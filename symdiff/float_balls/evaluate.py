"""Run a graph's program in balls: float balls, or those of another arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Any, cast

import numpy as np
from sympy import Symbol

from symdiff.float_balls.arithmetic import Arithmetic, B
from symdiff.float_balls.array import FLOAT, FloatBalls
from symdiff.float_balls.contraction import constant, entrywise, product
from symdiff.float_balls.environment import is_ieee
from symdiff.float_balls.lowering import NotLoweredError, tape_of
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.gather import Scattering, gathered
from symdiff.graph.kinds.largest import winners
from symdiff.graph.kinds.literal import given
from symdiff.graph.kinds.part import placed, taken
from symdiff.graph.kinds.position import positions
from symdiff.graph.kinds.running import accumulated
from symdiff.graph.kinds.shift import peak
from symdiff.graph.template import PLAIN
from symdiff.programs.program import Program
from symdiff.programs.sharing import Entrywise

Of = Callable[[Symbol], B]
_EXACT_INTEGERS = 2**53
_TINY, _LEAST = 2.0**-300, 2.0**-1074


def evaluate(
    program: Program, arguments: Mapping[str, Any], moved: Container[str] = ()
) -> dict[str, FloatBalls] | None:
    """Each result of the program, or None if float balls have no operation for a step.

    Args: arguments, by name: float64 arrays, rationals and lengths, taken as exact but for those
        `moved`, which are taken with a tiny radius.
    """
    return evaluate_in(FLOAT, program, arguments, moved)


def evaluate_in(
    on: Arithmetic[B], program: Program, arguments: Mapping[str, Any], moved: Container[str] = ()
) -> dict[str, B] | None:
    """Each result of the program in some arithmetic, or None if that lacks an operation.

    Args: arguments and moved, as float64 numbers or rationals, and which of them have a radius.
    """
    if not is_ieee():
        return None
    values: dict[Symbol, B] = {}
    for name, symbol in program.arguments.items():
        exact = _argument(arguments[name], on)
        values[symbol] = _around(exact) if name in moved else exact
    try:
        with np.errstate(all="ignore"):  # what is not finite is unknown, and says so
            for (symbol, what), released in zip(program.steps, program.released, strict=True):
                values[symbol] = _step(what, values.__getitem__, on)
                for operand in released:
                    del values[operand]
    except NotLoweredError:
        return None
    return {name: values[symbol] for name, symbol in program.results.items()}


def _argument(value: Any, on: Arithmetic[B]) -> B:
    if hasattr(value, "p"):
        return on.made(*map(np.asarray, on.scalars.rational(int(value.p), int(value.q))))
    return on.exactly(value)


def _around(balls: B) -> B:
    """The balls of a tiny radius around numbers, too small to matter and more than 0."""
    *parts, radius = balls
    tiny = np.maximum(np.abs(balls.value) * _TINY, _LEAST)
    made: Any = type(balls)
    return cast("B", made(*parts, np.where(radius == 0, tiny, radius)))


def _step(what: Entrywise | ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:
    if isinstance(what, Entrywise):
        operands = [value(s) for s in what.operands]
        if what.template is PLAIN:
            return operands[0]
        tape = tape_of(what.template, len(operands), on.scalars)
        return entrywise(tape, operands) if operands else constant(tape, on.made)
    if isinstance(what, Contract):
        return _contract(what, value, on)
    if isinstance(what, Scattering):
        (operand,) = (value(s) for s in [what.args[1]])
        return on.scattered(operand, _moving(what, value))
    rule = _RULES.get(what.function)
    if rule is not None:
        return rule(what, value, on)
    if isinstance(what, Align) or what.function in _MOVING:
        return value(what.args[1]).each(_moving(what, value))
    raise NotLoweredError(what.function.__name__)


def _moving(what: ArrayOperation, value: Of[Any]) -> Callable[[Any], Any]:
    """The step as a function of its first argument's values or radii; what else it takes is 0."""
    first = what.args[1]

    def move(array: Any) -> Any:
        return np.asarray(what.run(lambda s: array if s == first else value(s).value))

    return move


def _contract(what: Contract, value: Of[B], on: Arithmetic[B]) -> B:
    """Two at a time, as `graph.contract`; a letter twice in a group is a diagonal, taken first."""
    left, result = what.subscripts.split("->")
    groups, operands = left.split(","), [value(s) for s in what.operands]
    for i, group in enumerate(groups):
        if len(set(group)) < len(group):
            groups[i] = "".join(dict.fromkeys(group))
            operands[i] = operands[i].each(partial(np.einsum, f"{group}->{groups[i]}"))
    letters, made = groups[0], operands[0]
    for i in range(1, len(groups)):
        later = set(result).union(*groups[i + 1 :])
        both = dict.fromkeys(letters + groups[i])
        kept = "".join(x for x in both if x in later)
        made = product(f"{letters},{groups[i]}->{kept}", made, operands[i], on)
        letters = kept
    alone = tuple(i for i, x in enumerate(letters) if x not in result)
    made = on.summed(made, alone)
    letters = "".join(x for x in letters if x in result)
    return made.each(lambda z: np.transpose(z, [letters.index(x) for x in result]))


def _peak(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:
    """Any number serves, since it cancels: see `graph.kinds.shift`. So it is taken as exact."""
    operand = value(what.args[1])
    return on.exactly(what.run(lambda _: operand.value))


def _winners(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:
    operand, axis, ties = what.arguments(value)
    return on.flags_of_largest(operand, axis, first=ties == "first")


def _accumulated(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:
    """A product with a triangle of ones, for each row along the axis."""
    operand, axis, onward = what.arguments(value)
    ones = np.ones((operand.shape[axis], operand.shape[axis]))
    triangle = on.exactly(np.tril(ones) if onward else np.triu(ones))
    last = operand.each(lambda z: np.moveaxis(z, axis, -1))
    rows = last.each(lambda z: z.reshape(-1, z.shape[-1]))
    made = product("ab,bc->ac", rows, triangle, on)
    shape = last.shape
    return made.each(lambda z: np.moveaxis(z.reshape(shape), -1, axis))


def _given(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:  # noqa: ARG001 - it takes none
    numbers = what.args[1].value.array
    if numbers.dtype.kind == "i" and np.abs(numbers).max(initial=0) > _EXACT_INTEGERS:
        raise NotLoweredError("integers beyond 2⁵³")
    return on.exactly(numbers)


def _positions(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:
    return on.exactly(positions(value(what.args[1]).value[()]))


def _placed(what: ArrayOperation, value: Of[B], on: Arithmetic[B]) -> B:  # noqa: ARG001 - moved
    """Zeros beside it that are exactly 0, whatever it is itself."""
    operand, axis, index, length = what.arguments(value)
    count = int(length.value) if hasattr(length, "value") else int(length)

    def put(array: Any) -> Any:
        zeros = np.zeros(np.shape(array))
        return np.stack([array if i == index else zeros for i in range(count)], axis)

    return operand.each(put)


_MOVING = (gathered, taken)
_RULES: Mapping[Callable[..., Any], Callable[[ArrayOperation, Any, Any], Any]] = {
    peak: _peak,
    winners: _winners,
    given: _given,
    positions: _positions,
    accumulated: _accumulated,
    placed: _placed,
}
