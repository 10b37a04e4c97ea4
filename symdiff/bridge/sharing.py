"""Steps of a program in which no subexpression is computed twice.

Subexpressions are numbered by what they are applied to (Briggs, Cooper, Simpson: Value numbering,
Software: Practice and Experience 27(6), 1997), and what has two users becomes a step of its own.
What can be told of an expression alone, its parts and how it reads when some are taken out, is told
once: a deep graph repeats a few expressions thousands of times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from sympy import Basic, Expr, Symbol

from symdiff.graph.steps import ArrayOperation
from symdiff.graph.template import PLAIN, placeholder, positions, renumbered

_KEPT = 2**14


@dataclass(frozen=True)
class Entrywise:
    """An expression in the placeholders 0, 1, …, each used, entry by entry of as many values."""

    template: Expr
    operands: tuple[Symbol, ...]

    @cached_property
    def expression(self) -> Expr:
        """The expression in the operands' own symbols."""
        return self.template.xreplace(
            {placeholder(i): symbol for i, symbol in enumerate(self.operands)}
        )

    def at(self, numbers: Mapping[Symbol, Expr]) -> Entrywise:
        """The same with some of the operands replaced by numbers."""
        put = {placeholder(i): numbers[s] for i, s in enumerate(self.operands) if s in numbers}
        return entrywise(self.template.xreplace(put), self.operands) if put else self


Step = tuple[Symbol, Entrywise | ArrayOperation]


def entrywise(template: Expr, operands: Sequence[Symbol]) -> Entrywise:
    """The step for an expression in some of the placeholders of the operands."""
    used = positions(template)
    if len(used) == len(operands):
        return Entrywise(template, tuple(operands))
    return Entrywise(renumbered(template, used), tuple(operands[i] for i in used))


class _Part(NamedTuple):
    """A subexpression of a template."""

    expression: Expr  # in the template's placeholders
    template: Expr  # in its own
    positions: tuple[int, ...]  # which of the template's operands are its own
    children: tuple[int, ...]  # the parts right below it, in the template's list


@lru_cache(maxsize=_KEPT)
def _parts(template: Expr) -> tuple[_Part, ...]:
    """The parts of a template that depend on operands, children first, itself last.

    A condition is none, for it is no number that an arithmetic could hold: its sides are.
    """
    found: dict[Expr, int] = {}
    parts: list[_Part] = []

    def children(expression: Basic) -> Iterable[int]:
        for argument in expression.args:
            if argument in found:
                yield found[argument]
            elif isinstance(argument, Expr):
                if argument.args and positions(argument):
                    yield visit(argument)
            else:
                yield from children(argument)

    def visit(expression: Expr) -> int:
        below = tuple(dict.fromkeys(children(expression)))
        used = positions(expression)
        parts.append(_Part(expression, renumbered(expression, used), used, below))
        found[expression] = len(parts) - 1
        return found[expression]

    visit(template)
    return tuple(parts)


@lru_cache(maxsize=_KEPT)
def _without(template: Expr, taken: tuple[int, ...]) -> tuple[Expr, tuple[int, ...]]:
    """The template with some of its parts as placeholders, and which of its own are left.

    The placeholders that are left come first, then those of the parts, in their order.
    """
    parts, count = _parts(template), len(positions(template))
    put = {parts[part].expression: placeholder(count + k) for k, part in enumerate(taken)}
    rest = template.xreplace(put)
    used = positions(rest)
    return renumbered(rest, used), tuple(used)


def shared_steps(steps: Iterable[Step]) -> list[Step]:
    """The same steps, those before them that compute what more than one of their parts needs."""
    return _Sharing(list(steps)).steps


_Value = tuple[int, ...]  # a template's number, then its operands' in ascending order


class _Sharing:
    """One pass to count who uses what, one to emit; all in numbers, for SymPy hashes slowly."""

    def __init__(self, given: list[Step]) -> None:
        self.steps: list[Step] = []
        self._symbols: list[Symbol] = []  # by number
        self._numbers: dict[Symbol, int] = {}
        self._templates: list[Expr] = []  # by number
        self._codes: dict[Expr, int] = {}
        self._plans: dict[int, list[tuple[int, tuple[int, ...], tuple[int, ...]]]] = {}
        self._turned: dict[tuple[int, tuple[int, ...]], int] = {}
        self._seen: set[_Value] = set()
        self._users: defaultdict[_Value, int] = defaultdict(int)
        self._below: dict[_Value, list[_Value]] = {}  # what each of its template's parts computes
        self._computed: dict[_Value, int] = {}  # by the symbol of that number
        self._taken = 0
        roots = [
            self._counted(what)
            if isinstance(what, Entrywise) and what.operands and what.template is not PLAIN
            else None
            for _, what in given
        ]
        for (symbol, what), root in zip(given, roots, strict=True):
            if root is None:
                self.steps.append((symbol, what))
            else:
                self._emit(symbol, root)

    def _number(self, symbol: Symbol) -> int:
        number = self._numbers.setdefault(symbol, len(self._symbols))
        if number == len(self._symbols):
            self._symbols.append(symbol)
        return number

    def _code(self, template: Expr) -> int:
        code = self._codes.setdefault(template, len(self._templates))
        if code == len(self._templates):
            self._templates.append(template)
        return code

    def _plan(self, code: int) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
        """Of each part of a template its number, its operands and the parts right below."""
        if code not in self._plans:
            self._plans[code] = [
                (self._code(part.template), part.positions, part.children)
                for part in _parts(self._templates[code])
            ]
        return self._plans[code]

    def _value(self, code: int, operands: tuple[int, ...]) -> _Value:
        """What is computed, by one key for x + y and y + x."""
        ascending = tuple(sorted(operands))
        if ascending == operands:
            return (code, *operands)
        order = tuple(sorted(range(len(operands)), key=operands.__getitem__))
        key = code, order
        if key not in self._turned:
            self._turned[key] = self._code(renumbered(self._templates[code], order))
        return (self._turned[key], *ascending)

    def _parts_of(self, value: _Value) -> list[_Value]:
        """What each part of a value's template computes, itself last."""
        if value not in self._below:
            code, *operands = value
            self._below[value] = [
                self._value(part, tuple([operands[i] for i in where]))
                for part, where, _ in self._plan(code)
            ]
        return self._below[value]

    def _counted(self, what: Entrywise) -> _Value:
        """The value of a step; who uses what is counted, once for each user."""
        numbers = tuple([self._number(symbol) for symbol in what.operands])
        root = self._value(self._code(what.template), numbers)
        values = self._parts_of(root)
        for value, (_, _, children) in zip(values, self._plan(root[0]), strict=True):
            if value not in self._seen:
                self._seen.add(value)
                for child in children:
                    self._users[values[child]] += 1
        self._users[root] += 1
        return root

    def _emit(self, symbol: Symbol, root: _Value) -> None:
        """One more step, after the steps for those of its parts that have other users too."""
        if root in self._computed:
            known = self._symbols[self._computed[root]]
            self.steps.append((symbol, Entrywise(PLAIN, (known,))))
            return
        code, *operands = root
        values, plan = self._parts_of(root), self._plan(code)
        taken: set[int] = set()
        below = list(plan[-1][2])
        while below:
            part = below.pop()
            if self._users[values[part]] > 1:
                taken.add(part)
            else:
                below += plan[part][2]
        every = list(operands)
        for part in sorted(taken):
            if values[part] not in self._computed:
                self._taken += 1
                self._emit(Symbol(f"s{self._taken - 1}", real=True), values[part])
            every.append(self._computed[values[part]])
        rest, left = _without(self._templates[code], tuple(sorted(taken)))
        self.steps.append((symbol, Entrywise(rest, tuple(self._symbols[every[i]] for i in left))))
        self._computed[root] = self._number(symbol)
