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


_Value = tuple[Expr, tuple[Symbol, ...]]  # a template in ascending order of its operands


def shared_steps(steps: Iterable[Step]) -> list[Step]:
    """The same steps, those before them that compute what more than one of their parts needs."""
    return _Sharing(list(steps)).steps


class _Sharing:
    def __init__(self, given: list[Step]) -> None:
        self.steps: list[Step] = []
        self._order: dict[Symbol, int] = {}
        self._users: defaultdict[_Value, int] = defaultdict(int)
        self._seen: set[_Value] = set()
        self._symbols: dict[_Value, Symbol] = {}
        self._taken = 0
        for _, what in given:
            if isinstance(what, Entrywise):
                self._count(what)
        for symbol, what in given:
            if isinstance(what, Entrywise) and what.operands and what.template is not PLAIN:
                self._emit(symbol, *self._value(what.template, what.operands))
            else:
                self.steps.append((symbol, what))

    def _value(self, template: Expr, operands: tuple[Symbol, ...]) -> _Value:
        """What is computed, by one key for x + y and y + x."""
        if len(operands) == 1:
            return template, operands
        places = [self._order.setdefault(symbol, len(self._order)) for symbol in operands]
        order = tuple(sorted(range(len(places)), key=places.__getitem__))
        if order == tuple(range(len(places))):
            return template, operands
        return renumbered(template, order), tuple(operands[i] for i in order)

    def _values(self, template: Expr, operands: tuple[Symbol, ...]) -> list[_Value]:
        """What each part of a template computes."""
        return [
            self._value(part.template, tuple(operands[i] for i in part.positions))
            for part in _parts(template)
        ]

    def _count(self, what: Entrywise) -> None:
        """Count who uses what, each value once however often it occurs."""
        if not what.operands:
            return
        template, operands = self._value(what.template, what.operands)
        values = self._values(template, operands)
        for part, value in zip(_parts(template), values, strict=True):
            if value not in self._seen:
                self._seen.add(value)
                for child in part.children:
                    self._users[values[child]] += 1
        self._users[values[-1]] += 1

    def _emit(self, symbol: Symbol, template: Expr, operands: tuple[Symbol, ...]) -> None:
        """One more step, after the steps for those of its parts that have other users too."""
        known = self._symbols.get((template, operands))
        if known is not None:
            self.steps.append((symbol, Entrywise(PLAIN, (known,))))
            return
        parts, values = _parts(template), self._values(template, operands)
        taken: list[int] = []
        below = list(parts[-1].children)
        while below:
            part = below.pop()
            if self._users[values[part]] > 1:
                taken.append(part)
            else:
                below += parts[part].children
        taken = sorted(set(taken))
        for part in taken:
            if values[part] not in self._symbols:
                self._taken += 1
                self._emit(Symbol(f"s{self._taken - 1}", real=True), *values[part])
        rest, left = _without(template, tuple(taken))
        every = (*operands, *(self._symbols[values[part]] for part in taken))
        self.steps.append((symbol, Entrywise(rest, tuple(every[i] for i in left))))
        self._symbols[template, operands] = symbol
