"""Apply a scalar expression entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from weakref import WeakKeyDictionary

import sympy
from sympy import Expr, Symbol

from symdiff.expression.differentiate import differentiate
from symdiff.expression.domain import is_total
from symdiff.graph.arrays.layout import aligned, spread
from symdiff.graph.kinds.einsum import broadcast, contraction, repeated, scalar_part
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, union
from symdiff.graph.template import (
    PLAIN,
    SUM,
    identified,
    is_infinite,
    merged,
    names,
    placeholder,
    positions,
    renumbered,
    without_names,
)
from symdiff.notation.arrays import Axes, SideBySide
from symdiff.trees.walks import ordered

_VALUED: WeakKeyDictionary[Node, bool] = WeakKeyDictionary()  # see `_has_a_value`


class Elementwise(Node):
    """A scalar expression in `placeholder(0)`, `placeholder(1)`, … applied entry by entry.

    `partials` holds ∂expr/∂operand in a stable form where SymPy's would cancel, else None.
    """

    __slots__ = ("expr", "partials")
    expr: Expr
    partials: tuple[Expr | None, ...]

    @property
    def everywhere(self) -> bool:  # type: ignore[override] # of this kind it hangs on the expression
        """Whether the expression has a value at any numbers."""
        return is_total(self.expr)

    @property
    def folded(self) -> tuple[Node, ...]:
        """The operands that the expression does not use, as y in y − y, which may have no value."""
        used = positions(self.expr)
        return tuple(o for i, o in enumerate(self.operands) if i not in used)

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """The products cotangent × ∂expr/∂operand, summed over the axes that the operand lacks."""
        return tuple(self._part(i, operand, cotangent) for i, operand in enumerate(self.operands))

    def _part(self, position: int, operand: Node, cotangent: Node) -> Node:
        partial = self.partials[position]
        if partial is None:
            partial = differentiate(self.expr, placeholder(position))
        if partial == 0:
            return zeros(operand.axes)
        # The placeholders of the partial are those of the node: operands first, cotangent last.
        product = _times(partial, len(self.operands))
        return contraction((from_template(product, (*self.operands, cotangent)),), operand.axes)

    def lowered(self, steps: Steps) -> Symbol:
        """The step over the axes of what it depends on, then repeated along the others.

        A value that is repeated in it is taken as it was before. A stop has the symbol of its
        operand: so exp(x − stop(x)) becomes 1, which depends on no axis.
        """
        sources = [repeated(operand) for operand in self.operands]
        plain = [steps.value(source) for source in sources]
        if not self.axes and len(set(plain)) == len(plain) and not names(self.expr):
            return steps.apply(self.expr, plain)  # of scalars, as thousands of a deep graph are
        first: dict[tuple[Symbol, Axes], int] = {}
        known = zip(plain, (source.axes for source in sources), strict=True)
        which = tuple(first.setdefault(one, i) for i, one in enumerate(known))
        template = without_names(identified(self.expr, which), len(plain))
        if is_infinite(template):  # x/(x − stop(x)) is no number: arithmetic is to find that out
            plain = [steps.apply(PLAIN, [symbol]) for symbol in plain]
            template = without_names(self.expr, len(plain))
        used = [i for i in positions(template) if i < len(plain)]
        covered = {a for i in used for a in sources[i].axes}
        axes = tuple(a for a in self.axes if a in covered)
        for i in used:
            plain[i] = aligned(steps, plain[i], sources[i].axes, axes)
        named = [steps.argument(symbol.name) for symbol in names(self.expr)]
        return spread(steps, steps.apply(template, [*plain, *named]), axes, self.axes)

    def whole(self, write: Write) -> Expr:
        """The expression with the operands' text in it."""
        return _put_together(self._written([write(operand) for operand in self.operands]))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The expression with the operands' entries in it."""
        return self._written([entries.write(operand, indices) for operand in self.operands])

    def varying(self, of: Callable[[Node], set[str]]) -> set[str]:
        """The axes that its operands vary along."""
        return set().union(*map(of, self.operands))

    def _written(self, operands: Sequence[Expr]) -> Expr:
        try:
            return self.expr.xreplace({placeholder(i): value for i, value in enumerate(operands)})
        except TypeError:  # SymPy's, of a condition on x/(x − stop(x)), which is no number
            return sympy.nan


def constant(value: Expr | int) -> Node:
    """The node of a scalar constant."""
    return Elementwise((), (), sympy.sympify(value), ())


def is_constant(node: Node) -> bool:
    """Whether the node is a scalar constant."""
    return isinstance(node, Elementwise) and not node.operands


def zeros(axes: Axes) -> Node:
    """The node that is 0 in every entry."""
    return broadcast(constant(0), axes)


def elementwise(
    function: Callable[..., Expr],
    *operands: Node,
    partials: Iterable[Expr | None] | None = None,
) -> Node:
    """Apply `function` to the operands entry by entry, broadcast over each other's axes.

    Args:
        function: takes one SymPy symbol an operand and returns a SymPy expression in them.
        operands: the nodes to apply it to.
        partials: ∂function/∂operand in terms of `placeholder(i)`, where a stable form is known.

    Raises: TypeError if `function` cannot be called.
    """
    if not callable(function):
        raise TypeError(
            f"elementwise takes a function of one symbol an operand, such as lambda a, b: a * b, "
            f"and then the operands; {function!r} was given as the function"
        )
    expr = sympy.sympify(function(*map(placeholder, range(len(operands)))))
    made = from_template(expr, operands, tuple(partials) if partials else None)
    dropped = [o for o in dict.fromkeys(operands) if o not in (made, *made.operands)]
    return _beside(made, tuple(o for o in dropped if not _has_a_value(o)))


def _has_a_value(node: Node) -> bool:
    """Whether it is seen to have one at any numbers; each node is looked at once."""

    def unknown(of: Node) -> list[Node]:
        return [need for need in of.needs if need not in _VALUED]

    if node not in _VALUED:
        for one in ordered([node], unknown):
            _VALUED[one] = one.everywhere and all(_VALUED[need] for need in one.needs)
    return _VALUED[node]


def _beside(node: Node, folded: tuple[Node, ...]) -> Node:
    """The node with operands that it does not use, since it has no value where they have none."""
    if not folded:
        return node
    if not isinstance(node, Elementwise):
        node = Elementwise(node.axes, (node,), PLAIN, (None,))
    operands = (*node.operands, *folded)
    axes = union((node.axes, *(o.axes for o in folded)))
    return Elementwise(axes, operands, node.expr, (*node.partials, *(None for _ in folded)))


def added(terms: Iterable[Node]) -> Node:
    """The sum of nodes entry by entry, one after the other."""
    first, *rest = terms
    for term in rest:
        first = from_template(SUM, (first, term))
    return first


def from_template(
    expr: Expr, operands: tuple[Node, ...], partials: tuple[Expr | None, ...] | None = None
) -> Node:
    """The node of an expression in placeholders; constant operands become part of it.

    An operand that it does not use is dropped. Any other stays one, a repeated value too: it may be
    a line, whose adjoint is asked for.
    """
    partials = partials or (None,) * len(operands)
    axes = union(operand.axes for operand in operands)
    used = _used(expr, partials)
    if len(used) < len(operands) and all(p is None for p in partials):
        kept = tuple(operands[i] for i in used)
        if kept and union(operand.axes for operand in kept) == axes:
            expr, operands = renumbered(expr, used), kept
            used, partials = _used(expr, (None,) * len(kept)), (None,) * len(kept)
    plain = len(used) == len(operands) == len(set(operands))
    if not plain or any(is_constant(repeated(operand)) for operand in operands):
        return _simplified(expr, operands, partials, axes)
    if expr == PLAIN:
        return operands[0]
    return Elementwise(axes, operands, expr, partials)


def _simplified(
    expr: Expr, operands: tuple[Node, ...], partials: tuple[Expr | None, ...], axes: Axes
) -> Node:
    kept: dict[Node, int] = {}
    put: dict[Symbol, Expr] = {}
    kept_partials: list[Expr | None] = []
    for i in _used(expr, partials):
        operand = operands[i]
        source = repeated(operand)
        if isinstance(source, Elementwise) and not source.operands:
            put[placeholder(i)] = source.expr
            continue
        if operand not in kept:
            kept[operand] = len(kept)
            kept_partials.append(partials[i])
        else:
            # The same node twice: its partial would be a sum; let differentiation find it.
            kept_partials[kept[operand]] = None
        put[placeholder(i)] = placeholder(kept[operand])
    remaining = tuple(kept)
    same = [e for e in put.values() if e.is_Symbol]
    merges = len(set(same)) < len(same)
    try:
        expr = merged(expr, tuple(put.items()))
        final = tuple(p if p is None else p.xreplace(put) for p in kept_partials)
    except (TypeError, ValueError):
        if merges and not any(map(is_infinite, put.values())):
            raise
        expr, final = sympy.S.NaN, (None,) * len(kept)  # SymPy compares nothing with 1/(x − x)
    if expr == PLAIN and len(remaining) == 1 and remaining[0].axes == axes:
        return remaining[0]
    covered = union(node.axes for node in remaining)
    if len(_used(expr, final)) < len(remaining):  # a 0 folded it away
        return _simplified(expr, remaining, final, axes)
    if set(covered) == set(axes):
        return Elementwise(axes, remaining, expr, final)
    return broadcast(Elementwise(covered, remaining, expr, final), axes)


@lru_cache(maxsize=4096)
def _used(expr: Expr, partials: tuple[Expr | None, ...]) -> tuple[int, ...]:
    """The placeholders in an expression or its partials, in ascending order."""
    every = (expr, *(p for p in partials if p is not None))
    return tuple(sorted({i for e in every for i in positions(e)}))


@lru_cache(maxsize=4096)
def _times(partial: Expr, position: int) -> Expr:
    """A partial times one more placeholder."""
    return placeholder(position) * partial


def _put_together(expression: Expr) -> Expr:
    """A sum of arrays that each fill a place, [a, 0] + [0, b], as one: [a, b]."""
    if not isinstance(expression, sympy.Add):
        return expression
    found: dict[tuple[Expr, ...], list[Expr]] = {}
    rest = []
    for term in expression.args:
        factor, array = scalar_part(term)
        if not isinstance(array, SideBySide):
            rest.append(term)
            continue
        places = found.setdefault(array.args[:3], [])
        for i, operand in enumerate(array.operands):
            places += [sympy.S.Zero] * (i + 1 - len(places))
            places[i] += factor * operand
    return sympy.Add(*rest, *(SideBySide(*key, *places) for key, places in found.items()))
