"""Name the axes of a captured array, each by its place from the end and by its length.

torch aligns shapes from the end, so equal names are the axes that broadcasting pairs, and a name
tells its length. An axis of length 1 repeats along anything and has no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod

from symdiff.graph import Axes, Node, broadcast, renamed

Shape = tuple[int, ...]


def axis(label: str, length: int) -> str:
    """The name of an axis of that length at that place from the end."""
    return f"{label}_{length}"


def length_of(name: str) -> int:
    """The length that the name of an axis says."""
    return int(name.rpartition("_")[2])


def axes_of(shape: Sequence[int]) -> Axes:
    """The names of the axes of a tensor of that shape, without axes of length 1."""
    return tuple(axis_at(shape, i) for i, length in enumerate(shape) if length != 1)


def axis_at(shape: Sequence[int], dim: int) -> str:
    """The name of a tensor's axis at one dimension."""
    return axis(f"a{(len(shape) - 1 - dim) if dim >= 0 else -1 - dim}", shape[dim])


def labelled(labels: Iterable[str], shape: Sequence[int]) -> Axes:
    """One label an axis, those of length 1 left out: `labelled("ik", (4, 1))` is (i_4,)."""
    return tuple(axis(label, n) for label, n in zip(labels, shape, strict=True) if n != 1)


def shape_of(axes: Axes) -> Shape:
    """The lengths of the axes."""
    return tuple(map(length_of, axes))


def entries(axes: Axes) -> int:
    """The number of entries of an array over the axes."""
    return prod(shape_of(axes))


def over(node: Node, axes: Axes) -> Node:
    """The node over exactly these axes in this order, repeated along those that it lacks."""
    return node if node.axes == axes else broadcast(node, axes)


def covering(node: Node, axes: Axes) -> Node:
    """The node over all of these axes, in any order."""
    return node if set(node.axes) == set(axes) else over(node, axes)


def renamed_by(node: Node, names: Mapping[str, str]) -> Node:
    """The node with its axes called otherwise, in the order in which it has them."""
    return renamed(node, tuple(names[a] for a in node.axes))


def dims_of(rank: int, dim: int | Sequence[int] | None) -> tuple[int, ...]:
    """The dimensions that an argument `dim` names, counted from the front; None and () name all."""
    if dim is None or dim in ((), []):
        return tuple(range(rank))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(sorted({d % max(1, rank) for d in given})) if rank else ()
