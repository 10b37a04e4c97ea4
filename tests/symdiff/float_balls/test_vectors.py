"""The loops over balls are compiled to instructions that take several numbers at once."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from symdiff import double_doubles, float_balls
from symdiff.double_doubles import loops as pairs
from symdiff.double_doubles import mills as mills_of_pairs
from symdiff.float_balls import mills, tape
from symdiff.float_balls.tape import Code

OPERANDS = {
    **dict.fromkeys((Code.CHOSEN, Code.STEP), 3),
    **dict.fromkeys((Code.ADD, Code.SUBTRACT, Code.MULTIPLY, Code.DIVIDE, Code.AND), 2),
    **dict.fromkeys((Code.MAXIMUM, Code.MINIMUM, Code.GREATER, Code.AT_LEAST, Code.EQUAL), 2),
}
# room: its loops, that of Φ, which are made when first called, and the parts of a ball
ROOMS = {
    float_balls: (tape.LOOPS, mills.loop, 2),
    double_doubles: (pairs.LOOPS, mills_of_pairs.loop, 3),
}
QUICK = {
    float_balls: {
        *(Code.MULTIPLY, Code.MAXIMUM, Code.GREATER, Code.LOG1P, Code.SOFTPLUS, Code.NORMAL_CDF),
    },
    double_doubles: {Code.ADD, Code.MULTIPLY, Code.EXP},
}
EVERY = [
    pytest.param(
        room,
        code,
        id=f"{room.__name__.rpartition('.')[2]}-{code.name}",
        marks=() if code in QUICK[room] else pytest.mark.slow,
    )
    for room, (loops, _, _) in ROOMS.items()
    for code in loops
]


@pytest.mark.parametrize(("room", "code"), EVERY)
def test_a_loop_is_made_of_vectors(room, code):
    """Else it takes three to six times as long; a call that is not inlined is enough for that."""
    loops, cdf, parts = ROOMS[room]
    loop = cdf if code is Code.NORMAL_CDF else loops[code]
    anew = numba.njit(nogil=True, boundscheck=False, error_model="numpy")(loop.py_func)
    anew(*(np.full(8, 0.5) for _ in range(parts * (OPERANDS.get(code, 1) + 1))))

    (made,) = anew.inspect_llvm().values()
    assert "vector.body" in str(made)
