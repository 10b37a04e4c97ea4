"""A graph as a straight-line program: one assignment a shared value, nothing computed twice.

This is what evaluators run and what operation counts count.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, ClassVar

import sympy
from sympy import Expr, Symbol, Tuple
from sympy.core.symbol import Str
from sympy.logic.boolalg import Boolean

from symdiff.arrays import align, contract
from symdiff.graph import (
    Axes,
    Einsum,
    Elementwise,
    Input,
    Node,
    Stop,
    placeholder,
    repeated,
    topological,
)

INFINITIES = (sympy.zoo, sympy.nan, sympy.oo, -sympy.oo)


class ArrayOperation(Expr):
    """A step that takes whole arrays; symbols among its arguments are values computed before."""

    function: ClassVar[Callable[..., Any]]  # of symdiff.arrays

    def arguments(self, value: Callable[[Symbol], Any]) -> list[Any]:
        """What the function takes, its symbols replaced by their `value`."""
        raise NotImplementedError  # abstract: each operation has its own

    def run(self, value: Callable[[Symbol], Any]) -> Any:
        """The result on arrays of numbers of any kind."""
        return type(self).function(*self.arguments(value))

    def _numpycode(self, printer: Any) -> str:
        written = self.arguments(lambda symbol: _Written(printer._print(symbol)))
        return f"{type(self).function.__name__}({', '.join(map(repr, written))})"


class _Written(str):
    """Source text that stands for itself inside a tuple or a call."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Contract(ArrayOperation):
    """An einsum over arrays: its subscripts, as numpy takes them, and its operands."""

    function = staticmethod(contract)

    @property
    def subscripts(self) -> str:
        """One letter an axis."""
        return str(self.args[0])

    @property
    def operands(self) -> tuple[Symbol, ...]:
        """The arrays multiplied."""
        return tuple(self.args[1])

    def arguments(self, value: Callable[[Symbol], Any]) -> list[Any]:
        """The subscripts, then the arrays."""
        return [self.subscripts, *map(value, self.operands)]


class Align(ArrayOperation):
    """An array with axes put in, of length 1 or, where a shape is given, repeated to that shape.

    The order says for each axis of the result which axis of the operand it is, or −1 for a new one.
    """

    function = staticmethod(align)

    @property
    def order(self) -> tuple[int, ...]:
        """Positions of the operand's axes."""
        return tuple(map(int, self.args[1]))

    @property
    def shape(self) -> tuple[Symbol, ...]:
        """The lengths to repeat to; empty to leave new axes at length 1."""
        return tuple(self.args[2]) if len(self.args) > 2 else ()

    def arguments(self, value: Callable[[Symbol], Any]) -> list[Any]:
        """The array, the order and the lengths."""
        return [value(self.args[0]), self.order, tuple(map(value, self.shape))]


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
    lowering = Lowering()
    for node in topological(outputs.values(), computed=True):
        lowering.symbols[node] = lowered(node, lowering)
    results = {name: lowering.symbols[node] for name, node in outputs.items()}
    assignments = _needed(lowering.assignments, results.values())
    steps = _shared(assignments) if shared else assignments
    return Program(lowering.arguments, tuple(steps), results)


class Lowering:
    """Gives every value a symbol of its own, v0, v1, …: no name of a user's reaches code."""

    def __init__(self) -> None:
        self.symbols: dict[Node, Symbol] = {}
        self.arguments: dict[str, Symbol] = {}
        self.assignments: list[Assignment] = []
        self._names = sympy.numbered_symbols("v", real=True)

    def argument(self, name: str) -> Symbol:
        """The symbol of an input, a parameter or the length of an axis."""
        if name.startswith("%"):
            return Symbol(name)  # a placeholder: replaced by its operand
        if name not in self.arguments:
            self.arguments[name] = next(self._names)
        return self.arguments[name]

    def aligned(self, symbol: Symbol, own: Axes, axes: Axes) -> Symbol:
        """The value over its own axes with the given ones, those it lacks of length 1."""
        return symbol if own in (axes, ()) else self.assign(Align(symbol, _order(own, axes)))

    def repeated(self, symbol: Symbol, own: Axes, axes: Axes) -> Symbol:
        """The value over its own axes repeated along the given ones."""
        if own == axes:
            return symbol
        shape = Tuple(*map(self.argument, axes))
        return self.assign(Align(symbol, _order(own, axes), shape))

    def assign(self, value: Expr) -> Symbol:
        """A symbol for one more step."""
        symbol = next(self._names)
        self.assignments.append((symbol, value))
        return symbol


@singledispatch
def lowered(node: Node, steps: Lowering) -> Symbol:
    """The symbol of the node's value, its steps added to the program."""
    raise TypeError(f"{type(node).__name__} cannot be computed; {steps} knows no step for it")


@lowered.register
def _(node: Input, steps: Lowering) -> Symbol:
    return steps.argument(node.name)


@lowered.register
def _(node: Stop, steps: Lowering) -> Symbol:
    return steps.symbols[node.operands[0]]


@lowered.register
def _(node: Elementwise, steps: Lowering) -> Symbol:
    """Computed over the axes of what it depends on, then repeated along the others.

    A value that is repeated in it is taken as it was before. A stop has the symbol of its operand:
    so exp(x − stop(x)) becomes 1, which depends on no axis.
    """
    parameters = {s: steps.argument(s.name) for s in node.expr.free_symbols}
    sources = [repeated(operand) for operand in node.operands]

    def computed(values: Iterable[Expr]) -> Expr:
        operands = {placeholder(i): value for i, value in enumerate(values)}
        return node.expr.xreplace({**parameters, **operands})

    plain = [steps.symbols[source] for source in sources]
    try:
        folded = computed(plain)
    except TypeError:  # SymPy's, of a condition on no number
        folded = sympy.nan
    if folded.has(*INFINITIES):  # x/(x − stop(x)) is no number: arithmetic is to find that out
        plain = [steps.assign(symbol) for symbol in plain]
    used = computed(plain).free_symbols
    covered = {a for x, s in zip(sources, plain, strict=True) if s in used for a in x.axes}
    axes = tuple(a for a in node.axes if a in covered)
    aligned = {
        symbol: steps.aligned(symbol, source.axes, axes)
        for symbol, source in zip(plain, sources, strict=True)
        if symbol in used
    }
    value = steps.assign(computed(aligned.get(symbol, symbol) for symbol in plain))
    return steps.repeated(value, axes, node.axes)


@lowered.register
def _(node: Einsum, steps: Lowering) -> Symbol:
    names = dict.fromkeys(a for o in node.operands for a in o.axes)
    letter = dict(zip(names, string.ascii_letters, strict=False))
    groups = ["".join(letter[a] for a in o.axes) for o in node.operands]
    kept = tuple(a for a in node.axes if a in letter)
    subscripts = f"{','.join(groups)}->{''.join(letter[a] for a in kept)}"
    product = steps.assign(
        Contract(Str(subscripts), Tuple(*(steps.symbols[o] for o in node.operands)))
    )
    return steps.repeated(product, kept, node.axes)


def _order(own: Axes, axes: Axes) -> Tuple:
    """Where each axis is among the own ones, −1 if it is not."""
    return Tuple(*(own.index(a) if a in own else -1 for a in axes))


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
    own = 1
    if isinstance(expression, sympy.Add | sympy.Mul):
        varying = [a for a in expression.args if a.free_symbols]
        own = len(varying) - (len(varying) == len(expression.args))  # all constants are one
    return own + sum(_operations(a) for a in expression.args)
