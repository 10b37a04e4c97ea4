"""Name an array that the user supplies."""

from __future__ import annotations

from sympy import Expr, IndexedBase, Symbol

from symdiff.expression.formula import real_symbol
from symdiff.graph.node import Entries, Indices, Node, Steps, axes_named
from symdiff.notation.arrays import size


class Input(Node):
    """A named array that the user supplies."""

    __slots__ = ("name",)
    name: str

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:  # noqa: ARG002 - no operands
        """Nothing: an input has no operands."""
        return ()

    def lowered(self, steps: Steps) -> Symbol:
        """The program's argument."""
        return steps.argument(self.name)

    def entry(self, indices: Indices, entries: Entries) -> Expr:  # noqa: ARG002 - no operands
        """The symbol `x`, or `x[i, j]`."""
        if not self.axes:
            return Symbol(self.name, real=True)
        base = IndexedBase(self.name, shape=tuple(map(size, self.axes)), real=True)
        return base[tuple(indices[a] for a in self.axes)]


def array(name: str, axes: str = "") -> Input:
    """Declare an input array over named axes.

    `w = array("w", "n m")` is a matrix, `b = array("b")` a scalar.

    Args: axes, separated by spaces; none for a scalar.
    Raises: ValueError if the name or an axis is no identifier, or an axis is named twice.
    """
    names = axes_named(axes)
    return Input(names, (), real_symbol(name).name)


def scalars(names: str) -> tuple[Input, ...]:
    """Declare scalar inputs by their names, separated by spaces.

    `w, x = scalars("w x")` are two.

    Raises: ValueError if a name is no identifier.
    """
    return tuple(array(name) for name in names.split())
