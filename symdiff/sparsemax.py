"""sparsemax along an axis: the nearest point of the simplex, and so 0 at most entries.

    y = s ∘ (x − τ),  τ = (Σ s ∘ x − 1)/Σ s,  s = 1 on the support, 0 elsewhere
    x̄ = s ∘ (ȳ − Σ s ∘ ȳ/Σ s)

An entry is in the support if those above it exceed it by less than 1 in all, Σ max(x' − x, 0) < 1.
Which ones are does not change when they change a little, so the adjoint of s is 0.
Source: Martins and Astudillo 2016, arXiv:1602.02068, propositions 1 and 2.
"""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Piecewise, Symbol

from symdiff import arrays
from symdiff.closed_form import IndexSupply, Indices, Write, applied, one_entry, written_out
from symdiff.graph import Node, elementwise, size, total
from symdiff.locally_constant import LocallyConstant
from symdiff.program import ArrayOperation, Lowering, lowered


class Support(LocallyConstant):
    """1 where sparsemax along `axis` is positive, 0 elsewhere."""

    __slots__ = ("axis",)
    axis: str


def support(x: Node, axis: str) -> Node:
    """Where sparsemax of x is positive. Raises: ValueError if x has no such axis."""
    if axis not in x.axes:
        raise ValueError(f"there is no axis {axis!r} to go over; ({' '.join(x.axes)})")
    return Support(x.axes, (x,), axis)


def sparsemax(x: Node, axis: str) -> Node:
    """The point of the simplex that is nearest to x, along an axis. Raises: as `support`."""
    s = support(x, axis)
    excess = total(elementwise(lambda a, m: a * m, x, s), [axis])
    tau = elementwise(lambda e, n: (e - 1) / n, excess, total(s, [axis]))
    return elementwise(lambda m, a, t: m * (a - t), s, x, tau)


class Supported(ArrayOperation):
    """The marks of the support, in a program."""

    function = staticmethod(arrays.supported)

    def arguments(self, value: arrays.ValueOf) -> list[object]:
        """The array and the position of the axis."""
        return [value(self.args[0]), int(self.args[1])]


@lowered.register
def _(node: Support, steps: Lowering) -> Symbol:
    (x,) = node.operands
    return steps.assign(Supported(steps.symbols[x], Integer(x.axes.index(node.axis))))


@written_out.register
def _(node: Support, write: Write) -> Expr:
    return applied("support", (node.axis,), node.axes, map(write, node.operands))


@one_entry.register
def _(node: Support, indices: Indices, supply: IndexSupply) -> Expr:
    (x,) = node.operands
    other = supply.take()
    mine, theirs = supply.write(x, indices), supply.write(x, {**indices, node.axis: other})
    above = sympy.Sum(sympy.Max(theirs - mine, 0), (other, 0, size(node.axis) - 1))
    return Piecewise((1, above < 1), (0, True))
