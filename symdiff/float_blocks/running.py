"""Run a tape's loops over blocks of values in one call from Python.

Machine code calls machine code by its address. An operand is read where it lies, an input's in the
caller's array, and a result is written where it goes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from symdiff.float_balls.blocks_of_points import at_address, pointer
from symdiff.float_blocks.bounds import is_finite, is_plain, jit

_REGISTER = types.float64[::1]
_LOOP = types.float64(*[_REGISTER] * 6, *[types.float64] * 4)
# The columns of a table of operations: the loop, two registers that it makes, four that it takes.
LOOP, MAKES, BESIDES, TAKES = 0, 1, 2, 3
COLUMNS = 7
# And of one of registers: its address, and how far it moves from value to value, 0 or 1.
ADDRESS, STEP = 0, 1
_TRIED = 16  # blocks after which to give up where more than three of four fail


def address(loop: Callable[..., Any]) -> int:
    """Where the machine code of a loop begins."""
    made: Any = loop
    result = made.get_compile_result(_LOOP)
    return int(result.library.get_pointer_to_function(result.fndesc.llvm_func_name))


def _lower_call(_typing: Any, of: Any, registers: Any, bounds: Any) -> Any:
    """Call the loop at an address on six registers and four bounds."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - numba passes its signature
        unpacked = [
            builder.extract_value(arguments[k], i)
            for k, count in ((1, len(registers)), (2, len(bounds)))
            for i in range(count)
        ]
        kind = context.call_conv.get_function_type(types.float64, _LOOP.args)
        code = builder.inttoptr(arguments[0], kind.as_pointer())
        _, result = context.call_conv.call_function(
            builder, code, types.float64, _LOOP.args, unpacked
        )
        return result

    return types.float64(of, registers, bounds), lower


_call: Any = intrinsic(_lower_call)


@jit
def _there(registers: Any, r: Any, start: Any, size: Any) -> Any:
    """A register's part of a block."""
    at = pointer(registers[r, ADDRESS] + 8 * start * registers[r, STEP])
    return at_address(at, size)


@jit
def run(
    operations: Any,
    registers: Any,
    bounds: Any,
    inputs: Any,
    results: Any,
    width: Any,
    relative: Any,
    left: Any,
) -> Any:
    """Fill in the results, and mark where one of them is not known well enough; how many.

    Args: operations and registers, the tables; bounds, one a register; inputs, those to be looked
        at before all; results, rows of a register and whether only is asked if it has a value;
        width, how many values are in a block; relative, what a bound may be; left, a truth a value,
        none of which is set.
    """
    found = failed = 0
    for start in range(0, len(left), width):
        size = min(width, len(left) - start)
        fails = False
        for r in inputs:
            fails |= not is_plain(_there(registers, r, start, size))
        if not fails:
            for o in operations:
                bounds[o[MAKES]] = _call(
                    o[LOOP],
                    (
                        _there(registers, o[MAKES], start, size),
                        _there(registers, o[BESIDES], start, size),
                        _there(registers, o[TAKES], start, size),
                        _there(registers, o[TAKES + 1], start, size),
                        _there(registers, o[TAKES + 2], start, size),
                        _there(registers, o[TAKES + 3], start, size),
                    ),
                    (
                        bounds[o[TAKES]],
                        bounds[o[TAKES + 1]],
                        bounds[o[TAKES + 2]],
                        bounds[o[TAKES + 3]],
                    ),
                )
                bounds[o[BESIDES]] = bounds[o[MAKES]]
            for j in range(len(results)):
                r = results[j, 0]
                fails |= not (bounds[r] < np.inf if results[j, 1] else bounds[r] <= relative)
        part = left[start : start + size]
        if fails:
            part[:] = True
            found += size
            failed += 1
            if start >= _TRIED * width and 4 * failed * width > 3 * start:
                left[start + size :] = True
                return found + len(left) - (start + size)
        else:
            holes = False
            for j in range(len(results)):
                v = _there(registers, results[j, 0], start, size)
                if not is_finite(v):
                    holes = True
                    for i in range(size):
                        part[i] |= np.isnan(v[i])
            if holes:
                found += part.sum()
    return found
