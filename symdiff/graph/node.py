"""A node is a value in the graph; each kind defines its adjoint, lowering and notation.

An array has *named axes*, so that what is summed, kept or broadcast is said by name and no shape
has to be known: `einsum("n, n m -> m", x, w)` is a matrix product at any size. Nodes are
hash-consed: building the same node twice gives the same object, so equal subgraphs are shared
and node identity is equality.

A kind is a subclass of `Node`, in a file of its own. It states four things: how a cotangent goes
back through it, how it is computed, how it is written whole, and how one entry of it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Protocol, Self, cast
from weakref import WeakValueDictionary

from sympy import Expr, Symbol

from symdiff.expression.formula import real_symbol
from symdiff.graph.flat import flat, single
from symdiff.notation.arrays import PRIME, Axes
from symdiff.trees.walks import ordered


class Node:
    """A value in the graph: an array over named axes, or a scalar when there are none.

    The slots of a kind are its content beside axes and operands: hashable, and picklable.
    """

    __slots__ = ("__weakref__", "_key", "axes", "operands")
    _interned: ClassVar[WeakValueDictionary[tuple[object, ...], Node]] = WeakValueDictionary()

    axes: Axes
    operands: tuple[Node, ...]
    everywhere: ClassVar[bool] = True  # whether it has a value wherever its operands have one
    _key: tuple[object, ...]

    def __new__(cls, axes: Axes, operands: tuple[Node, ...], *content: object) -> Self:
        """The one node of this content: a new one only if there is none yet."""
        # Operands are interned already, so their identity stands for their structure.
        key = (cls, axes, tuple(map(id, operands)), *content)
        node = cast("Self | None", cls._interned.get(key))
        if node is None:
            node = object.__new__(cls)
            node._key = (axes, operands, *content)
            node.axes, node.operands = axes, operands
            for name, value in zip(cls.__slots__, content, strict=True):
                setattr(node, name, value)
            cls._interned[key] = node
        return node

    def __init__(self, *_: object) -> None:
        """Nothing to do: an interned node is already complete."""

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The adjoint that each operand receives, over its axes; None where none passes."""
        raise TypeError(f"no rule takes {cotangent!r} back through {type(self).__name__}")

    def lowered(self, steps: Steps) -> Symbol:
        """The symbol of the value, after adding its steps to the program."""
        raise TypeError(f"{type(self).__name__} cannot be computed; {steps} knows no step for it")

    def whole(self, write: Write) -> Expr:  # noqa: ARG002 - an input has nothing to be written with
        """The value in terms of its operands, each written whole by `write`."""
        raise ValueError(f"{self!r} has no name here; name every input")

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - as above
        """The entry at an index for each axis, in terms of entries of the operands."""
        raise ValueError(f"{type(self).__name__} has no closed form")

    def varying(self, of: Callable[[Node], set[str]]) -> set[str]:  # noqa: ARG002 - its own
        """The axes along which its text varies; `of` gives those of an operand."""
        return set(self.axes)

    @property
    def needs(self) -> tuple[Node, ...]:
        """The nodes that its value is computed from: its operands."""
        return self.operands

    @property
    def lengths(self) -> Mapping[str, int]:
        """The lengths of axes that it fixes, by name."""
        return {}

    @property
    def content(self) -> tuple[object, ...]:
        """The values of its slots, which make it up beside axes and operands."""
        return tuple(getattr(self, name) for name in type(self).__slots__)

    @property
    def held(self) -> Mapping[int, Node]:
        """The nodes among the content, by their places in it."""
        return {i: value for i, value in enumerate(self.content) if isinstance(value, Node)}

    def __reduce__(self) -> tuple[object, ...]:
        return (single, (flat([self]),))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    @property
    def said(self) -> str:
        """The content as messages have it: flags by name, nothing for what is absent."""
        return ", ".join(filter(None, map(_said, type(self).__slots__, self.content)))

    def __repr__(self) -> str:
        words = (type(self).__name__, self.said, f"over ({' '.join(self.axes)})")
        return f"<{' '.join(filter(None, words))}>"


def _said(name: str, value: object) -> str:
    if isinstance(value, bool):
        return name if value else ""
    absent = value is None or (isinstance(value, tuple) and all(part is None for part in value))
    return "" if absent else str(value)


Write = Callable[[Node], Expr]
Indices = Mapping[str, Expr]  # axis → where along it


class Steps(Protocol):
    """A program under construction, as a kind sees it."""

    def value(self, node: Node) -> Symbol:
        """The symbol of a node computed before."""

    def argument(self, name: str) -> Symbol:
        """The symbol of an input, a parameter or the length of an axis."""

    def assign(self, value: Expr) -> Symbol:
        """A symbol for one more step that takes whole arrays, or for a number."""

    def apply(self, template: Expr, operands: Sequence[Symbol]) -> Symbol:
        """A symbol for an expression in placeholders, entry by entry of values before."""


class Entries(Protocol):
    """A closed form under construction, as a kind sees it."""

    def take(self) -> Symbol:
        """An index not used yet."""

    def write(self, node: Node, indices: Indices) -> Expr:
        """The entry of a node at the indices of its axes."""


def topological(outputs: Iterable[Node], *, computed: bool = False) -> tuple[Node, ...]:
    """Every node that the outputs depend on, operands before users; iterative, so any depth.

    Args: computed, whether to follow what values are computed from, rather than operands.
    """
    return ordered(outputs, lambda node: node.needs if computed else node.operands)


def axes_named(text: str) -> Axes:
    """The axes that a text names, split at spaces.

    Raises: ValueError if one is no identifier or is named twice.
    """
    names = tuple(real_symbol(name).name for name in text.split())
    if len(set(names)) < len(names):
        raise ValueError(f"the axes {text.strip()!r} name an axis twice; give each its own name")
    return names


def union(groups: Iterable[Axes]) -> Axes:
    """The axes in order of the longest group first, so that broadcasting keeps the layout."""
    every = list(groups)
    if every and every.count(every[0]) == len(every):
        return every[0]
    return tuple(dict.fromkeys(a for g in sorted(every, key=len, reverse=True) for a in g))


def another(axis: str, taken: Iterable[str]) -> str:
    """A new axis of the same length: n′ of n, n″ beside that."""
    known = set(taken)
    while axis in known:
        axis += PRIME
    return axis


def checked_axis(node: Node, axis: str, purpose: str) -> str:
    """The axis itself, if the node has it. Raises: ValueError if the node has no such axis."""
    if axis not in node.axes:
        raise ValueError(f"there is no axis {axis!r} {purpose}; ({' '.join(node.axes)})")
    return axis
