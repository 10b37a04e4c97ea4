"""The loops over balls of two float64 are compiled to instructions that take several numbers."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from symdiff.double_doubles import mills
from symdiff.double_doubles.loops import LOOPS
from symdiff.float_balls.tape import Code

OPERANDS = {
    **dict.fromkeys((Code.CHOSEN, Code.STEP), 3),
    **dict.fromkeys((Code.ADD, Code.SUBTRACT, Code.MULTIPLY, Code.DIVIDE, Code.AND), 2),
    **dict.fromkeys((Code.MAXIMUM, Code.MINIMUM, Code.GREATER, Code.AT_LEAST, Code.EQUAL), 2),
}
QUICK = (Code.ADD, Code.MULTIPLY, Code.EXP)


@pytest.mark.parametrize("code", QUICK)
def test_a_loop_is_made_of_vectors(code: Code) -> None:
    """Else it takes three times as long."""
    assert "vector.body" in llvm_of(code)


@pytest.mark.slow
@pytest.mark.parametrize("code", [c for c in LOOPS if c not in QUICK])
def test_the_other_loops_are_too(code: Code) -> None:
    """Each of them."""
    assert "vector.body" in llvm_of(code)


def llvm_of(code: Code) -> str:
    """What LLVM makes of an operation's loop."""
    loop = mills.loop if code is Code.NORMAL_CDF else LOOPS[code]
    anew = numba.njit(nogil=True, boundscheck=False, error_model="numpy")(loop.py_func)
    anew(*(np.full(8, 0.5) for _ in range(3 * (OPERANDS.get(code, 1) + 1))))

    (made,) = anew.inspect_llvm().values()
    return str(made)
