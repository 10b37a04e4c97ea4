"""Check that the processor computes as the proofs assume."""

from __future__ import annotations

# Not written where they are added, or Python would add them as it reads the file.
_ONE, _HALF_UNIT, _MORE, _TINY, _HALF = 1.0, 2.0**-53, 1.5 * 2.0**-53, 2.0**-1074, 0.5
_LEAST_NORMAL, _BELOW = 2.0**-1022, 2.0**-1023


def is_ieee() -> bool:
    """Whether this thread rounds to nearest and keeps subnormal numbers, made and taken.

    `torch.set_flush_denormal(True)`, or a library built with -ffast-math, changes both.
    """
    nearest = _ONE + _HALF_UNIT == _ONE and -_ONE - _HALF_UNIT == -_ONE  # a tie to even
    nearest = nearest and _ONE + _MORE != _ONE and -_ONE - _MORE != -_ONE
    made = _LEAST_NORMAL * _HALF  # which is 0 where such numbers are flushed
    return nearest and made == _BELOW and made + made == _LEAST_NORMAL and _TINY + _TINY > _TINY
