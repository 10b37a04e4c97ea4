"""The graph: a few immutable node kinds, closed under taking adjoints.

An array has *named axes*, so that what is summed, kept or broadcast is said by name and no shape
has to be known: `einsum("n, n m -> m", x, w)` is a matrix product at any size. Nodes are
hash-consed: building the same node twice gives the same object, so equal subgraphs are shared
and node identity is equality.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Self, cast
from weakref import WeakValueDictionary

import sympy
from sympy import Expr, Rational, Symbol

from symdiff.expression.formula import real_symbol

Axes = tuple[str, ...]


class Node:
    """A value in the graph: an array over named axes, or a scalar when there are none."""

    __slots__ = ("__weakref__", "_key", "axes", "operands")
    _interned: ClassVar[WeakValueDictionary[tuple[object, ...], Node]] = WeakValueDictionary()

    axes: Axes
    operands: tuple[Node, ...]
    _key: tuple[object, ...]

    def __new__(cls, axes: Axes, operands: tuple[Node, ...], *content: object) -> Self:
        """The one node with this content: a new one only if there is none yet."""
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
        """Nothing: an interned node is already complete."""

    @property
    def needs(self) -> tuple[Node, ...]:
        """What its value is computed from: its operands."""
        return self.operands

    def __reduce__(self) -> tuple[object, ...]:
        from symdiff.flat import flat, single

        return (single, (flat([self]),))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __repr__(self) -> str:
        content = ", ".join(str(getattr(self, name)) for name in type(self).__slots__)
        return f"<{type(self).__name__} {content} over ({' '.join(self.axes)})>"


class Input(Node):
    """A named array that the user supplies."""

    __slots__ = ("name",)
    name: str


class Elementwise(Node):
    """A scalar expression in `placeholder(0)`, `placeholder(1)`, … applied entry by entry.

    `partials` holds ∂expr/∂operand in a stable form where SymPy's would cancel, else None.
    """

    __slots__ = ("expr", "partials")
    expr: Expr
    partials: tuple[Expr | None, ...]


class Einsum(Node):
    """The product of the operands, summed over every axis that the result does not have.

    An axis of the result that no operand has is broadcast.
    """

    __slots__ = ()


class Stop(Node):
    """Its operand's value; no adjoint passes. `reason` is `detach()` or `no_grad()`."""

    __slots__ = ("reason",)
    reason: str


def placeholder(position: int) -> Symbol:
    """The symbol that stands for an operand; its name is no identifier, so no user's can clash."""
    return Symbol(f"%{position}", real=True)


def size(axis: str) -> Symbol:
    """The length of an axis as a symbol."""
    return Symbol(axis, integer=True, positive=True)


def scalars(names: str) -> tuple[Input, ...]:
    """Scalar inputs by their names, separated by spaces."""
    return tuple(array(name) for name in names.split())


def array(name: str, axes: str = "") -> Input:
    """An input over the axes named in `axes`, separated by spaces.

    Raises: ValueError if the name or an axis is no identifier, or an axis is named twice.
    """
    names = _axes(axes)
    return Input(names, (), real_symbol(name).name)


def elementwise(
    function: Callable[..., Expr],
    *operands: Node,
    partials: Iterable[Expr | None] | None = None,
) -> Node:
    """`function` of the operands entry by entry, broadcast over each other's axes.

    Args:
        function: takes one SymPy symbol an operand and returns a SymPy expression in them.
        operands: the nodes to apply it to.
        partials: ∂function/∂operand in terms of `placeholder(i)`, where a stable form is known.
    """
    expr = sympy.sympify(function(*map(placeholder, range(len(operands)))))
    axes = _union(operand.axes for operand in operands)
    return _simplified(expr, operands, tuple(partials or [None] * len(operands)), axes)


def _simplified(
    expr: Expr, operands: tuple[Node, ...], partials: tuple[Expr | None, ...], axes: Axes
) -> Node:
    """Fold constants into the expression and drop what is not used.

    Any other operand stays one, a repeated value too: it may be a line, whose adjoint is asked for.
    """
    kept: dict[Node, int] = {}
    renamed: dict[Symbol, Expr] = {}
    kept_partials: list[Expr | None] = []
    used = _used(expr, partials)
    for i, operand in enumerate(operands):
        if placeholder(i) not in used:
            continue
        source = repeated(operand)
        if isinstance(source, Elementwise) and not source.operands:
            renamed[placeholder(i)] = source.expr
            continue
        if operand not in kept:
            kept[operand] = len(kept)
            kept_partials.append(partials[i])
        else:
            # The same node twice: its partial would be a sum; let differentiation find it.
            kept_partials[kept[operand]] = None
        renamed[placeholder(i)] = placeholder(kept[operand])
    expr = expr.xreplace(renamed)
    remaining = tuple(kept)
    if expr == placeholder(0) and len(remaining) == 1 and remaining[0].axes == axes:
        return remaining[0]
    covered = _union(node.axes for node in remaining)
    final = tuple(p if p is None else p.xreplace(renamed) for p in kept_partials)
    if set(map(placeholder, range(len(remaining)))) - _used(expr, final):  # a 0 folded it away
        return _simplified(expr, remaining, final, axes)
    if set(covered) == set(axes):
        return Elementwise(axes, remaining, expr, final)
    return broadcast(Elementwise(covered, remaining, expr, final), axes)


def _used(expr: Expr, partials: Iterable[Expr | None]) -> set[Symbol]:
    return expr.free_symbols.union(*(p.free_symbols for p in partials if p is not None))


def einsum(subscripts: str, *operands: Node) -> Node:
    """The sum of products that `subscripts` states, its axes named as in einops.

    `einsum("n, n m -> m", x, w)` is x w; `einsum("i j -> j i", a)` is aᵀ.

    Raises: ValueError if the operands or their axes are not those of the subscripts.
    """
    left, arrow, right = subscripts.partition("->")
    stated = [_axes(part) for part in left.split(",")]
    if not arrow or len(stated) != len(operands):
        raise ValueError(
            f"einsum({subscripts!r}) was given {len(operands)} operand(s); "
            "write one group of axes for each before '->'"
        )
    for axes, operand in zip(stated, operands, strict=True):
        if axes != operand.axes:
            raise ValueError(
                f"einsum({subscripts!r}): an operand has axes ({' '.join(operand.axes)}) where "
                f"({' '.join(axes)}) is written"
            )
    return contraction(operands, _axes(right))


def contraction(operands: Iterable[Node], axes: Axes) -> Node:
    """The product of the operands over `axes`, everything else summed; trivial ones vanish."""
    operands = tuple(operands)
    if len(operands) == 1 and operands[0].axes == axes:
        return operands[0]
    return Einsum(axes, operands)


def broadcast(node: Node, axes: Axes) -> Node:
    """The node repeated along the axes it lacks, its axes in the given order."""
    return contraction((node,), axes)


def repeated(node: Node) -> Node:
    """What a node repeats along axes of its own, or the node itself if it repeats nothing."""
    while (
        isinstance(node, Einsum)
        and len(node.operands) == 1
        and set(node.operands[0].axes) < set(node.axes)
    ):
        (node,) = node.operands
    return node


def total(node: Node, over: Iterable[str]) -> Node:
    """The sum over some axes of a node."""
    summed = set(over)
    return contraction((node,), tuple(a for a in node.axes if a not in summed))


def mean(node: Node, over: Iterable[str] | None = None) -> Node:
    """The mean over all axes of a node, as the tutorial's losses take it, or over some."""
    axes = node.axes if over is None else tuple(over)
    count = sympy.Mul(*map(size, axes))
    return elementwise(lambda summed: summed / count, total(node, axes))


def stop(node: Node, reason: str) -> Node:
    """The node's value as a constant: `reason` is kept and shown where an adjoint is missing."""
    return Stop(node.axes, (node,), reason)


def constant(value: Expr | int) -> Node:
    """A scalar constant."""
    return Elementwise((), (), sympy.sympify(value), ())


def topological(outputs: Iterable[Node], *, computed: bool = False) -> tuple[Node, ...]:
    """Every node that the outputs depend on, operands before users; iterative, so any depth.

    Args: computed, whether to follow what values are computed from, rather than operands.
    """
    return ordered(outputs, lambda node: node.needs if computed else node.operands)


def ordered(outputs: Iterable[Node], before: Callable[[Node], Iterable[Node]]) -> tuple[Node, ...]:
    """The outputs and all that has to come before them, each after what comes `before` it."""
    order: dict[Node, None] = {}
    stack: list[tuple[Node, Iterator[Node]]] = [(o, iter(before(o))) for o in outputs][::-1]
    while stack:
        node, pending = stack[-1]
        unseen = next((p for p in pending if p not in order), None)
        if node in order or unseen is None:
            order[node] = None
            stack.pop()
        else:
            stack.append((unseen, iter(before(unseen))))
    return tuple(order)


@dataclass(frozen=True, eq=False)
class Graph:
    """Named nodes with one output: a problem as its author writes it, line by line."""

    name: str
    inputs: tuple[Input, ...]
    lines: Mapping[str, Node]  # name → node, in the order written; the last is the output
    parameters: Mapping[str, Rational] = field(default_factory=dict)  # symbol in exprs → value
    where: Mapping[str, Node] = field(default_factory=dict)  # what adjoints are written with too
    barred: bool = False  # whether an array's cotangent is written ȳ, not v, below its own line

    def __post_init__(self) -> None:
        names = [i.name for i in self.inputs] + list(self.lines) + list(self.parameters)
        everything = topological(self.lines.values(), computed=True)
        names += [*self.where, *sorted({a for node in everything for a in node.axes})]
        twice = {name for name, uses in Counter(names).items() if uses > 1}
        if twice:
            raise ValueError(
                f"the graph {self.name!r} uses the name {min(twice)!r} twice; "
                "inputs, lines, parameters and axes need names of their own"
            )

    def __getstate__(self) -> dict[str, object]:
        """The fields, all nodes in one flat list: pickle would recurse from node to node."""
        from symdiff.flat import flat

        packed = flat([*self.inputs, *self.lines.values(), *self.where.values()])
        names = (len(self.inputs), tuple(self.lines), tuple(self.where))
        return {**self.__dict__, "inputs": packed, "lines": names, "where": None}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        nodes = iter(state["inputs"].nodes())
        count, lines, where = state["lines"]
        fields = {
            "inputs": tuple(islice(nodes, count)),
            "lines": dict(zip(lines, islice(nodes, len(lines)), strict=True)),
            "where": dict(zip(where, nodes, strict=True)),
        }
        self.__dict__.update({**state, **fields})

    @property
    def nodes(self) -> dict[str, Node]:
        """Every named node: the inputs, then the lines."""
        return {**{i.name: i for i in self.inputs}, **self.lines}

    @property
    def output(self) -> Node:
        """The node of the last line."""
        return self.lines[self.output_name]

    @property
    def output_name(self) -> str:
        """The name of the last line."""
        return list(self.lines)[-1]

    def __repr__(self) -> str:
        inputs = ", ".join(i.name for i in self.inputs)
        return f"<Graph {self.name}: {', '.join(self.lines)} of {inputs}>"

    def _repr_latex_(self) -> str:
        from symdiff.adjoint import equations_latex

        return f"$${equations_latex(self)}$$"


def _axes(text: str) -> Axes:
    names = tuple(real_symbol(name).name for name in text.split())
    if len(set(names)) < len(names):
        raise ValueError(f"the axes {text.strip()!r} name an axis twice; give each its own name")
    return names


def _union(groups: Iterable[Axes]) -> Axes:
    """The axes in order of the longest group first, so that broadcasting keeps the layout."""
    return tuple(dict.fromkeys(a for g in sorted(groups, key=len, reverse=True) for a in g))
