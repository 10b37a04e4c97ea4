"""Turn a graph into a straight-line program: one step a shared value, nothing computed twice.

This is what evaluators run and what operation counts count.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import sympy
from sympy import Expr, Symbol

from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.node import Node, topological
from symdiff.notation.arrays import PRIME
from symdiff.programs.sharing import Entrywise, Step, entrywise, shared_steps

Assignment = tuple[Symbol, Expr]


@dataclass(frozen=True)
class Program:
    """Steps in order of dependency, with the names of those that are results.

    Arrays, parameters and axis lengths are its arguments, each by its own name.
    """

    arguments: Mapping[str, Symbol]
    steps: tuple[Step, ...]
    results: Mapping[str, Symbol]

    @cached_property
    def assignments(self) -> tuple[Assignment, ...]:
        """The steps as expressions in the symbols assigned before."""
        return tuple(
            (symbol, what.expression if isinstance(what, Entrywise) else what)
            for symbol, what in self.steps
        )

    @cached_property
    def released(self) -> tuple[frozenset[Symbol], ...]:
        """For each step the values that nothing needs after it."""
        needed, found = set(self.results.values()), []
        for _, what in reversed(self.steps):
            operands = operands_of(what)
            found.append(frozenset(operands - needed))
            needed |= operands
        return tuple(reversed(found))

    def check(self, given: Container[str]) -> None:
        """Check that all arguments are given. Raises: ValueError, naming one that is not."""
        for name in self.arguments:
            if name not in given:
                raise ValueError(
                    f"nothing gives {name!r} a value: make it an input or a parameter, or, if it "
                    f"is the length of an axis, state it with the graph: lengths={{{name!r}: …}}"
                )

    def at(self, values: Mapping[str, Expr]) -> Program:
        """The same program with some of its arguments replaced by numbers."""
        numbers = {s: values[name] for name, s in self.arguments.items() if name in values}
        return Program(
            {name: s for name, s in self.arguments.items() if name not in values},
            tuple(
                (s, what.at(numbers) if isinstance(what, Entrywise) else what.xreplace(numbers))
                for s, what in self.steps
            ),
            self.results,
        )

    def given(self, result: str) -> Program:
        """The same program with one of its results as an argument.

        The program must have been made without sharing, or what reads that value may not read it.
        """
        value = self.results[result]
        arguments = {**self.arguments, result: value}
        steps = [(symbol, what) for symbol, what in self.steps if symbol != value]
        left = {name: symbol for name, symbol in self.results.items() if name != result}
        return Program(arguments, tuple(_needed(steps, left.values())), left)

    def operation_count(self) -> int:
        """The number of scalar operations: each +, −, ×, ÷, power or function call counts one."""
        return sum(
            _operations(what.template if isinstance(what, Entrywise) else what)
            for _, what in self.steps
        )


def operands_of(what: Entrywise | ArrayOperation) -> set[Symbol]:
    """The values that a step is computed from."""
    return set(what.operands) if isinstance(what, Entrywise) else what.free_symbols


def program(outputs: Mapping[str, Node], *, shared: bool = True) -> Program:
    """Assemble the program that computes the named nodes, each node once.

    Args: shared, whether subexpressions that occur more than once become steps of their own. They
        are then computed before any case is decided, so also where no case that holds them is.
    """
    assembly = _Assembly()
    with acyclic():
        for node in topological(outputs.values(), computed=True):
            assembly.symbols[node] = node.lowered(assembly)
        results = {name: assembly.symbols[node] for name, node in outputs.items()}
        steps = _needed(assembly.steps, results.values())
        if shared:
            steps = shared_steps(steps)
    return Program(assembly.arguments, tuple(steps), results)


class _Assembly:
    """Gives every value a symbol of its own, v0, v1, …: no name of a user's reaches code."""

    def __init__(self) -> None:
        self.symbols: dict[Node, Symbol] = {}
        self.arguments: dict[str, Symbol] = {}
        self.steps: list[Step] = []
        self._taken = 0

    def value(self, node: Node) -> Symbol:
        """The symbol of a node before."""
        return self.symbols[node]

    def argument(self, name: str) -> Symbol:
        """The symbol of an input, a parameter or the length of an axis; that of n′ is n's."""
        name = name.rstrip(PRIME)
        if name not in self.arguments:
            self.arguments[name] = self._new()
        return self.arguments[name]

    def assign(self, value: Expr) -> Symbol:
        """A symbol for one more step that takes whole arrays, or for a number."""
        symbol = self._new()
        self.steps.append(
            (symbol, value if isinstance(value, ArrayOperation) else Entrywise(value, ()))
        )
        return symbol

    def apply(self, template: Expr, operands: Sequence[Symbol]) -> Symbol:
        """A symbol for an expression in placeholders, entry by entry of values before."""
        symbol = self._new()
        self.steps.append((symbol, entrywise(template, operands)))
        return symbol

    def _new(self) -> Symbol:
        self._taken += 1
        return _numbered(self._taken - 1)


@lru_cache(maxsize=2**16)
def _numbered(i: int) -> Symbol:
    return Symbol(f"v{i}", real=True)


def _needed(steps: Sequence[Step], results: Iterable[Symbol]) -> list[Step]:
    """The steps that the results are computed from."""
    needed = set(results)
    kept = []
    for symbol, what in reversed(steps):
        if symbol in needed:
            needed |= operands_of(what)
            kept.append((symbol, what))
    return kept[::-1]


@lru_cache(maxsize=2**14)
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
