"""A graph as a straight-line program: one assignment a shared value, nothing computed twice.

This is what evaluators run and what operation counts count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol
from sympy.logic.boolalg import Boolean

from symdiff.graph.layout import Align
from symdiff.graph.node import Node, topological
from symdiff.graph.steps import ArrayOperation
from symdiff.notation.arrays import PRIME

Assignment = tuple[Symbol, Expr]


@dataclass(frozen=True)
class Program:
    """Assignments in order of dependency, and which of them are the results.

    Arrays, parameters and axis lengths are its arguments, each by its own name.
    """

    arguments: Mapping[str, Symbol]
    assignments: tuple[Assignment, ...]
    results: Mapping[str, Expr]  # mostly symbols assigned above

    def at(self, values: Mapping[str, Expr]) -> Program:
        """The same program with some of its arguments replaced by numbers."""
        numbers = {s: values[name] for name, s in self.arguments.items() if name in values}
        return Program(
            {name: s for name, s in self.arguments.items() if name not in values},
            tuple((s, e.xreplace(numbers)) for s, e in self.assignments),
            self.results,
        )

    def operation_count(self) -> int:
        """Scalar operations: each +, −, ×, ÷, power or function call counts one."""
        return sum(_operations(e) for _, e in self.assignments)


def program(outputs: Mapping[str, Node], *, shared: bool = True) -> Program:
    """The program that computes the named nodes, each node once.

    Args: shared, whether subexpressions that occur more than once become steps of their own. They
        are then computed before any case is decided, so also where no case that holds them is.
    """
    assembly = _Assembly()
    for node in topological(outputs.values(), computed=True):
        assembly.symbols[node] = node.lowered(assembly)
    results = {name: assembly.symbols[node] for name, node in outputs.items()}
    assignments = _needed(assembly.assignments, results.values())
    steps = _shared(assignments) if shared else assignments
    return Program(assembly.arguments, tuple(steps), results)


class _Assembly:
    """Gives every value a symbol of its own, v0, v1, …: no name of a user's reaches code."""

    def __init__(self) -> None:
        self.symbols: dict[Node, Symbol] = {}
        self.arguments: dict[str, Symbol] = {}
        self.assignments: list[Assignment] = []
        self._names = sympy.numbered_symbols("v", real=True)

    def value(self, node: Node) -> Symbol:
        """The symbol of a node before."""
        return self.symbols[node]

    def argument(self, name: str) -> Symbol:
        """The symbol of an input, a parameter or the length of an axis; that of n′ is n's."""
        name = name.rstrip(PRIME)
        if name not in self.arguments:
            self.arguments[name] = next(self._names)
        return self.arguments[name]

    def assign(self, value: Expr) -> Symbol:
        """A symbol for one more step."""
        symbol = next(self._names)
        self.assignments.append((symbol, value))
        return symbol


def _needed(assignments: Sequence[Assignment], results: Iterable[Symbol]) -> list[Assignment]:
    """The assignments that the results are computed from."""
    needed = set(results)
    kept = []
    for symbol, value in reversed(assignments):
        if symbol in needed:
            needed |= value.free_symbols
            kept.append((symbol, value))
    return kept[::-1]


def _shared(assignments: Iterable[Assignment]) -> Iterable[Assignment]:
    """The same assignments with subexpressions that occur more than once computed once."""
    assignments = list(assignments)
    names = sympy.numbered_symbols("s", real=True)
    scalar = [e for _, e in assignments if not isinstance(e, ArrayOperation)]
    replacements, reduced = sympy.cse(scalar, symbols=names, order="none", list=False)
    # A shared condition is no number that an arithmetic could hold: it goes back where it was.
    conditions: dict[Symbol, Expr] = {}
    common: dict[Symbol, Expr] = {}
    for symbol, value in replacements:
        put_back = value.xreplace(conditions)
        is_condition = isinstance(put_back, Boolean) and not put_back.is_Symbol
        (conditions if is_condition else common)[symbol] = put_back
    rewritten = (expression.xreplace(conditions) for expression in reduced)
    emitted: set[Symbol] = set()

    def first_needed(expression: Expr) -> Iterable[Assignment]:
        for symbol in sorted(expression.free_symbols & common.keys() - emitted, key=str):
            if symbol not in emitted:
                yield from first_needed(common[symbol])
                emitted.add(symbol)
                yield symbol, common[symbol]

    for symbol, value in assignments:
        if isinstance(value, ArrayOperation):
            yield symbol, value
        else:
            expression = next(rewritten)
            yield from first_needed(expression)
            yield symbol, expression


def _operations(expression: Expr) -> int:
    """Operations of one expression tree; a constant subexpression is computed beforehand: none."""
    if expression.is_Atom or not expression.free_symbols or isinstance(expression, Align):
        return 0
    if isinstance(expression, ArrayOperation):
        return 1
    own = 1
    if isinstance(expression, sympy.Add | sympy.Mul):
        varying = [a for a in expression.args if a.free_symbols]
        own = len(varying) - (len(varying) == len(expression.args))  # all constants are one
    return own + sum(_operations(a) for a in expression.args)
