"""Check that the processor computes as the proofs assume."""

from __future__ import annotations

import numpy as np


def is_ieee() -> bool:
    """Whether this thread rounds to nearest and keeps subnormal numbers, made and taken.

    `torch.set_flush_denormal(True)`, or a library built with -ffast-math, changes both.
    """
    one, half_unit = np.array([1.0, -1.0]), np.array([2.0**-53, -(2.0**-53)])
    nearest = np.array_equal(one + half_unit, one)  # a tie to even, on both sides
    nearest &= bool((one + 1.5 * half_unit != one).all())
    tiny = np.array([2.0**-1022, 2.0**-1074])
    kept = np.array_equal(tiny * np.array([0.5, 1.0]), np.ldexp(1.0, [-1023, -1074]))
    return bool(nearest and kept and (tiny + tiny > tiny).all())
