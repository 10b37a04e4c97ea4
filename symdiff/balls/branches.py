"""Cases and conditions as source: `if`s, so that only what matters runs.

A condition is True, False or undecided. What stands in a case, and in a condition that another one
makes needless, is computed only where it matters: a case that is not taken has no say. Over balls
an undecided condition takes both cases, and the result holds both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sympy
from flint import arb, arb_series
from sympy import Expr, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.balls.conditions import Conditions
from symdiff.balls.elementary import SERIES, CannotCertify, Lowering, Undefined
from symdiff.balls.exact import Exact, Sharpened
from symdiff.balls.source import Block, Source
from symdiff.functions import Extreme
from symdiff.trees.walks import symbols

Condition = Callable[[Block], str]
Case = tuple[Expr, Condition | None]  # a value and what writes its condition; None: otherwise
_NOT = "None if {0} is None else not {0}"
# a relation of lhs and rhs → the condition that a border meets, the border, whether negated
_RELATIONS: dict[type, tuple[str, Callable[[Expr, Expr], Expr], bool]] = {
    Gt: ("above", lambda a, b: a - b, False),
    Ge: ("at_least", lambda a, b: a - b, False),
    Lt: ("above", lambda a, b: b - a, False),
    Le: ("at_least", lambda a, b: b - a, False),
    Eq: ("equal", lambda a, b: a - b, False),
    Ne: ("equal", lambda a, b: a - b, True),
}


class CaseWriter:
    """Writes the cases of a Piecewise and their conditions into a source."""

    def __init__(
        self,
        source: Source,
        write: Callable[[Expr, Block], str],
        lowering: Lowering,
        symbols: Sequence[Symbol],
        degrees: Mapping[Symbol, float],
    ) -> None:
        """Args: write, which writes an expression and returns the name that holds it."""
        self.source = source
        self.write = write
        self.over_series = lowering is SERIES
        self.symbols = tuple(symbols)
        self.degrees = degrees

    def value(self, pairs: Sequence[Case], block: Block) -> str:
        """The value of the first case whose condition holds; of those, if some are undecided.

        A case is a value and what writes its condition, or None for what holds otherwise.
        """
        result, pending = self.source.fresh(), self.source.fresh()
        self.source.add(f"{result} = None", block)
        for i, (value, condition) in enumerate(pairs):
            inside = block
            if i:  # the first is always looked at
                self.source.add(f"if {pending}:", block)
                inside = block.inner()
            test = "True" if condition is None else condition(inside)
            if test == "False":
                self.source.add(f"{pending} = True", inside)
                continue
            taken = inside
            if test != "True":
                self.source.add(f"{pending} = {test} is not True", inside)
                self.source.add(f"if {test} is not False:", inside)
                taken = inside.inner()
            self.source.add(f"{result} = joined({result}, {self._lifted(value, taken)})", taken)
            if test == "True":
                break
        else:
            self.source.add(f"if {pending}:", block)
            self.source.add(f"{result} = neither({result})", block.inner())
        return result

    def when(self, c: Any) -> Condition | None:
        """The function that writes a condition; None for one that always holds."""
        return None if c == True else lambda block: self.condition(c, block)  # noqa: E712 - SymPy's true

    def test(self, kind: str, border: Expr, *, negated: bool = False) -> Condition:
        """The function that writes the condition on the sign of a border."""

        def written(block: Block) -> str:
            key = (kind, border, negated)
            if key not in block.known:
                degree = f", degree={degree_of(border, self.degrees)}" if self.over_series else ""
                call = f"{kind}({self.border(border, block)}{degree})"
                name = self.source.assign(call, block)
                block.known[key] = self.source.assign(_NOT.format(name), block) if negated else name
            return block.known[key]

        return written

    def condition(self, c: Any, block: Block) -> str:
        """The name of a condition whose value is True, False or None (undecided)."""
        if isinstance(c, BooleanAtom):
            return str(bool(c))
        if c not in block.known:
            block.known[c] = self.combined(c, block)
        return block.known[c]

    def combined(self, c: Any, block: Block) -> str:
        """The name of a condition made of others, or of a border."""
        if isinstance(c, Relational) and type(c) in _RELATIONS:
            kind, border, negated = _RELATIONS[type(c)]
            return self.test(kind, border(c.lhs, c.rhs), negated=negated)(block)
        if isinstance(c, And | Or):
            return self.joint(c.args, block, settles=isinstance(c, Or))
        if isinstance(c, ITE):  # a condition on a value that has cases itself
            test, then, otherwise = c.args
            return self.joint(
                (And(test, then, evaluate=False), And(Not(test), otherwise, evaluate=False)),
                block,
                settles=True,
            )
        if isinstance(c, Not):
            return self.source.assign(_NOT.format(self.condition(c.args[0], block)), block)
        raise CannotCertify(
            f"the condition '{c}' is not understood; write it with comparisons, 'and', 'or', 'not'"
        )

    def joint(self, parts: Sequence[Any], block: Block, *, settles: bool) -> str:
        """The name of an `and` (settled by a False part) or an `or` (by a True one).

        A part without a value is undecided: another may settle it, or the condition has no value.
        """
        result, lost = self.source.fresh(), self.source.fresh()
        self.source.add(f"{result}, {lost} = {not settles}, False", block)
        for part in parts:
            self.source.add(f"if {result} is not {settles}:", block)
            guarded = block.inner()
            self.source.add("try:", guarded)
            inside = guarded.inner()
            found = self.condition(part, inside)
            self.source.add(
                f"{result} = {found} if {found} is {settles} or {result} is {not settles} "
                f"else {result}",
                inside,
            )
            self.source.add("except Undefined:", guarded)
            self.source.add(f"{result}, {lost} = None, True", guarded.inner())
        self.source.add(f"if {lost} and {result} is None:", block)
        self.source.add("no_value()", block.inner())
        return result

    def border(self, border: Expr, block: Block) -> str:
        """The border's ball, or its exact value where it is rational and the ball holds 0."""
        value = self.write(border, block)
        exact = Exact(border, self.symbols)
        if not self.symbols or not exact.possible or border in self.symbols:
            return value
        name = self.source.kept(Sharpened(exact))
        arguments = ", ".join([value, *self.source.variables])
        return self.source.assign(f"{name}({arguments})", block)

    def _lifted(self, value: Expr, block: Block) -> str:
        """A value that may be a constant, as the series that functions of series expect."""
        name = self.write(value, block)
        return f"lift({name})" if self.over_series else name


def degree_of(e: Expr, degrees: Mapping[Symbol, float] = MappingProxyType({})) -> float:
    """A bound of the expression's degree in ε where no case changes; infinity if there is none.

    A polynomial of degree n in ε that vanishes with n + 1 coefficients is 0.

    Args: degrees, of its symbols; else they have 1.
    """
    if isinstance(e, sympy.Add | sympy.Abs | Extreme):
        return max(degree_of(a, degrees) for a in e.args)
    if isinstance(e, sympy.Piecewise):  # whichever case is taken
        return max(degree_of(value, degrees) for value, _ in e.args)
    if isinstance(e, sympy.Mul):
        return sum(degree_of(a, degrees) for a in e.args)
    if isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp > 0:
        return degree_of(e.base, degrees) * int(e.exp)
    if isinstance(e, Symbol):
        return degrees.get(e, 1.0)
    return math.inf if any(degrees.get(s, 1.0) for s in symbols(e)) else 0.0


def meanings(conditions: Conditions) -> Mapping[str, Any]:
    """The functions that the lines written here call, by name."""
    return {
        "above": conditions.above,
        "at_least": conditions.at_least,
        "equal": conditions.equal,
        "extreme": conditions.extreme,
        "joined": conditions.joined,
        "no_value": conditions.no_value,
        "neither": _neither,
        "lift": _lift,
        "Undefined": Undefined,
        "inf": math.inf,
    }


def _neither(found: Any) -> arb:
    """Where no case holds there is no value; where some may hold, it is not known."""
    if found is None:
        raise Undefined
    return arb.nan()


def _lift(value: Any) -> arb_series:
    return value if isinstance(value, arb_series) else arb_series([value])
