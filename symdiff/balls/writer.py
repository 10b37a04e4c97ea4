"""Write the source of a Python function that evaluates one expression over balls or series.

One line an operation, and each common subexpression once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy
from flint import arb_series
from sympy import Expr, Piecewise, Symbol

from symdiff.balls.branches import Case, CaseWriter, meanings
from symdiff.balls.conditions import Conditions, SideConditions
from symdiff.balls.elementary import (
    BALL,
    CannotCertify,
    Lowering,
    divided,
    root,
    saturating,
    series_product,
    series_quotient,
    varying_power,
)
from symdiff.balls.source import Block, Source
from symdiff.functions import Extreme, Rounding, expm1, maximum
from symdiff.trees.walks import subexpressions

_MAX_POWER = 64  # integer powers up to this are products; a product keeps a negative base real
_MAX_SERIES_POWER = 2**20  # of a series, which has no other power of a negative number


class Writer:
    """Writes one expression into a source."""

    def __init__(
        self,
        variables: Sequence[Symbol],
        lowering: Lowering,
        conditions: Conditions,
        degrees: Mapping[Symbol, float],
        leaf: Expr | None = None,
    ) -> None:
        self.lowering = lowering
        self.conditions = conditions
        self.leaf = leaf  # the constant being evaluated, which is not its own constant
        self.numbers: dict[Expr, bool] = {}  # whether an expression is without symbols
        operations = {
            "divided": divided,
            "root": root,
            "varying_power": varying_power,
            "series_root": getattr(conditions, "root", arb_series.sqrt),
            "rounded": getattr(conditions, "rounded", None),
            "series_power": getattr(conditions, "power", None),
            "series_irrational_power": getattr(conditions, "irrational_power", None),
            "series_product": series_product,
            "series_quotient": series_quotient,
        }
        self.source = Source(variables, {**meanings(conditions), **operations})
        self.cases = CaseWriter(self.source, self.write, lowering, variables, degrees)

    def write(self, e: Expr, block: Block) -> str:
        """The name that holds the value of `e` once the lines of `block` have run."""
        if e not in block.known:
            if e != self.leaf and self.is_constant(e):
                block.known[e] = self.source.constant(e)
            else:
                block.known[e] = self.operation(e, block)
        return block.known[e]

    def is_constant(self, e: Expr) -> bool:
        """Whether the expression has neither symbols nor cases."""
        if e not in self.numbers:
            for part in subexpressions(e, self.numbers):
                self.numbers[part] = not isinstance(part, Piecewise | Symbol) and all(
                    self.numbers[a] for a in part.args
                )
        return self.numbers[e]

    def operation(self, e: Expr, block: Block) -> str:
        """The name that holds the value of one operation, its operands written before."""
        if isinstance(e, Piecewise):
            return self.cases.value([(v, self.cases.when(c)) for v, c in e.args], block)
        if e.is_Add:
            return self.source.assign(self.sum(e, block), block)
        if e.is_Mul:
            return self.source.assign(self.product(e, block), block)
        if e.is_Pow:
            return self.source.assign(self.power(e, block), block)
        if isinstance(e, sympy.Abs):
            return self.absolute(e.args[0], block)
        if isinstance(e, sympy.sign | sympy.Heaviside):
            return self.step(e, block)
        if isinstance(e, Extreme | sympy.Max | sympy.Min):
            return self.extreme(e, block)
        if isinstance(e, sympy.sin | sympy.cos) and sympy.pi in sympy.Mul.make_args(e.args[0]):
            turns = self.write(e.args[0] / sympy.pi, block)  # exactly 0 where it is
            return self.source.assign(f"{turns}.{type(e).__name__}_pi()", block)
        if type(e) in self.lowering and len(e.args) == 1:
            argument = self.write(e.args[0], block)
            if isinstance(e, Rounding) and self.lowering is BALL:
                return self.source.assign(f"rounded({self.named(type(e))}, {argument})", block)
            nested = e.args[0].has(sympy.exp, expm1)
            return self.source.assign(f"{self.named(type(e), nested=nested)}({argument})", block)
        raise CannotCertify(
            f"there is no ball arithmetic for {type(e).__name__!r} in '{e}'; known are "
            f"{', '.join(sorted({f.__name__ for f in self.lowering}))}"
        )

    def absolute(self, x: Expr, block: Block) -> str:
        """The text of |x|: over balls at once, over series x or −x."""
        if self.lowering is BALL:
            return self.source.assign(f"abs({self.write(x, block)})", block)
        return self.cases.value([(x, self.cases.test("extreme", x)), (-x, None)], block)

    def step(self, e: Expr, block: Block) -> str:
        """The text of sign and Heaviside, as the cases that they are."""
        x = e.args[0]
        is_step = isinstance(e, sympy.Heaviside)
        below, at_zero = (
            (sympy.S.Zero, e.args[1]) if is_step else (sympy.S.NegativeOne, sympy.S.Zero)
        )
        above_it, below_it = self.cases.test("above", x), self.cases.test("above", -x)
        return self.cases.value(
            [(sympy.S.One, above_it), (below, below_it), (at_zero, None)], block
        )

    def extreme(self, e: Expr, block: Block) -> str:
        """The text of Max and Min: over balls at once, over series the argument that is taken."""
        first, *others = e.args
        greatest = isinstance(e, maximum | sympy.Max)
        if self.lowering is BALL:
            name = self.write(first, block)
            for other in others:
                call = f"{self.named(type(e))}({name}, {self.write(other, block)})"
                name = self.source.assign(call, block)
            return name
        for other in others:
            border = first - other if greatest else other - first
            pair: list[Case] = [(first, self.cases.test("extreme", border)), (other, None)]
            name = self.cases.value(pair, block)
            first = Symbol(f"%{name}")  # what was taken so far, under the name that it has
            block.known[first] = name
        return name

    def sum(self, e: Expr, block: Block) -> str:
        """The text of a sum."""
        text = ""
        for term in e.args:
            negated = term.is_Mul and term.args[0].is_Rational and term.args[0] < 0
            name = self.write(-term if negated else term, block)
            text += f" - {name}" if negated else f" + {name}"
        return text.removeprefix(" + ").strip()

    def product(self, e: Expr, block: Block) -> str:
        """The text of a product, its divisors collected into one."""
        minus, above, below = "", [], []
        for factor in e.args:
            if factor == -1:
                minus = "-"
            elif factor.is_Pow and factor.exp.is_Rational and factor.exp < 0:
                below.append(self.write(1 / factor, block))
            elif factor.is_Rational and factor.p == 1:
                below.append(self.source.constant(1 / factor))
            else:
                above.append(self.write(factor, block))
        numerator = self.times(above) if above else self.source.constant(sympy.S.One)
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

    def power(self, e: Expr, block: Block) -> str:
        """The text of a power: products, roots, or exp and log."""
        base, exponent = e.args
        if exponent.is_Rational and exponent < 0:
            return self.quotient(self.source.constant(sympy.S.One), self.write(1 / e, block))
        x = self.write(base, block)
        most = _MAX_POWER if self.lowering is BALL else _MAX_SERIES_POWER
        if exponent.is_Integer and exponent <= most:
            half = self.write(base ** (exponent // 2), block)
            return self.times([half, half, x] if exponent % 2 else [half, half])
        if exponent.is_Rational and exponent.q == 2:
            square_root = self.source.assign(
                f"{'root' if self.lowering is BALL else 'series_root'}({x})", block
            )
            whole = base ** ((exponent.p - 1) // 2)
            return (
                square_root if whole == 1 else self.times([square_root, self.write(whole, block)])
            )
        if self.lowering is BALL and not self.is_constant(exponent):
            return f"varying_power({x}, {self.write(exponent, block)})"
        if isinstance(self.conditions, SideConditions) and exponent.is_Rational:
            fraction = self.source.kept(Fraction(int(exponent.p), int(exponent.q)))
            return f"series_power({x}, {fraction})"
        constant = self.is_constant(exponent) and exponent.is_positive
        if isinstance(self.conditions, SideConditions) and constant:
            return f"series_irrational_power({x}, {self.write(exponent, block)})"
        return f"{self.named(sympy.Pow)}({x}, {self.write(exponent, block)})"

    def named(self, function: type, *, nested: bool = False) -> str:
        """The name of a function in the arithmetic in use."""
        name = f"f_{function.__name__}" + ("_nested" if nested else "")
        chosen = saturating(function, self.lowering) if nested else self.lowering[function]
        return self.source.named(name, chosen)
