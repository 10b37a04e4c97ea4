"""Compute with arrays of balls of any kind: entry by entry, and products summed over letters."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from symdiff.float_balls.arithmetic import Arithmetic, B
from symdiff.float_balls.lowering import FloatTape, NotLoweredError, tape_of
from symdiff.float_balls.tape import BLOCK, Registers
from symdiff.graph.template import placeholder

_MOST_ARRAYS = 64  # of nditer
_TIMES = placeholder(0) * placeholder(1)


def constant(tape: FloatTape, made: Callable[..., B]) -> B:
    """Run a tape that takes no operand. Args: made, of parts."""
    registers = Registers(tape.constants, len(tape.operations))
    parts = tuple(np.empty(1) for _ in tape.constants)
    registers.run(tape.operations, (), parts)
    return made(*(part.reshape(()) for part in parts))


def entrywise(tape: FloatTape, operands: Sequence[B]) -> B:
    """Run a tape on one operand or several, which broadcast."""
    width = len(tape.constants)  # parts of a ball
    if (len(operands) + 1) * width > _MOST_ARRAYS:
        raise NotLoweredError(f"{len(operands)} operands")
    registers = Registers(tape.constants, len(tape.operations))
    shape = np.broadcast_shapes(*(o.shape for o in operands))
    made = [np.empty(shape) for _ in range(width)]
    arrays = [part for ball in operands for part in ball]
    read, write = ["readonly", "contig"], ["writeonly", "contig"]
    iterator = np.nditer(  # type: ignore[call-overload]  # "contig" is missing from numpy's stub
        [*arrays, *made],
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[read] * len(arrays) + [write] * width,
        order="C",
        buffersize=BLOCK,
    )
    with iterator:
        for parts in iterator:
            for start in range(0, len(parts[-1]), BLOCK):  # without a buffer a part may be longer
                some = [part[start : start + BLOCK] for part in parts]
                *given, result = zip(*(some[i::width] for i in range(width)), strict=True)
                registers.run(tape.operations, given, result)
    of_parts: Any = type(operands[0])
    return cast("B", of_parts(*made))


def multiplied(on: Arithmetic[B], a: B, b: B) -> B:
    """The products of two arrays that broadcast."""
    return entrywise(tape_of(_TIMES, 2, on.scalars), [a, b])


def product(subscripts: str, a: B, b: B, on: Arithmetic[B]) -> B:
    """The product of two arrays, summed over the letters that are not kept.

    Args: subscripts, `ij,jk->ik`, no letter twice in one group.
    """
    left, result = subscripts.split("->")
    first, second = left.split(",")
    a, first = _without(a, first, second + result, on)
    b, second = _without(b, second, first + result, on)
    both = [x for x in first if x in second]
    batch, inner = [x for x in both if x in result], [x for x in both if x not in result]
    rows_, columns = [x for x in first if x not in both], [x for x in second if x not in both]
    made = batch + rows_ + columns
    if not inner:
        return _ordered(
            multiplied(on, _laid(a, first, made), _laid(b, second, made)), "".join(made), result
        )
    if not rows_ and not columns:
        every = batch + inner
        whole = multiplied(on, _laid(a, first, every), _laid(b, second, every))
        total = on.summed(whole, tuple(range(len(batch), len(every))))
        return _ordered(total, "".join(batch), result)
    one, sizes = _matrix(a, first, batch, rows_, inner)
    two, sizes_two = _matrix(b, second, batch, inner, columns)
    shape = sizes[: len(batch) + len(rows_)] + sizes_two[len(batch) + len(inner) :]
    found = on.matrix_product(one, two)
    return _ordered(found.each(lambda z: z.reshape(shape)), "".join(made), result)


def _without(balls: B, letters: str, needed: str, on: Arithmetic[B]) -> tuple[B, str]:
    """The array summed over the letters that nobody else has."""
    alone = tuple(i for i, x in enumerate(letters) if x not in needed)
    return on.summed(balls, alone), "".join(x for x in letters if x in needed)


def _laid(balls: B, letters: str, order: Sequence[str]) -> B:
    """The array with an axis for each letter of the order, of length 1 where it had none."""
    present = [x for x in order if x in letters]
    index = tuple(slice(None) if x in letters else np.newaxis for x in order)
    return balls.each(lambda z: np.transpose(z, [letters.index(x) for x in present])[index])


def _ordered(balls: B, letters: str, result: str) -> B:
    return balls.each(lambda z: np.transpose(z, [letters.index(x) for x in result]))


def _matrix(
    balls: B, letters: str, batch: list[str], high: list[str], wide: list[str]
) -> tuple[B, list[int]]:
    """A stack of matrices, and the lengths of the axes that they are made of."""
    laid = _laid(balls, letters, batch + high + wide)
    sizes = list(laid.shape)
    one, two = len(batch), len(batch) + len(high)
    shape = (*sizes[:one], math.prod(sizes[one:two]), math.prod(sizes[two:]))
    return laid.each(lambda z: np.ascontiguousarray(z).reshape(shape)), sizes
