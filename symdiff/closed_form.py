"""A node written out: in the names of other nodes, or all the way down to the inputs.

Two readings of the same node. `in_names` gives one tutorial line, whole arrays at a time:
w̄ = x z̄ᵀ. `closed_form` gives one entry in terms of the inputs, as plain SymPy with indices and
sums: x[i]·(σ(…) − y[j])/m.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, IndexedBase, Symbol, Tuple

from symdiff.graph import Axes, Einsum, Elementwise, Input, Node, Stop, placeholder, size

_INDEX_LETTERS = "ijklpqrs"


class Contraction(Expr):
    """An einsum over whole arrays inside a line; printed as matrix algebra where it is one."""

    is_commutative = True
    is_extended_real = True

    @property
    def factors(self) -> tuple[tuple[Expr, Axes], ...]:
        """Each factor with its axes."""
        return tuple((factor, _names(axes)) for factor, axes in self.args[1:])

    @property
    def axes(self) -> Axes:
        """The axes of the result."""
        return _names(self.args[0])


def _names(axes: Tuple) -> Axes:
    return tuple(a.name for a in axes)


def in_names(node: Node, names: Mapping[Node, Symbol]) -> Expr:
    """`node` in terms of the named nodes; the others are written out in place.

    A constant is always written as itself, whatever it is called.
    """
    if node in names and not _is_constant(node):
        return names[node]
    if isinstance(node, Elementwise):
        return _applied(node, [in_names(o, names) for o in node.operands])
    if isinstance(node, Stop):
        return in_names(node.operands[0], names)
    if isinstance(node, Einsum):
        factors = [Tuple(in_names(o, names), _symbols(o.axes)) for o in node.operands]
        if all(set(o.axes) < set(node.axes) for o in node.operands) and len(factors) == 1:
            return factors[0][0]  # a broadcast: entry by entry there is nothing to write
        return Contraction(_symbols(node.axes), *factors)
    raise ValueError(f"{node!r} has no name here; name every input")


def _is_constant(node: Node) -> bool:
    return isinstance(node, Elementwise) and not node.operands


def _symbols(axes: Axes) -> Tuple:
    return Tuple(*map(size, axes))


def closed_form(node: Node) -> Expr:
    """One entry of `node` in terms of the inputs, as SymPy: x[i], sums over index ranges.

    Scalars are plain symbols. The free indices are i, j, … in the order of the node's axes.
    """
    letters = _IndexSupply()
    return letters.write(node, {axis: letters.take() for axis in node.axes})


def entry(name: str, axes: Axes) -> Expr:
    """What `closed_form` is one entry of: `x`, or `x[i, j]`."""
    letters = _IndexSupply()
    return letters.write(Input(axes, (), name), {axis: letters.take() for axis in axes})


class _IndexSupply:
    def __init__(self) -> None:
        self.taken = 0

    def take(self) -> Symbol:
        turn, position = divmod(self.taken, len(_INDEX_LETTERS))
        self.taken += 1
        return Symbol(_INDEX_LETTERS[position] + (str(turn) if turn else ""), integer=True)

    def write(self, node: Node, outer: Mapping[str, Symbol]) -> Expr:
        # Only the node's own axes: one that is summed inside is another index than outside.
        indices = {axis: outer[axis] for axis in node.axes}
        if isinstance(node, Input):
            if not node.axes:
                return Symbol(node.name, real=True)
            base = IndexedBase(node.name, shape=tuple(map(size, node.axes)), real=True)
            return base[tuple(indices[a] for a in node.axes)]
        if isinstance(node, Elementwise):
            return _applied(node, [self.write(o, indices) for o in node.operands])
        if isinstance(node, Stop):
            return self.write(node.operands[0], indices)
        summed = list(dict.fromkeys(a for o in node.operands for a in o.axes if a not in indices))
        inner = {**indices, **{a: self.take() for a in summed}}
        product = sympy.Mul(*(self.write(o, inner) for o in node.operands))
        ranges = [(inner[a], 0, size(a) - 1) for a in summed]
        return sympy.Sum(product, *ranges) if ranges else product


def _applied(node: Elementwise, operands: list[Expr]) -> Expr:
    return node.expr.xreplace({placeholder(i): o for i, o in enumerate(operands)})
