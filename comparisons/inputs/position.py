"""Write the place of an entry in an array as its user would index it. `x.grad[3, 17]`."""

from __future__ import annotations

from collections.abc import Sequence

_VALUE = " ("  # of `y (the value)`: the index stands behind y


def position(index: Sequence[int] | None) -> str:
    """The index as text, `[3, 17]`; empty of a number and of one of many points."""
    return f"[{', '.join(map(str, index))}]" if index else ""


def entry(label: str, index: Sequence[int] | None) -> str:
    """The name of an array with the index of an entry: `x.grad[3, 17]`, `y[3, 17] (the value)`."""
    name, kind, rest = label.partition(_VALUE)
    return f"{name}{position(index)}{kind}{rest}"


def as_given(index: Sequence[int], shape: Sequence[int]) -> tuple[int, ...]:
    """The index in an array of that shape, from that without its axes of length 1.

    A graph has no such axes, the user's tensor may. An index that has as many places as the shape
    is one in it already.
    """
    if len(index) == len(shape):
        return tuple(map(int, index))
    left = iter(index)
    return tuple(0 if length == 1 else int(next(left)) for length in shape)
