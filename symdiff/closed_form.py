"""A node written out: in the names of other nodes, or all the way down to the inputs.

Two readings of the same node. `in_names` gives one tutorial line, whole arrays at a time:
w̄ = x z̄ᵀ. `closed_form` gives one entry in terms of the inputs, as plain SymPy with indices and
sums: x[i]·(σ(…) − y[j])/m.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import singledispatch
from typing import TypeVar

import sympy
from sympy import Expr, IndexedBase, Symbol, Tuple
from sympy.core.symbol import Str
from sympy.utilities.iterables import sift

from symdiff.case_depth import check_cases
from symdiff.graph import (
    Axes,
    Einsum,
    Elementwise,
    Input,
    Node,
    Stop,
    ordered,
    placeholder,
    repeated,
    size,
)
from symdiff.notation.names import ArraySymbol
from symdiff.trees.extent import Extents, TooLarge
from symdiff.trees.on_demand import on_demand

Result = TypeVar("Result")
Write = Callable[[Node], Expr]
Indices = Mapping[str, Symbol]

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


class ArrayFunction(Expr):
    """A function of whole arrays, written by its name and the axes it goes over: softmax_c(x)."""

    is_commutative = True
    is_extended_real = True

    @property
    def name(self) -> str:
        """What the function is called."""
        return str(self.args[0])

    @property
    def over(self) -> Axes:
        """The axes that it goes over."""
        return _names(self.args[1])

    @property
    def axes(self) -> Axes:
        """The axes of the result."""
        return _names(self.args[2])

    @property
    def operands(self) -> tuple[Expr, ...]:
        """What it is applied to."""
        return tuple(self.args[3:])


class PartOf(ArrayFunction):
    """A part of its operand along the axis that it is over, by its number: x₂."""


class SideBySide(ArrayFunction):
    """Its operands one after another along the axis that it is over: [a, b]."""


def applied(
    name: str,
    over: Axes,
    axes: Axes,
    operands: Iterable[Expr],
    kind: type[ArrayFunction] = ArrayFunction,
) -> ArrayFunction:
    """The function called `name`, over some axes, of the operands; the result has `axes`."""
    return kind(Str(name), symbols(over), symbols(axes), *operands)


def _names(axes: Tuple) -> Axes:
    return tuple(a.name for a in axes)


def in_names(node: Node, names: Mapping[Node, Symbol]) -> Expr:
    """`node` in terms of the named nodes; the others are written out in place.

    A constant is always written as itself, whatever it is called. A stop is written as its value,
    unless that occurs beside it: exp(x − stop(x)) is not 1 to a derivative.

    Raises: TooLarge if that is nested too deep or too long to be read.
    """
    extents = Extents()
    marked = _stopped_beside(node, names)

    def one(node: Node, write: Write) -> Expr:
        if node in names and not _is_constant(node):
            return names[node]
        if node in marked:
            return applied("stop", (), node.axes, map(write, node.operands))
        return extents.checked(written_out(node, write))

    _or_too_large(lambda: check_cases(node, names))
    return _or_too_large(lambda: on_demand(node, one, {}))


def _stopped_beside(node: Node, names: Mapping[Node, Symbol]) -> set[Node]:
    """The stops in what is written out whose operands occur there without a stop too."""

    def before(one: Node) -> tuple[Node, ...]:
        return () if one in names else (*one.operands, *one.needs)

    written = ordered([node], before)
    users = [n for n in written if n not in names]
    plain = {o for n in users if not isinstance(n, Stop) for o in n.operands}
    return {n for n in users if isinstance(n, Stop) and n.operands[0] in plain}


def _or_too_large(build: Callable[[], Result]) -> Result:
    try:
        return build()
    except RecursionError:  # SymPy's: an operation of many levels on operands of many
        raise TooLarge("nested deeper than SymPy can go") from None


@singledispatch
def written_out(node: Node, write: Write) -> Expr:  # noqa: ARG001 - nothing to write it with
    """A node in terms of its operands, each written by `write`."""
    raise ValueError(f"{node!r} has no name here; name every input")


@written_out.register
def _(node: Elementwise, write: Write) -> Expr:
    return _put_together(_applied(node, list(map(write, node.operands))))


@written_out.register
def _(node: Stop, write: Write) -> Expr:
    return write(node.operands[0])


@written_out.register
def _(node: Einsum, write: Write) -> Expr:
    """Scalar factors come before the contraction: (S̄/√d) K is S̄ K/√d.

    What is repeated along an axis that is summed counts as often: Σ 1 over n is n.
    """
    scalars: list[Expr] = []
    factors: list[tuple[Expr, Axes]] = []
    for operand in node.operands:
        scalar, array = _scalar_part(write(operand))
        scalars.append(scalar)
        if is_array(array):
            shown = _varying(operand, write)
            layout = repeated(operand).axes  # a repeat is written as what it repeats
            axes = layout if shown == set(layout) else operand.axes
            factors.append((array, tuple(a for a in axes if a in shown)))
        else:
            scalars.append(array)
    stated = {a for o in node.operands for a in o.axes}
    varying = {a for _, axes in factors for a in axes}
    summed = stated.difference(node.axes)
    scalars += [size(a) for a in sorted(summed - varying)]
    arrays = [array for array, _ in factors]
    if not summed & varying and (
        any(axes == node.axes for _, axes in factors)
        or not factors
        or (len(factors) == 1 and varying < set(node.axes))  # repeated: entry by entry itself
    ):
        return sympy.Mul(*scalars, *arrays)
    terms = (Tuple(array, symbols(axes)) for array, axes in factors)
    return sympy.Mul(*scalars) * Contraction(symbols(node.axes), *terms)


def _varying(node: Node, write: Write) -> set[str]:
    """The axes of what is written for a node: fewer than it has where a repeat goes unwritten."""
    axes: set[str] = set()
    seen: set[Node] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        source = repeated(one)
        if one in seen:
            continue
        seen.add(one)
        if source is not one and write(source) == write(one):
            stack.append(source)
        elif isinstance(one, Elementwise) and not write(one).is_Symbol:
            stack += one.operands
        else:
            axes.update(one.axes)
    return axes


def _put_together(expression: Expr) -> Expr:
    """A sum of arrays that each fill a place, [a, 0] + [0, b], as one: [a, b]."""
    if not isinstance(expression, sympy.Add):
        return expression
    found: dict[tuple[Expr, ...], list[Expr]] = {}
    rest = []
    for term in expression.args:
        factor, array = _scalar_part(term)
        if not isinstance(array, SideBySide):
            rest.append(term)
            continue
        places = found.setdefault(array.args[:3], [])
        for i, operand in enumerate(array.operands):
            places += [sympy.S.Zero] * (i + 1 - len(places))
            places[i] += factor * operand
    return sympy.Add(*rest, *(SideBySide(*key, *places) for key, places in found.items()))


def is_array(expression: Expr) -> bool:
    """Whether the value has axes: an array symbol, or what keeps some axes of one."""
    if isinstance(expression, Contraction | ArrayFunction):
        return bool(expression.axes)
    return isinstance(expression, ArraySymbol) or any(map(is_array, expression.args))


def _scalar_part(expression: Expr) -> tuple[Expr, Expr]:
    """A product's scalar factors, if any factor is an array, and the rest."""
    if not is_array(expression):
        return sympy.S.One, expression
    arrays, scalars = sift(sympy.Mul.make_args(expression), is_array, binary=True)
    return sympy.Mul(*scalars), sympy.Mul(*arrays)


def _is_constant(node: Node) -> bool:
    return isinstance(node, Elementwise) and not node.operands


def symbols(axes: Axes) -> Tuple:
    """The axes as SymPy holds them: by the symbols of their lengths."""
    return Tuple(*map(size, axes))


def closed_form(node: Node, cut: Mapping[Node, Expr] | None = None) -> Expr:
    """One entry of `node` in terms of the inputs, as SymPy: x[i], sums over index ranges.

    Scalars are plain symbols. The free indices are i, j, … in the order of the node's axes. It is a
    value, so a stop leaves no trace in it.

    Args: cut, scalar nodes that are written as something else.
    Raises: TooLarge if it is nested too deep or too long for SymPy.
    """
    letters = IndexSupply(cut)
    indices = {axis: letters.take() for axis in node.axes}
    _or_too_large(lambda: check_cases(node))
    return _or_too_large(lambda: letters.write(node, indices))


def entry(name: str, axes: Axes) -> Expr:
    """What `closed_form` is one entry of: `x`, or `x[i, j]`."""
    letters = IndexSupply()
    return letters.write(Input(axes, (), name), {axis: letters.take() for axis in axes})


_Entry = tuple[Node, tuple[tuple[str, Expr], ...]]  # a node and the index along each axis


class IndexSupply:
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

    def write(self, node: Node, outer: Mapping[str, Symbol]) -> Expr:
        """The entry of `node` at the indices of its axes."""
        # Only the node's own axes: one that is summed inside is another index than outside.
        entry = (node, tuple((axis, outer[axis]) for axis in node.axes))
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
        return self._extents.checked(one_entry(node, dict(indices), self))


@singledispatch
def one_entry(node: Node, indices: Indices, supply: IndexSupply) -> Expr:  # noqa: ARG001
    """One entry of a node in terms of entries of the inputs."""
    raise ValueError(f"{type(node).__name__} has no closed form")


@one_entry.register
def _(node: Input, indices: Indices, supply: IndexSupply) -> Expr:  # noqa: ARG001
    if not node.axes:
        return Symbol(node.name, real=True)
    base = IndexedBase(node.name, shape=tuple(map(size, node.axes)), real=True)
    return base[tuple(indices[a] for a in node.axes)]


@one_entry.register
def _(node: Elementwise, indices: Indices, supply: IndexSupply) -> Expr:
    return _applied(node, [supply.write(o, indices) for o in node.operands])


@one_entry.register
def _(node: Stop, indices: Indices, supply: IndexSupply) -> Expr:
    return supply.write(node.operands[0], indices)


@one_entry.register
def _(node: Einsum, indices: Indices, supply: IndexSupply) -> Expr:
    summed = list(dict.fromkeys(a for o in node.operands for a in o.axes if a not in indices))
    inner = {**indices, **{a: supply.take() for a in summed}}
    product = sympy.Mul(*(supply.write(o, inner) for o in node.operands))
    ranges = [(inner[a], 0, size(a) - 1) for a in summed]
    return sympy.Sum(product, *ranges) if ranges else product


def _applied(node: Elementwise, operands: list[Expr]) -> Expr:
    try:
        return node.expr.xreplace({placeholder(i): o for i, o in enumerate(operands)})
    except TypeError:  # SymPy's, of a condition on x/(x − stop(x)), which is no number
        return sympy.nan
