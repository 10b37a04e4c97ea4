"""A SymPy expression as a Python function over balls, or over power series of balls.

The function is written as straight Python source, one line an operation and each common
subexpression once, because an operation of flint takes 50 ns and a walk over the expression
would take more. The source holds only names made here (v0, k1, t2, …), never a symbol's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from flint import arb, arb_series, ctx, fmpq
from sympy import Expr, Piecewise, Symbol
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, Boolean, BooleanAtom, Not, Or

from symdiff.functions import expm1
from symdiff.oracle.elementary import BALL, SERIES, Lowering, Undecided, saturating, sign

_RELATIONS = {Gt: ">", Ge: ">=", Lt: "<", Le: "<=", Eq: "==", Ne: "!="}
_GUARD_BITS = 16  # constants carry these beyond the working precision: their error stays unseen
_MAX_POWER = 64  # integer powers up to this are products; a product keeps a negative base real


class CannotCertify(ValueError):
    """An expression that holds something for which there is no ball arithmetic."""


class Program:
    """An expression ready to be evaluated over balls at the working precision `flint.ctx.prec`.

    Calling it with one `flint.arb` (or `arb_series`) for each variable returns the ball (or
    series) of the expression there. Constants are made anew, from exact rationals, for each
    precision: a constant made once at 53 bits would leave 53 bits in every result.

    Raises: Undecided, when called, if a ball holds the border between two cases. A border that is
        a polynomial is decided exactly where the arguments are exact numbers.
    """

    def __init__(self, expression: Expr, variables: Sequence[Symbol], lowering: Lowering) -> None:
        self.expression = expression
        self.variables = tuple(variables)
        unknown = expression.free_symbols - set(variables)
        if unknown:
            given = ", ".join(map(str, variables)) or "none"
            first = min(map(str, unknown))
            raise ValueError(f"no values were given for {first!r}; the variables are {given}")
        writer = _Writer(self.variables, lowering)
        result = writer.write(expression, writer.top)
        self._bind = writer.function(result)
        self._constants = writer.constants
        self._at: dict[int, Callable[..., Any]] = {}
        self.bound()  # so that a constant without ball arithmetic is refused here, not at a point

    def __repr__(self) -> str:
        return f"<{self.expression} over {', '.join(map(str, self.variables)) or 'nothing'}>"

    def bound(self) -> Callable[..., Any]:
        """The bare function, with its constants at the present working precision."""
        if ctx.prec not in self._at:
            with ctx.workprec(ctx.prec + _GUARD_BITS):
                constants = [_constant(k) for k in self._constants]
            self._at[ctx.prec] = self._bind(*constants)
        return self._at[ctx.prec]

    def __call__(self, *arguments: Any) -> Any:
        """The ball (or series) of the expression on those of the variables, in their order."""
        return self.bound()(*arguments)


def compile_ball(expression: Expr, variables: Sequence[Symbol]) -> Program:
    """The expression as a function of `flint.arb` scalars, one for each variable.

    Raises: CannotCertify if the expression holds a function without ball arithmetic; ValueError
        if it has a symbol that is not among `variables`.
    """
    return Program(expression, variables, BALL)


def compile_series(expression: Expr, variable: Symbol) -> Program:
    """The expression as a function of one `flint.arb_series`. Raises: as `compile_ball`."""
    return Program(expression, (variable,), SERIES)


def _constant(expression: Expr) -> arb:
    if expression.is_Rational:
        return arb(fmpq(int(expression.p), int(expression.q)))
    if expression is sympy.pi:
        return arb.pi()
    if expression is sympy.E:
        return arb.const_e()
    writer = _Writer((), BALL, leaf=expression)
    result = writer.write(expression, writer.top)
    return writer.function(result)(*map(_constant, writer.constants))()


@dataclass
class _Block:
    """Lines of source at one depth, and the names of the subexpressions computed by then."""

    depth: int
    known: dict[Any, str] = field(default_factory=dict)

    def inner(self) -> _Block:
        return _Block(self.depth + 1, dict(self.known))


class _Writer:
    """Writes the source of one expression; cases become `if`, so that only one is evaluated."""

    def __init__(
        self, variables: Sequence[Symbol], lowering: Lowering, leaf: Expr | None = None
    ) -> None:
        self.lowering = lowering
        self.variables = [f"v{i}" for i in range(len(variables))]
        self.symbols = tuple(variables)
        self.leaf = leaf  # the constant being evaluated, which is not its own constant
        self.top = _Block(2, dict(zip(variables, self.variables, strict=True)))
        self.lines: list[str] = []
        self.constants: list[Expr] = []
        self.namespace: dict[str, Any] = {"sign": sign, "undefined": _undefined}
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
            if e.is_number and e != self.leaf and not e.has(Piecewise):
                block.known[e] = self.constant(e)
            else:
                block.known[e] = self.operation(e, block)
        return block.known[e]

    def constant(self, e: Expr) -> str:
        if e.is_extended_real is False or e.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            raise CannotCertify(f"'{e}' is no real number, so no ball holds it; give a real one")
        if e not in self.constants:
            self.constants.append(e)
        return f"k{self.constants.index(e)}"

    def operation(self, e: Expr, block: _Block) -> str:
        if isinstance(e, Piecewise):
            return self.cases(e, block)
        if e.is_Add:
            return self.assign(self.sum(e, block), block)
        if e.is_Mul:
            return self.assign(self.product(e, block), block)
        if e.is_Pow:
            return self.assign(self.power(e, block), block)
        if isinstance(e, sympy.Abs):
            value = self.write(e.args[0], block)
            if self.lowering is BALL:
                return self.assign(f"abs({value})", block)
            return self.assign(
                f"{value} if {self.sign(e.args[0], block)} >= 0 else -{value}", block
            )
        if isinstance(e, sympy.sign | sympy.Heaviside):
            at_zero = e.args[1] if isinstance(e, sympy.Heaviside) else sympy.S.Zero
            below = sympy.S.Zero if isinstance(e, sympy.Heaviside) else sympy.S.NegativeOne
            values = [self.write(v, block) for v in (at_zero, sympy.S.One, below)]
            text = f"({', '.join(values)})[{self.sign(e.args[0], block)}]"  # 0, 1 and −1 as index
            return self.assign(self.lifted(text), block)
        if isinstance(e, sympy.Max | sympy.Min):
            first, *others = [self.write(a, block) for a in e.args]
            for other in others:
                first = self.assign(f"{self.named(type(e))}({first}, {other})", block)
            return first
        if type(e) in self.lowering and len(e.args) == 1:
            argument = self.write(e.args[0], block)
            nested = e.args[0].has(sympy.exp, expm1)
            return self.assign(f"{self.named(type(e), nested=nested)}({argument})", block)
        raise CannotCertify(
            f"there is no ball arithmetic for {type(e).__name__!r} in '{e}'; known are "
            f"{', '.join(sorted({f.__name__ for f in self.lowering}))}"
        )

    def sum(self, e: Expr, block: _Block) -> str:
        text = ""
        for term in e.args:
            negated = term.could_extract_minus_sign() and not term.is_Add
            name = self.write(-term if negated else term, block)
            text += f" - {name}" if negated else f" + {name}"
        return text.removeprefix(" + ").strip()

    def product(self, e: Expr, block: _Block) -> str:
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
        numerator = " * ".join(above) or self.constant(sympy.S.One)
        return f"{minus}{numerator}" + (f" / ({' * '.join(below)})" if below else "")

    def power(self, e: Expr, block: _Block) -> str:
        base, exponent = e.args
        if exponent.is_Rational and exponent < 0:
            return f"{self.constant(sympy.S.One)} / {self.write(1 / e, block)}"
        x = self.write(base, block)
        if exponent.is_Integer and exponent <= _MAX_POWER:
            half = self.write(base ** (exponent // 2), block)
            return f"{half} * {half}" + (f" * {x}" if exponent % 2 else "")
        if exponent.is_Rational and exponent.q == 2:
            root = self.assign(f"{x}.sqrt()", block)
            whole = base ** ((exponent.p - 1) // 2)
            return root if whole == 1 else f"{root} * {self.write(whole, block)}"
        return f"{self.named(sympy.Pow)}({x}, {self.write(exponent, block)})"

    def cases(self, e: Piecewise, block: _Block) -> str:
        result = self.fresh()
        outer = block
        for value, condition in e.args:
            test = self.condition(condition, block)
            self.add(f"if {test}:", block)
            inner = block.inner()
            self.add(f"{result} = {self.lifted(self.write(value, inner))}", inner)
            self.add("else:", block)
            block = block.inner()
            if test == "True":
                self.add("pass", block)
                break
        else:
            self.add(f"{result} = undefined()", block)
        outer.known[e] = result
        return result

    def condition(self, c: Boolean, block: _Block) -> str:
        if isinstance(c, BooleanAtom):
            return str(bool(c))
        if isinstance(c, Relational) and type(c) in _RELATIONS:
            return f"{self.sign(c.lhs - c.rhs, block)} {_RELATIONS[type(c)]} 0"
        if isinstance(c, And | Or):
            word = " and " if isinstance(c, And) else " or "
            return "(" + word.join(self.condition(a, block) for a in c.args) + ")"
        if isinstance(c, ITE):  # a condition on a value that has cases itself
            test, then, otherwise = (self.condition(a, block) for a in c.args)
            return f"({then} if {test} else {otherwise})"
        if isinstance(c, Not):
            return f"(not {self.condition(c.args[0], block)})"
        raise CannotCertify(
            f"the condition '{c}' is not understood; write it with comparisons, 'and', 'or', 'not'"
        )

    def sign(self, border: Expr, block: _Block) -> str:
        """An integer −1, 0 or 1: by the ball, or exactly for a polynomial at exact arguments."""
        key = ("sign", border)
        if key not in block.known:
            value = self.write(border, block)
            if self.lowering is SERIES:
                text = f"sign(constant_of({value}))"
                self.namespace["constant_of"] = _constant_of
            elif border.is_polynomial(*self.symbols) and self.symbols:
                exact = f"x{len(self.namespace)}"
                self.namespace[exact] = _ExactSign(border, self.symbols)
                text = f"{exact}({', '.join([value, *self.variables])})"
            else:
                text = f"sign({value})"
            block.known[key] = self.assign(text, block)
        return block.known[key]

    def lifted(self, text: str) -> str:
        """A value that may be a constant, as the series that functions of series expect."""
        if self.lowering is not SERIES:
            return text
        self.namespace["lift"] = _lift
        return f"lift({text})"

    def named(self, function: type, *, nested: bool = False) -> str:
        name = f"f_{function.__name__}" + ("_nested" if nested else "")
        chosen = saturating(function, self.lowering) if nested else self.lowering[function]
        self.namespace[name] = chosen
        return name

    def assign(self, text: str, block: _Block) -> str:
        name = self.fresh()
        self.add(f"{name} = {text}", block)
        return name

    def fresh(self) -> str:
        self.count += 1
        return f"t{self.count}"

    def add(self, line: str, block: _Block) -> None:
        self.lines.append(" " * block.depth + line)


def _undefined() -> arb:
    return arb.nan()


def _constant_of(value: Any) -> arb:
    return value[0] if isinstance(value, arb_series) else value


def _lift(value: Any) -> arb_series:
    return value if isinstance(value, arb_series) else arb_series([value])


class _ExactSign:
    """The sign of a polynomial with rational coefficients: by its ball, or else exactly.

    A tie such as z = threshold is undecided at every precision, yet a float64 is a rational
    number, and so is the polynomial's value there.
    """

    def __init__(self, border: Expr, symbols: Sequence[Symbol]) -> None:
        polynomial = sympy.Poly(border, *symbols)
        self.terms = [
            (powers, fmpq(int(c.p), int(c.q))) for powers, c in polynomial.terms() if c.is_Rational
        ]
        self.rational = len(self.terms) == len(polynomial.terms())

    def __call__(self, value: arb, *arguments: arb) -> int:
        try:
            return sign(value)
        except Undecided:
            if not self.rational:
                raise
        numbers = [_rational(a) for a in arguments]
        total = fmpq(0)
        for powers, coefficient in self.terms:
            term = coefficient
            for x, power in zip(numbers, powers, strict=True):
                term *= x**power
            total += term
        return (total > 0) - (total < 0)


def _rational(number: arb) -> fmpq:
    """The number that an exact ball holds. Raises: Undecided if the ball has a radius."""
    if not (number.is_exact() and number.is_finite()):
        raise Undecided
    mantissa, exponent = number.mid().man_exp()
    power = fmpq(2) ** abs(int(exponent))
    return mantissa * power if exponent >= 0 else mantissa / power
