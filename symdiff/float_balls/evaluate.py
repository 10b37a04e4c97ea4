"""Run a graph's program in float balls."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from functools import partial
from typing import Any

import numpy as np
from sympy import Symbol

from symdiff.float_balls.array import (
    FloatBalls,
    around,
    entrywise,
    exactly,
    flags_of_largest,
    product,
    scattered,
    summed,
)
from symdiff.float_balls.environment import is_ieee
from symdiff.float_balls.lowering import NotLoweredError, rational, tape_of
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
from symdiff.graph.template import PLAIN, placeholder
from symdiff.programs.program import Program
from symdiff.programs.sharing import Entrywise

ValueOf = Callable[[Symbol], FloatBalls]
_TIMES = placeholder(0) * placeholder(1)
_EXACT_INTEGERS = 2**53


def evaluate(
    program: Program, arguments: Mapping[str, Any], moved: Container[str] = ()
) -> dict[str, FloatBalls] | None:
    """Each result of the program, or None if float balls have no operation for a step.

    Args: arguments, by name: float64 arrays, rationals and lengths, taken as exact but for those
        `moved`, which are taken with a tiny radius.
    """
    if not is_ieee():
        return None
    values: dict[Symbol, FloatBalls] = {}
    for name, symbol in program.arguments.items():
        exact = _argument(arguments[name])
        values[symbol] = around(exact) if name in moved else exact
    try:
        with np.errstate(all="ignore"):  # what is not finite is unknown, and says so
            for (symbol, what), released in zip(program.steps, program.released, strict=True):
                values[symbol] = _step(what, values.__getitem__)
                for operand in released:
                    del values[operand]
    except NotLoweredError:
        return None
    return {name: values[symbol] for name, symbol in program.results.items()}


def _argument(value: Any) -> FloatBalls:
    if hasattr(value, "p"):
        middle, radius = rational(int(value.p), int(value.q))
        return FloatBalls(np.asarray(middle), np.asarray(radius))
    return exactly(value)


def _step(what: Entrywise | ArrayOperation, value: ValueOf) -> FloatBalls:
    if isinstance(what, Entrywise):
        operands = [value(s) for s in what.operands]
        if what.template is PLAIN:
            return operands[0]
        return entrywise(tape_of(what.template, len(operands)), operands)
    if isinstance(what, Contract):
        return _contract(what, value)
    if isinstance(what, Scattering):
        (operand,) = (value(s) for s in [what.args[1]])
        return scattered(operand, _moving(what, value))
    rule = _RULES.get(what.function)
    if rule is not None:
        return rule(what, value)
    if isinstance(what, Align) or what.function in _MOVING:
        return value(what.args[1]).each(_moving(what, value))
    raise NotLoweredError(what.function.__name__)


def _moving(what: ArrayOperation, value: ValueOf) -> Callable[[Any], Any]:
    """The step as a function of its first argument's values or radii; what else it takes is 0."""
    first = what.args[1]

    def move(array: Any) -> Any:
        return np.asarray(what.run(lambda s: array if s == first else value(s).value))

    return move


def _multiply(a: FloatBalls, b: FloatBalls) -> FloatBalls:
    return entrywise(tape_of(_TIMES, 2), [a, b])


def _contract(what: Contract, value: ValueOf) -> FloatBalls:
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
        made = product(f"{letters},{groups[i]}->{kept}", made, operands[i], _multiply)
        letters = kept
    alone = tuple(i for i, x in enumerate(letters) if x not in result)
    made = summed(made, alone)
    letters = "".join(x for x in letters if x in result)
    return made.each(lambda z: np.transpose(z, [letters.index(x) for x in result]))


def _peak(what: ArrayOperation, value: ValueOf) -> FloatBalls:
    """Any number serves, since it cancels: see `graph.kinds.shift`. So it is taken as exact."""
    operand = value(what.args[1])
    return exactly(what.run(lambda _: operand.value))


def _winners(what: ArrayOperation, value: ValueOf) -> FloatBalls:
    operand, axis, ties = what.arguments(value)
    return flags_of_largest(operand, axis, first=ties == "first")


def _accumulated(what: ArrayOperation, value: ValueOf) -> FloatBalls:
    """A product with a triangle of ones, for each row along the axis."""
    operand, axis, onward = what.arguments(value)
    ones = np.ones((operand.shape[axis], operand.shape[axis]))
    triangle = exactly(np.tril(ones) if onward else np.triu(ones))
    last = operand.each(lambda z: np.moveaxis(z, axis, -1))
    rows = last.each(lambda z: z.reshape(-1, z.shape[-1]))
    made = product("ab,bc->ac", rows, triangle, _multiply)
    shape = last.shape
    return made.each(lambda z: np.moveaxis(z.reshape(shape), -1, axis))


def _given(what: ArrayOperation, value: ValueOf) -> FloatBalls:  # noqa: ARG001 - it takes none
    numbers = what.args[1].value.array
    if numbers.dtype.kind == "i" and np.abs(numbers).max(initial=0) > _EXACT_INTEGERS:
        raise NotLoweredError("integers beyond 2⁵³")
    return exactly(numbers)


def _positions(what: ArrayOperation, value: ValueOf) -> FloatBalls:
    return exactly(positions(value(what.args[1]).value[()]))


def _placed(what: ArrayOperation, value: ValueOf) -> FloatBalls:
    """Zeros beside it that are exactly 0, whatever it is itself."""
    operand, axis, index, length = what.arguments(value)
    count = int(length.value) if isinstance(length, FloatBalls) else int(length)

    def put(array: Any) -> Any:
        zeros = np.zeros(np.shape(array))
        return np.stack([array if i == index else zeros for i in range(count)], axis)

    return FloatBalls(put(operand.value), put(operand.radius))


_MOVING = (gathered, taken)
_RULES: Mapping[Callable[..., Any], Callable[[ArrayOperation, ValueOf], FloatBalls]] = {
    peak: _peak,
    winners: _winners,
    given: _given,
    positions: _positions,
    accumulated: _accumulated,
    placed: _placed,
}
