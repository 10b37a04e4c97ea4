"""The source of a Python function that evaluates one expression over balls or over series.

It is written as straight Python source, one line an operation and each common
subexpression once, because an operation of flint takes 50 ns and a walk over the expression
would take more. The source holds only names made here (v0, k1, t2, …), never a symbol's.

A condition is True, False or undecided. What stands in a case, and in a condition that another one
makes needless, is computed only where it matters: a case that is not taken has no say. Over balls
an undecided condition takes both cases, and the result holds both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from flint import arb, arb_series
from sympy import Expr, Piecewise, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.functions import Extreme, expm1, maximum
from symdiff.oracle.conditions import Conditions, constant_of
from symdiff.oracle.elementary import (
    BALL,
    SERIES,
    Lowering,
    Undecided,
    Undefined,
    divided,
    root,
    saturating,
    series_product,
    series_quotient,
    varying_power,
)
from symdiff.oracle.exact import Exact

_MAX_POWER = 64  # integer powers up to this are products; a product keeps a negative base real
_DEEPEST = 90  # Python takes 100 levels of indentation
# a relation of lhs and rhs → the condition that a border meets, the border, whether negated
_RELATIONS: dict[type, tuple[str, Callable[[Expr, Expr], Expr], bool]] = {
    Gt: ("above", lambda a, b: a - b, False),
    Ge: ("at_least", lambda a, b: a - b, False),
    Lt: ("above", lambda a, b: b - a, False),
    Le: ("at_least", lambda a, b: b - a, False),
    Eq: ("equal", lambda a, b: a - b, False),
    Ne: ("equal", lambda a, b: a - b, True),
}


class CannotCertify(ValueError):
    """An expression that holds something for which there is no ball arithmetic."""


@dataclass
class _Block:
    """Lines of source at one depth, and the names of the subexpressions computed by then."""

    depth: int
    known: dict[Any, str] = field(default_factory=dict)

    def inner(self) -> _Block:
        if self.depth >= _DEEPEST:
            raise CannotCertify(
                f"the formula has cases nested more than {_DEEPEST // 2} deep; nest fewer"
            )
        return _Block(self.depth + 1, dict(self.known))


class Writer:
    """Writes the source of one expression; cases become `if`, so that only what matters runs."""

    def __init__(
        self,
        variables: Sequence[Symbol],
        lowering: Lowering,
        conditions: Conditions,
        leaf: Expr | None = None,
    ) -> None:
        self.lowering = lowering
        self.variables = [f"v{i}" for i in range(len(variables))]
        self.symbols = tuple(variables)
        self.leaf = leaf  # the constant being evaluated, which is not its own constant
        self.top = _Block(2, dict(zip(variables, self.variables, strict=True)))
        self.lines: list[str] = []
        self.constants: list[Expr] = []
        self.numbers: dict[Expr, bool] = {}  # whether an expression is without symbols
        self.namespace: dict[str, Any] = {
            "above": conditions.above,
            "at_least": conditions.at_least,
            "equal": conditions.equal,
            "extreme": conditions.extreme,
            "joined": conditions.joined,
            "neither": _neither,
            "divided": divided,
            "root": root,
            "varying_power": varying_power,
            "series_root": getattr(conditions, "root", arb_series.sqrt),
            "series_product": series_product,
            "series_quotient": series_quotient,
            "lift": _lift,
            "Undefined": Undefined,
            "inf": math.inf,
        }
        self.count = 0

    def function(self, result: str) -> Callable[..., Any]:
        """A function of the constants that returns the function of the variables."""
        names = ", ".join(f"k{i}" for i in range(len(self.constants)))
        source = [
            f"def bind({names}):",
            f" def evaluate({', '.join(self.variables)}):",
            *self.lines,
            f"  return {result}",
            " return evaluate",
        ]
        exec("\n".join(source), self.namespace)  # noqa: S102 - holds only names made here
        return self.namespace["bind"]

    def write(self, e: Expr, block: _Block) -> str:
        """The name that holds `e` once the lines of `block` have run."""
        if e not in block.known:
            if e != self.leaf and self.is_constant(e):
                block.known[e] = self.constant(e)
            else:
                block.known[e] = self.operation(e, block)
        return block.known[e]

    def is_constant(self, e: Expr) -> bool:
        """Whether it has no symbols, and no cases, which are decided when it is evaluated."""
        if e not in self.numbers:
            self.numbers[e] = not isinstance(e, Piecewise | Symbol) and all(
                self.is_constant(a) for a in e.args
            )
        return self.numbers[e]

    def constant(self, e: Expr) -> str:
        """The name of a constant, which is made anew for each precision."""
        if e.is_extended_real is False or e in _NO_NUMBERS:
            raise CannotCertify(f"'{e}' is no real number, so no ball holds it; give a real one")
        if e not in self.constants:
            self.constants.append(e)
        return f"k{self.constants.index(e)}"

    def operation(self, e: Expr, block: _Block) -> str:
        """The name of what one operation gives, its operands written before."""
        if isinstance(e, Piecewise):
            return self.cases([(v, self.when(c)) for v, c in e.args], block)
        if e.is_Add:
            return self.assign(self.sum(e, block), block)
        if e.is_Mul:
            return self.assign(self.product(e, block), block)
        if e.is_Pow:
            return self.assign(self.power(e, block), block)
        if isinstance(e, sympy.Abs):
            return self.absolute(e.args[0], block)
        if isinstance(e, sympy.sign | sympy.Heaviside):
            return self.step(e, block)
        if isinstance(e, Extreme | sympy.Max | sympy.Min):
            return self.extreme(e, block)
        if isinstance(e, sympy.sin | sympy.cos) and sympy.pi in sympy.Mul.make_args(e.args[0]):
            turns = self.write(e.args[0] / sympy.pi, block)  # exactly 0 where it is
            return self.assign(f"{turns}.{type(e).__name__}_pi()", block)
        if type(e) in self.lowering and len(e.args) == 1:
            argument = self.write(e.args[0], block)
            nested = e.args[0].has(sympy.exp, expm1)
            return self.assign(f"{self.named(type(e), nested=nested)}({argument})", block)
        raise CannotCertify(
            f"there is no ball arithmetic for {type(e).__name__!r} in '{e}'; known are "
            f"{', '.join(sorted({f.__name__ for f in self.lowering}))}"
        )

    def absolute(self, x: Expr, block: _Block) -> str:
        """|x|: over balls at once, over series x or −x."""
        if self.lowering is BALL:
            return self.assign(f"abs({self.write(x, block)})", block)
        return self.cases([(x, self.test("extreme", x)), (-x, None)], block)

    def step(self, e: Expr, block: _Block) -> str:
        """sign and Heaviside, as the cases that they are."""
        x = e.args[0]
        is_step = isinstance(e, sympy.Heaviside)
        below, at_zero = (
            (sympy.S.Zero, e.args[1]) if is_step else (sympy.S.NegativeOne, sympy.S.Zero)
        )
        above_it, below_it = self.test("above", x), self.test("above", -x)
        return self.cases([(sympy.S.One, above_it), (below, below_it), (at_zero, None)], block)

    def extreme(self, e: Expr, block: _Block) -> str:
        """Max and min: over balls at once, over series the argument that is taken."""
        first, *others = e.args
        greatest = isinstance(e, maximum | sympy.Max)
        if self.lowering is BALL:
            name = self.write(first, block)
            for other in others:
                call = f"{self.named(type(e))}({name}, {self.write(other, block)})"
                name = self.assign(call, block)
            return name
        for other in others:
            border = first - other if greatest else other - first
            pair: list[_Case] = [(first, self.test("extreme", border)), (other, None)]
            name = self.cases(pair, block)
            first = Symbol(f"%{name}")  # what was taken so far, under the name that it has
            block.known[first] = name
        return name

    def sum(self, e: Expr, block: _Block) -> str:
        """The text of a sum."""
        text = ""
        for term in e.args:
            negated = term.is_Mul and term.args[0].is_Rational and term.args[0] < 0
            name = self.write(-term if negated else term, block)
            text += f" - {name}" if negated else f" + {name}"
        return text.removeprefix(" + ").strip()

    def product(self, e: Expr, block: _Block) -> str:
        """The text of a product, its divisors put together."""
        minus, above, below = "", [], []
        for factor in e.args:
            if factor == -1:
                minus = "-"
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(self.write(1 / factor, block))
            elif factor.is_Rational and factor.p == 1:
                below.append(self.constant(1 / factor))
            else:
                above.append(self.write(factor, block))
        numerator = self.times(above) if above else self.constant(sympy.S.One)
        if not below:
            return f"{minus}{numerator}"
        return f"{minus}{self.quotient(numerator, self.times(below))}"

    def times(self, factors: Sequence[str]) -> str:
        """The text of a product of names."""
        if self.lowering is BALL or len(factors) == 1:
            return " * ".join(factors)
        return f"series_product({', '.join(factors)})"

    def quotient(self, above: str, below: str) -> str:
        """The text of a quotient, which is undefined over balls where the divisor is 0."""
        return f"{'divided' if self.lowering is BALL else 'series_quotient'}({above}, {below})"

    def power(self, e: Expr, block: _Block) -> str:
        """The text of a power: products, roots, or exp and log."""
        base, exponent = e.args
        if exponent.is_Rational and exponent < 0:
            return self.quotient(self.constant(sympy.S.One), self.write(1 / e, block))
        x = self.write(base, block)
        if exponent.is_Integer and exponent <= _MAX_POWER:
            half = self.write(base ** (exponent // 2), block)
            return self.times([half, half, x] if exponent % 2 else [half, half])
        if exponent.is_Rational and exponent.q == 2:
            square_root = self.assign(
                f"{'root' if self.lowering is BALL else 'series_root'}({x})", block
            )
            whole = base ** ((exponent.p - 1) // 2)
            return (
                square_root if whole == 1 else self.times([square_root, self.write(whole, block)])
            )
        if self.lowering is BALL and not self.is_constant(exponent):
            return f"varying_power({x}, {self.write(exponent, block)})"
        return f"{self.named(sympy.Pow)}({x}, {self.write(exponent, block)})"

    def cases(self, pairs: Sequence[_Case], block: _Block) -> str:
        """The value of the first case whose condition holds; of those, if some are undecided.

        A case is a value and what writes its condition, or None for what holds otherwise.
        """
        result, pending = self.fresh(), self.fresh()
        self.add(f"{result} = None", block)
        for i, (value, condition) in enumerate(pairs):
            inside = block
            if i:  # the first is always looked at
                self.add(f"if {pending}:", block)
                inside = block.inner()
            test = "True" if condition is None else condition(inside)
            if test == "False":
                self.add(f"{pending} = True", inside)
                continue
            taken = inside
            if test != "True":
                self.add(f"{pending} = {test} is not True", inside)
                self.add(f"if {test} is not False:", inside)
                taken = inside.inner()
            self.add(f"{result} = joined({result}, {self.lifted(value, taken)})", taken)
            if test == "True":
                break
        else:
            self.add(f"if {pending}:", block)
            self.add(f"{result} = neither({result})", block.inner())
        return result

    def when(self, c: Any) -> _Condition | None:
        """What writes the condition; None for one that always holds."""
        return None if c == True else lambda block: self.condition(c, block)  # noqa: E712 - SymPy's true

    def test(self, kind: str, border: Expr, *, negated: bool = False) -> _Condition:
        """What writes the condition that a border meets."""

        def written(block: _Block) -> str:
            key = (kind, border, negated)
            if key not in block.known:
                degree = "" if self.lowering is BALL else f", degree={degree_of(border)}"
                call = f"{kind}({self.border(border, block)}{degree})"
                name = self.assign(call, block)
                block.known[key] = self.assign(_NOT.format(name), block) if negated else name
            return block.known[key]

        return written

    def condition(self, c: Any, block: _Block) -> str:
        """The name of a condition that is True, False or None, once the lines have run."""
        if isinstance(c, BooleanAtom):
            return str(bool(c))
        if c not in block.known:
            block.known[c] = self.combined(c, block)
        return block.known[c]

    def combined(self, c: Any, block: _Block) -> str:
        """A condition made of others, or of a border."""
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
            return self.assign(_NOT.format(self.condition(c.args[0], block)), block)
        raise CannotCertify(
            f"the condition '{c}' is not understood; write it with comparisons, 'and', 'or', 'not'"
        )

    def joint(self, parts: Sequence[Any], block: _Block, *, settles: bool) -> str:
        """And (settled by a part that is False) or or (by one that is True).

        A part without a value is undecided: another may settle it.
        """
        result = self.fresh()
        self.add(f"{result} = {not settles}", block)
        for part in parts:
            self.add(f"if {result} is not {settles}:", block)
            guarded = block.inner()
            self.add("try:", guarded)
            inside = guarded.inner()
            found = self.condition(part, inside)
            self.add(
                f"{result} = {found} if {found} is {settles} or {result} is {not settles} "
                f"else {result}",
                inside,
            )
            self.add("except Undefined:", guarded)
            self.add(f"{result} = None", guarded.inner())
        return result

    def border(self, border: Expr, block: _Block) -> str:
        """The border's ball, or its exact value where it is rational and the ball holds 0."""
        value = self.write(border, block)
        exact = Exact(border, self.symbols)
        if not self.symbols or not exact.possible or border in self.symbols:
            return value
        name = f"x{len(self.namespace)}"
        self.namespace[name] = _Sharpened(exact)
        return self.assign(f"{name}({', '.join([value, *self.variables])})", block)

    def lifted(self, value: Expr, block: _Block) -> str:
        """A value that may be a constant, as the series that functions of series expect."""
        name = self.write(value, block)
        return f"lift({name})" if self.lowering is SERIES else name

    def named(self, function: type, *, nested: bool = False) -> str:
        """The name of a function over the arithmetic in use."""
        name = f"f_{function.__name__}" + ("_nested" if nested else "")
        chosen = saturating(function, self.lowering) if nested else self.lowering[function]
        self.namespace[name] = chosen
        return name

    def assign(self, text: str, block: _Block) -> str:
        """A new name for what the text computes."""
        name = self.fresh()
        self.add(f"{name} = {text}", block)
        return name

    def fresh(self) -> str:
        """A name not used yet."""
        self.count += 1
        return f"t{self.count}"

    def add(self, line: str, block: _Block) -> None:
        """One more line of source."""
        self.lines.append(" " * block.depth + line)


_Condition = Callable[[_Block], str]
_Case = tuple[Expr, _Condition | None]
_NOT = "None if {0} is None else not {0}"
_NO_NUMBERS = (sympy.oo, -sympy.oo, sympy.zoo, sympy.nan)


def degree_of(e: Expr) -> float:
    """A bound of the expression's degree in its symbols where no case changes; else infinity.

    A polynomial of degree n in ε that vanishes with n + 1 coefficients is 0.
    """
    if isinstance(e, sympy.Add | sympy.Abs | Extreme):
        found = max(map(degree_of, e.args))
    elif isinstance(e, sympy.Mul):
        found = sum(map(degree_of, e.args))
    elif isinstance(e, sympy.Pow) and e.exp.is_Integer and e.exp > 0:
        found = degree_of(e.base) * int(e.exp)
    else:
        found = 1.0 if isinstance(e, Symbol) else 0.0 if not e.free_symbols else math.inf
    return found


def _neither(found: Any) -> arb:
    """Where no case holds there is no value; where some may hold, it is not known."""
    if found is None:
        raise Undefined
    return arb.nan()


def _lift(value: Any) -> arb_series:
    return value if isinstance(value, arb_series) else arb_series([value])


class _Sharpened:
    """A border's ball replaced by its exact value where it holds 0 without being 0."""

    def __init__(self, exact: Exact) -> None:
        self.exact = exact

    def __call__(self, value: Any, *arguments: Any) -> Any:
        ball = constant_of(value)
        if ball > 0 or ball < 0 or ball.is_zero():
            return value
        try:
            sharp = arb(self.exact(*map(constant_of, arguments)))
        except (Undecided, Undefined):
            return value
        if isinstance(value, arb_series):
            return arb_series([sharp, *value.coeffs()[1:]], value.prec)
        return sharp
