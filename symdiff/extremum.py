"""The largest along an axis: which entry it is, what it is, and as a shift that cancels.

Which entries are largest does not change when they change a little, so its adjoint is 0, and the
maximum is a product: y = Σ w x, with x̄ = w ȳ. Where several are equal, the convention is stated:
`even` shares the gradient among them (torch.amax), `first` gives it to the first
(torch.max(dim=…), which returns an index).
"""

from __future__ import annotations

from typing import Literal

from sympy import Expr, Integer, Piecewise, Product, S, Symbol
from sympy.core.symbol import Str

from symdiff import arrays
from symdiff.closed_form import IndexSupply, Indices, Write, applied, one_entry, written_out
from symdiff.graph import Node, contraction, elementwise, size, total
from symdiff.locally_constant import LocallyConstant
from symdiff.program import ArrayOperation, Lowering, lowered

Ties = Literal["even", "first"]


class Largest(LocallyConstant):
    """1 where the operand is largest along `axis`, 0 elsewhere; of equals all, or the first."""

    __slots__ = ("axis", "ties")
    axis: str
    ties: Ties


class Shift(LocallyConstant):
    """The largest along `axis`, where any number would do since it cancels: e^(x − m)/Σ e^(x − m).

    So its adjoint is 0, a closed form leaves it out, and of two balls that overlap either serves.
    """

    __slots__ = ("axis",)
    axis: str


def shift(x: Node, axis: str) -> Node:
    """A shift that keeps the exponentials of x − shift from overflowing."""
    return Shift(tuple(a for a in x.axes if a != axis), (x,), axis)


def largest(x: Node, axis: str, ties: Ties = "even") -> Node:
    """The weights w ≥ 0, Σ w = 1, with max x = Σ w x.

    Raises: ValueError if x has no such axis, or the convention is unknown.
    """
    if axis not in x.axes:
        raise ValueError(f"there is no axis {axis!r} to take a maximum over; ({' '.join(x.axes)})")
    if ties not in ("even", "first"):
        raise ValueError(f"unknown convention for ties {ties!r}; choose 'even' or 'first'")
    marked = Largest(x.axes, (x,), axis, ties)
    if ties == "first":
        return marked
    return elementwise(lambda mark, count: mark / count, marked, total(marked, [axis]))


def maximum(x: Node, axis: str, ties: Ties = "even") -> Node:
    """The maximum over an axis. Raises: as `largest`."""
    kept = tuple(a for a in x.axes if a != axis)
    return contraction((largest(x, axis, ties), x), kept)


class Winners(ArrayOperation):
    """The marks of the largest, in a program."""

    function = staticmethod(arrays.winners)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The array, the position of the axis, which of equals are marked."""
        return [value(self.args[0]), int(self.args[1]), str(self.args[2])]


class Peak(ArrayOperation):
    """The largest, in a program."""

    function = staticmethod(arrays.peak)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The array and the position of the axis."""
        return [value(self.args[0]), int(self.args[1])]


@lowered.register
def _(node: Largest, steps: Lowering) -> Symbol:
    (x,) = node.operands
    position = x.axes.index(node.axis)
    return steps.assign(Winners(steps.symbols[x], Integer(position), Str(node.ties)))


@one_entry.register
def _(node: Largest, indices: Indices, supply: IndexSupply) -> Expr:
    """No other entry is above: ∏ [x ≥ x'] (for one of equals, that it is the first goes unsaid)."""
    (x,) = node.operands
    other = supply.take()
    mine, theirs = supply.write(x, indices), supply.write(x, {**indices, node.axis: other})
    beaten = Piecewise((1, mine >= theirs), (0, True))
    return Product(beaten, (other, 0, size(node.axis) - 1))


@lowered.register
def _(node: Shift, steps: Lowering) -> Symbol:
    (x,) = node.operands
    return steps.assign(Peak(steps.symbols[x], Integer(x.axes.index(node.axis))))


@written_out.register
def _(node: Largest, write: Write) -> Expr:
    return applied("is_max", (node.axis,), node.axes, map(write, node.operands))


@one_entry.register
def _(node: Shift, indices: Indices, supply: IndexSupply) -> Expr:  # noqa: ARG001 - it cancels
    return S.Zero


@written_out.register
def _(node: Shift, write: Write) -> Expr:  # noqa: ARG001 - it cancels
    return S.Zero
