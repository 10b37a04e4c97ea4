"""Write one entry of a node in terms of the inputs, as plain SymPy: x[i]·(σ(…) − y[j])/m."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from sympy import Expr, Symbol

from symdiff.graph.kinds.input import Input
from symdiff.graph.node import Indices, Node
from symdiff.graph.reading.case_depth import check_cases
from symdiff.notation.arrays import Axes
from symdiff.trees.extent import Extents, TooLarge
from symdiff.trees.walks import on_demand

_INDEX_LETTERS = "ijklpqrs"


def closed_form(node: Node, cut: Mapping[Node, Expr] | None = None) -> Expr:
    """One entry of `node` in terms of the inputs, as SymPy: x[i], sums over index ranges.

    Scalars are plain symbols. The free indices are i, j, … in the order of the node's axes. It is a
    value, so a stop leaves no trace in it.

    Args: cut, scalar nodes that are written as something else.
    Raises: TooLarge if it is nested too deep or too long for SymPy.
    """
    entries = _Entries(cut)
    indices = {axis: entries.take() for axis in node.axes}
    try:
        check_cases(node)
        return entries.write(node, indices)
    except RecursionError:  # SymPy's: an operation of many levels on operands of many
        raise TooLarge("nested deeper than SymPy can go") from None


def entry(name: str, axes: Axes) -> Expr:
    """What `closed_form` is one entry of: `x`, or `x[i, j]`."""
    entries = _Entries()
    return entries.write(Input(axes, (), name), {axis: entries.take() for axis in axes})


_Entry = tuple[Node, tuple[tuple[str, Expr], ...]]  # a node and the index along each axis


class _Entries:
    """Hands out indices, and writes one entry of a node at those of its axes."""

    def __init__(self, cut: Mapping[Node, Expr] | None = None) -> None:
        self.taken = 0
        self._written: dict[_Entry, Expr] = {(n, ()): e for n, e in (cut or {}).items()}
        self._extents = Extents()
        # An entry's own indices: it is started again when an operand has to be written first.
        self._own: defaultdict[_Entry, list[Symbol]] = defaultdict(list)
        self._again: Iterator[Symbol] = iter(())
        self._entry: _Entry | None = None
        self._value: Callable[[_Entry], Expr] | None = None

    def take(self) -> Symbol:
        """An index not used yet."""
        known = next(self._again, None)
        if known is not None:
            return known
        turn, position = divmod(self.taken, len(_INDEX_LETTERS))
        self.taken += 1
        index = Symbol(_INDEX_LETTERS[position] + (str(turn) if turn else ""), integer=True)
        if self._entry is not None:
            self._own[self._entry].append(index)
        return index

    def write(self, node: Node, indices: Indices) -> Expr:
        """The entry of `node` at the indices of its axes."""
        # Only the node's own axes: one that is summed inside is another index than outside.
        entry = (node, tuple((axis, indices[axis]) for axis in node.axes))
        if self._value is not None:
            return self._value(entry)
        try:
            return on_demand(entry, self._one, self._written)
        finally:
            self._entry = self._value = None

    def _one(self, entry: _Entry, value: Callable[[_Entry], Expr]) -> Expr:
        self._entry, self._value = entry, value
        self._again = iter(tuple(self._own[entry]))
        node, indices = entry
        return self._extents.checked(node.entry(dict(indices), self))
