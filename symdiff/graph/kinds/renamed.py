"""Rename an array's axes."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Expr, Symbol

from symdiff.graph.kinds.einsum import broadcast, repeated
from symdiff.graph.node import Entries, Indices, Node, Steps, Write
from symdiff.notation.arrays import Axes


class Renamed(Node):
    """The operand with its axes renamed, position by position."""

    __slots__ = ()

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The cotangent with the names changed back."""
        (x,) = self.operands
        return (renamed(broadcast(cotangent, self.axes), x.axes),)

    def lowered(self, steps: Steps) -> Symbol:
        """The operand's symbol, without a step."""
        return steps.value(self.operands[0])

    def whole(self, write: Write) -> Expr:
        """The operand's text, with axes by their new names."""
        return write(self.operands[0])

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The operand's entry."""
        (x,) = self.operands
        return entries.write(x, {old: indices[new] for old, new in self._names()})

    def varying(self, of: Callable[[Node], set[str]]) -> set[str]:
        """The axes that the operand varies along, by their new names."""
        along = of(self.operands[0])
        return {new for old, new in self._names() if old in along}

    def _names(self) -> list[tuple[str, str]]:
        return list(zip(self.operands[0].axes, self.axes, strict=True))


def renamed(x: Node, axes: Axes) -> Node:
    """Rename x's axes to `axes`, position by position.

    Raises: ValueError if they are not as many, or one is named twice.
    """
    axes = tuple(axes)
    if len(axes) != len(x.axes) or len(set(axes)) < len(axes):
        raise ValueError(
            f"the axes ({', '.join(x.axes)}) cannot be called ({', '.join(axes)}); "
            "give each a name of its own"
        )
    if axes == x.axes:
        return x
    if isinstance(x, Renamed):
        return renamed(x.operands[0], axes)
    source = repeated(x)
    if source is not x:  # a repeat is written as what it repeats, so that is what is renamed
        names = dict(zip(x.axes, axes, strict=True))
        return broadcast(renamed(source, tuple(names[a] for a in source.axes)), axes)
    return Renamed(axes, (x,))
