"""Run a program's loops over blocks of points in one call from Python.

A call from Python costs what a thousand points do in a loop. Here machine code calls machine code
by its address, so that a block can be as short as the processor's own cache asks for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from symdiff.float_balls.jit import compiled

_jit = compiled(nogil=True, boundscheck=False, error_model="numpy")
_REGISTER = types.float64[::1]
at_address: Any = numba.carray  # type: ignore[attr-defined]  # numba does not list it
_NUMBERS: Any = types.CPointer(types.float64)  # type: ignore[no-untyped-call]
# The columns of a table of operations: the loop, how many operands, the register that it makes,
# those that it takes. A ball has two registers, one after the other.
LOOP, COUNT, MAKES, TAKES = 0, 1, 2, 3
# And of a table of results: the operation after which it is there, −1 for before all; its register;
# its place among the results, −1 where only is asked whether it has a value.
AFTER, REGISTER, PLACE = 0, 1, 2


def address(loop: Callable[..., None], operands: int) -> int:
    """Where the machine code of a loop over a result and so many operands begins."""
    signature = types.none(*[_REGISTER] * (2 + 2 * operands))
    made: Any = loop
    result = made.get_compile_result(signature)
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))


def _call(_typing: Any, of: Any, *registers: Any) -> Any:
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        taken = signature.args[1:]
        kind = context.call_conv.get_function_type(types.none, taken)
        code = builder.inttoptr(arguments[0], kind.as_pointer())
        context.call_conv.call_function(builder, code, types.none, taken, arguments[1:])
        return context.get_dummy_value()

    return types.none(of, *registers), lower


def _lower_1(typing: Any, of: Any, v: Any, e: Any, a: Any, ea: Any) -> Any:
    """Call the loop at an address on registers."""
    return _call(typing, of, v, e, a, ea)


def _lower_2(typing: Any, of: Any, v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any) -> Any:
    """Call one that takes two operands."""
    return _call(typing, of, v, e, a, ea, b, eb)


def _lower_3(
    typing: Any, of: Any, v: Any, e: Any, a: Any, ea: Any, b: Any, eb: Any, c: Any, ec: Any
) -> Any:
    """Call one that takes three."""
    return _call(typing, of, v, e, a, ea, b, eb, c, ec)


def _lower_4(
    typing: Any,
    of: Any,
    v: Any,
    e: Any,
    a: Any,
    ea: Any,
    b: Any,
    eb: Any,
    c: Any,
    ec: Any,
    d: Any,
    ed: Any,
) -> Any:
    """Call one that takes four."""
    return _call(typing, of, v, e, a, ea, b, eb, c, ec, d, ed)


def _lower_pointer(_typing: Any, of: Any) -> Any:
    """The float64 at an address."""

    def lower(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.DoubleType().as_pointer())

    return _NUMBERS(of), lower


_call_1: Any = intrinsic(_lower_1)
_call_2: Any = intrinsic(_lower_2)
_call_3: Any = intrinsic(_lower_3)
_call_4: Any = intrinsic(_lower_4)
pointer: Any = intrinsic(_lower_pointer)


@_jit
def _taken(register: Any, open_: Any, column: Any, step: Any) -> None:
    """Fill a register with a column's numbers, and tell which are finite."""
    if step == 0:
        register[:] = column[0]
        if not abs(column[0]) < np.inf:
            open_[:] = 1.0
        return
    for i in range(len(register)):  # whose step is known, so that it is a loop of vectors
        x = column[i]
        register[i] = x
        open_[i] = open_[i] if abs(x) < np.inf else 1.0


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
def _put_down(unsettled: Any, open_: Any) -> Any:
    """Mark what is open."""
    found = 0
    for i in range(len(open_)):
        unsettled[i] = open_[i] != 0.0
        found += unsettled[i]
    return found


@_jit
def _block(
    operations: Any,
    results: Any,
    columns: Any,
    made: Any,
    registers: Any,
    part: Any,
    within: Any,
) -> None:
    """Fill in the results of a block, and mark in the last register what is open."""
    (start, width), (relative, absolute) = part, within
    open_ = registers[-1][:width]
    open_[:] = 0.0
    for j in range(len(columns)):
        step = columns[j, 1]
        reach = width if step else 1
        column = at_address(pointer(columns[j, 0] + 8 * start * step), reach)
        _taken(registers[columns[j, 2]][:width], open_, column, step)
    told = 0
    for k in range(-1, len(operations)):
        if k >= 0:
            o = operations[k]
            v, e = registers[o[MAKES]][:width], registers[o[MAKES] + 1][:width]
            a, ea = registers[o[TAKES]][:width], registers[o[TAKES] + 1][:width]
            if o[COUNT] == 1:
                _call_1(o[LOOP], v, e, a, ea)
            else:
                b, eb = registers[o[TAKES + 1]][:width], registers[o[TAKES + 1] + 1][:width]
                if o[COUNT] == 2:
                    _call_2(o[LOOP], v, e, a, ea, b, eb)
                else:
                    c, ec = registers[o[TAKES + 2]][:width], registers[o[TAKES + 2] + 1][:width]
                    if o[COUNT] == 3:
                        _call_3(o[LOOP], v, e, a, ea, b, eb, c, ec)
                    else:
                        r = o[TAKES + 3]
                        d, ed = registers[r][:width], registers[r + 1][:width]
                        _call_4(o[LOOP], v, e, a, ea, b, eb, c, ec, d, ed)
        while told < len(results) and results[told, AFTER] == k:
            place, r = results[told, PLACE], results[told, REGISTER]
            v, e = registers[r][:width], registers[r + 1][:width]
            if place < 0:
                _known(open_, v, e)
            else:
                result = at_address(pointer(made[place] + 8 * start), width)
                _settled(result, open_, v, e, relative, absolute)
            told += 1


@_jit
def run(
    operations: Any,
    results: Any,
    columns: Any,
    made: Any,
    registers: Any,
    unsettled: Any,
    within: Any,
) -> Any:
    """Fill in the results at all points, and mark those that are not settled; how many they are.

    Args: operations and results, the tables; columns, a row of each input's address, of the step
        from number to number, 0 or 1, and of its register; made, the results' addresses; registers,
        of one length, the last of them for what is open; unsettled, a truth of each point; within,
        relatively and absolutely what a radius may be of.
    """
    block, left = registers.shape[1], 0
    for start in range(0, len(unsettled), block):
        width = min(block, len(unsettled) - start)
        _block(operations, results, columns, made, registers, (start, width), within)
        left += _put_down(unsettled[start : start + width], registers[-1][:width])
    return left
