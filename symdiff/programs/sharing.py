"""Share subexpressions between the steps of a program, so that none is computed twice.

Subexpressions are numbered by what they are applied to (Briggs, Cooper, Simpson: Value numbering,
Software: Practice and Experience 27(6), 1997), and what has two users becomes a step of its own.
What can be told of an expression alone, its parts and how it reads when some are taken out, is told
once: a deep graph repeats a few expressions thousands of times.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from sympy import Add, Basic, Expr, Mul, Symbol

from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.template import PLAIN, placeholder, positions, renumbered

_KEPT = 2**14


@dataclass(frozen=True)
class Entrywise:
    """The step of an expression in placeholders 0, 1, …, entry by entry of its operands."""

    template: Expr
    operands: tuple[Symbol, ...]

    @cached_property
    def expression(self) -> Expr:
        """The expression in the operands' own symbols."""
        return self.template.xreplace(
            {placeholder(i): symbol for i, symbol in enumerate(self.operands)}
        )

    def at(self, numbers: Mapping[Symbol, Expr]) -> Entrywise:
        """The same step with some operands replaced by numbers."""
        put = {placeholder(i): numbers[s] for i, s in enumerate(self.operands) if s in numbers}
        return entrywise(self.template.xreplace(put), self.operands) if put else self


Step = tuple[Symbol, Entrywise | ArrayOperation]


def entrywise(template: Expr, operands: Sequence[Symbol]) -> Entrywise:
    """The step of an expression in some of the placeholders of the operands."""
    used = positions(template)
    if len(used) == len(operands):
        return Entrywise(template, tuple(operands))
    return Entrywise(renumbered(template, used), tuple(operands[i] for i in used))


class _Part(NamedTuple):
    """A subexpression of a template that depends on operands."""

    expression: Expr  # in the template's placeholders
    shape: Hashable  # what it is, but for what it is made of
    made_of: tuple[int, ...]  # the parts and operands right below: a part by its place, an operand
    # i by −1 − i; in any order if the shape is a sum's or a product's
    commutes: bool


@lru_cache(maxsize=_KEPT)
def _parts(template: Expr) -> tuple[_Part, ...]:
    """The parts of a template, those right below before each, itself last.

    A condition is none, for it is no number that an arithmetic could hold: its sides are.
    """
    found: dict[Expr, int] = {}
    parts: list[_Part] = []

    def shape(argument: Basic, below: list[int]) -> Hashable:
        """The shape of an argument, its parts and operands put down in `below`."""
        if not positions(argument):
            return argument
        if isinstance(argument, Expr):
            below.append(-1 - positions(argument)[0] if argument.is_Symbol else visit(argument))
            return None
        return (argument.func, *(shape(a, below) for a in argument.args))

    def visit(expression: Expr) -> int:
        if expression not in found:
            below: list[int] = []
            shapes = [shape(a, below) for a in expression.args]
            commutes = isinstance(expression, Add | Mul)
            if commutes:  # the numbers among the terms, then how many others
                shapes = [s for s in shapes if s is not None]
            parts.append(
                _Part(expression, (expression.func, *shapes, len(below)), tuple(below), commutes)
            )
            found[expression] = len(parts) - 1
        return found[expression]

    visit(template)
    return tuple(parts)


@lru_cache(maxsize=_KEPT)
def _without(template: Expr, part: int, taken: tuple[int, ...]) -> tuple[Expr, tuple[int, ...]]:
    """A part of a template with some of its own parts taken out, and which operands are left.

    These are the template's, then the parts taken, in their order.
    """
    parts, count = _parts(template), len(positions(template))
    rest = parts[part].expression
    if taken:
        put = {parts[t].expression: placeholder(count + k) for k, t in enumerate(taken)}
        rest = rest.xreplace(put)
    used = positions(rest)
    return renumbered(rest, used), used


def shared_steps(steps: Iterable[Step]) -> list[Step]:
    """The same steps, after new ones for each part that several of them need."""
    return _Sharing(list(steps)).steps


class _Planned(NamedTuple):
    """A part as it is counted: its shape by a number."""

    shape: int
    made_of: tuple[int, ...]
    commutes: bool
    parts: tuple[int, ...]  # the parts right below, each once


class _Sharing:
    """Numbers every value, counts who uses it, and emits the steps.

    Whatever has a number is looked up by it, for SymPy hashes slowly.
    """

    def __init__(self, given: list[Step]) -> None:
        self.steps: list[Step] = []
        self._numbers: dict[Symbol, int] = {}
        self._known: dict[tuple[Hashable, ...], int] = {}  # what is computed of what → its number
        self._shapes: dict[Hashable, int] = {}
        self._plans: dict[Expr, list[_Planned]] = {}
        self._users: list[int] = []  # by number
        self._computed: dict[int, Symbol] = {}
        self._taken = 0
        values = [self._counted(symbol, what) for symbol, what in given]
        for (symbol, what), numbers in zip(given, values, strict=True):
            if isinstance(what, Entrywise) and numbers:
                self._emit(symbol, what, numbers, len(numbers) - 1)
            else:
                self.steps.append((symbol, what))

    def _number(self, symbol: Symbol) -> int:
        number = self._numbers.setdefault(symbol, len(self._users))
        if number == len(self._users):
            self._users.append(0)
        return number

    def _plan(self, template: Expr) -> list[_Planned]:
        """The shape of each part, and the parts that it is made of."""
        found = self._plans.get(template)
        if found is None:
            found = self._plans[template] = [
                _Planned(
                    self._shapes.setdefault(part.shape, len(self._shapes)),
                    part.made_of,
                    part.commutes,
                    tuple(dict.fromkeys(b for b in part.made_of if b >= 0)),
                )
                for part in _parts(template)
            ]
        return found

    def _counted(self, symbol: Symbol, what: Entrywise | ArrayOperation) -> list[int]:
        """The number of each part's value; who uses what is counted, once for each value."""
        if not isinstance(what, Entrywise) or not what.operands or what.template is PLAIN:
            return []
        operands = [self._number(operand) for operand in what.operands]
        numbers: list[int] = []
        known, users = self._known, self._users
        for shape, made_of, commutes, parts in self._plan(what.template):
            below = [numbers[b] if b >= 0 else operands[-1 - b] for b in made_of]
            if commutes:
                below.sort()
            key = (shape, *below)
            number = known.get(key)
            if number is None:
                number = known[key] = len(users)
                users.append(0)
                for b in parts:
                    users[numbers[b]] += 1
            numbers.append(number)
        users[numbers[-1]] += 1
        self._numbers.setdefault(symbol, numbers[-1])
        return numbers

    def _emit(self, symbol: Symbol, what: Entrywise, numbers: list[int], part: int) -> None:
        """A step for a part, after those for what has other users too."""
        number = numbers[part]
        if number in self._computed:
            self.steps.append((symbol, Entrywise(PLAIN, (self._computed[number],))))
            return
        order: tuple[int, ...] = ()
        if part:  # a template of one part has none below
            plan = self._plan(what.template)
            taken: set[int] = set()
            below = list(plan[part].parts)
            while below:
                one = below.pop()
                if self._users[numbers[one]] > 1 or numbers[one] in self._computed:
                    taken.add(one)
                else:
                    below += plan[one].parts
            order = tuple(sorted(taken))
        for one in order:
            if numbers[one] not in self._computed:
                self._taken += 1
                self._emit(Symbol(f"s{self._taken - 1}", real=True), what, numbers, one)
        if not order and part == len(numbers) - 1:
            self.steps.append((symbol, what))
            self._computed[number] = symbol
            return
        rest, left = _without(what.template, part, order)
        every = (*what.operands, *(self._computed[numbers[one]] for one in order))
        self.steps.append((symbol, Entrywise(rest, tuple(every[i] for i in left))))
        self._computed[number] = symbol
