"""A scalar expression applied entry by entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sympy
from sympy import Expr, Symbol

from symdiff.expression.differentiate import differentiate
from symdiff.graph.kinds.einsum import broadcast, contraction, repeated, scalar_part
from symdiff.graph.layout import aligned, spread
from symdiff.graph.node import Entries, Indices, Node, Steps, Write, union
from symdiff.notation.arrays import Axes, SideBySide

INFINITIES = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)


class Elementwise(Node):
    """A scalar expression in `placeholder(0)`, `placeholder(1)`, … applied entry by entry.

    `partials` holds ∂expr/∂operand in a stable form where SymPy's would cancel, else None.
    """

    __slots__ = ("expr", "partials")
    expr: Expr
    partials: tuple[Expr | None, ...]

    def pullback(self, cotangent: Node) -> tuple[Node | None, ...]:
        """cotangent × ∂expr/∂operand, summed over the axes that the operand lacks."""
        return tuple(self._part(i, operand, cotangent) for i, operand in enumerate(self.operands))

    def _part(self, position: int, operand: Node, cotangent: Node) -> Node:
        partial = self.partials[position]
        if partial is None:
            partial = differentiate(self.expr, placeholder(position))
        if partial == 0:
            return zeros(operand.axes)
        # The placeholders of the partial are those of the node: operands first, cotangent last.
        product = elementwise(lambda *symbols: symbols[-1] * partial, *self.operands, cotangent)
        return contraction((product,), operand.axes)

    def lowered(self, steps: Steps) -> Symbol:
        """Computed over the axes of what it depends on, then repeated along the others.

        A value that is repeated in it is taken as it was before. A stop has the symbol of its
        operand: so exp(x − stop(x)) becomes 1, which depends on no axis.
        """
        parameters = {s: steps.argument(s.name) for s in self._named}
        sources = [repeated(operand) for operand in self.operands]
        plain = [steps.value(source) for source in sources]
        try:
            value = self._of(plain, parameters)
        except TypeError:  # SymPy's, of a condition on no number
            value = sympy.nan
        if value.has(*INFINITIES):  # x/(x − stop(x)) is no number: arithmetic is to find that out
            plain = [steps.assign(symbol) for symbol in plain]
            value = self._of(plain, parameters)
        used = value.free_symbols
        covered = {a for x, s in zip(sources, plain, strict=True) if s in used for a in x.axes}
        axes = tuple(a for a in self.axes if a in covered)
        turned = {
            symbol: aligned(steps, symbol, source.axes, axes)
            for symbol, source in zip(plain, sources, strict=True)
            if symbol in used
        }
        if any(symbol is not to for symbol, to in turned.items()):
            value = self._of([turned.get(symbol, symbol) for symbol in plain], parameters)
        return spread(steps, steps.assign(value), axes, self.axes)

    def whole(self, write: Write) -> Expr:
        """The expression of what is written for the operands."""
        return _put_together(self._written([write(operand) for operand in self.operands]))

    def entry(self, indices: Indices, entries: Entries) -> Expr:
        """The expression of the operands' entries."""
        return self._written([entries.write(operand, indices) for operand in self.operands])

    def varying(self, of: Callable[[Node], set[str]]) -> set[str]:
        """The axes that its operands vary along."""
        return set().union(*map(of, self.operands))

    @property
    def _named(self) -> set[Symbol]:
        """The parameters and the lengths of axes in the expression."""
        return self.expr.free_symbols - set(map(placeholder, range(len(self.operands))))

    def _written(self, operands: Sequence[Expr]) -> Expr:
        try:
            return self._of(operands)
        except TypeError:  # SymPy's, of a condition on x/(x − stop(x)), which is no number
            return sympy.nan

    def _of(self, operands: Iterable[Expr], parameters: dict[Symbol, Symbol] | None = None) -> Expr:
        put = {placeholder(i): value for i, value in enumerate(operands)}
        return self.expr.xreplace({**(parameters or {}), **put})


def placeholder(position: int) -> Symbol:
    """The symbol that stands for an operand; its name is no identifier, so no user's can clash."""
    return Symbol(f"%{position}", real=True)


def constant(value: Expr | int) -> Node:
    """A scalar constant."""
    return Elementwise((), (), sympy.sympify(value), ())


def is_constant(node: Node) -> bool:
    """Whether it is a scalar constant."""
    return isinstance(node, Elementwise) and not node.operands


def zeros(axes: Axes) -> Node:
    """0 in every entry."""
    return broadcast(constant(0), axes)


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
    axes = union(operand.axes for operand in operands)
    return _simplified(expr, operands, tuple(partials or [None] * len(operands)), axes)


def added(terms: Iterable[Node]) -> Node:
    """The sum of nodes entry by entry, one after the other."""
    first, *rest = terms
    for term in rest:
        first = elementwise(lambda a, b: a + b, first, term)
    return first


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
    covered = union(node.axes for node in remaining)
    final = tuple(p if p is None else p.xreplace(renamed) for p in kept_partials)
    if set(map(placeholder, range(len(remaining)))) - _used(expr, final):  # a 0 folded it away
        return _simplified(expr, remaining, final, axes)
    if set(covered) == set(axes):
        return Elementwise(axes, remaining, expr, final)
    return broadcast(Elementwise(covered, remaining, expr, final), axes)


def _used(expr: Expr, partials: Iterable[Expr | None]) -> set[Symbol]:
    return expr.free_symbols.union(*(p.free_symbols for p in partials if p is not None))


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
