"""Lower a SymPy expression to a tape of operations on balls, float balls by default."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Piecewise, Rational
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, BooleanAtom, Not, Or

from symdiff.float_balls.arithmetic import Constant, Scalars
from symdiff.float_balls.constants import SCALARS
from symdiff.float_balls.tape import Code, Loop, Operation
from symdiff.functions import (
    Extreme,
    Phi,
    expm1,
    log1p,
    maximum,
    phi,
    sech,
    sigmoid,
    softplus,
    tanh,
)
from symdiff.graph.template import placeholder, positions

MOST = 400  # operations: a block of so many registers still fits the cache
OPERANDS = 10**6  # the place of the first
_WHOLE = 64  # greatest whole power that is taken by products
_FUNCTIONS: Mapping[type, Code] = {
    sympy.exp: Code.EXP,
    expm1: Code.EXPM1,
    sympy.log: Code.LOG,
    log1p: Code.LOG1P,
    sigmoid: Code.SIGMOID,
    tanh: Code.TANH,
    sympy.tanh: Code.TANH,
    sech: Code.SECH,
    sympy.sech: Code.SECH,
    softplus: Code.SOFTPLUS,
    phi: Code.NORMAL_DENSITY,
    Phi: Code.NORMAL_CDF,
    sympy.sin: Code.SIN,
    sympy.cos: Code.COS,
    sympy.Abs: Code.ABSOLUTE,
}
# In terms of others; each is as true of balls as of numbers.
_COMPOSED: Mapping[type, Callable[[Expr], Expr]] = {
    sympy.tan: lambda x: sympy.sin(x) / sympy.cos(x),
    sympy.cosh: lambda x: (sympy.exp(x) + sympy.exp(-x)) / 2,
    sympy.sinh: lambda x: (expm1(x) - expm1(-x)) / 2,
    sympy.erfc: lambda x: 2 * Phi(-sympy.sqrt(2) * x),
    sympy.erf: lambda x: 2 * Phi(sympy.sqrt(2) * x) - 1,
}


class NotLoweredError(Exception):
    """Raised where float balls have no operation for an expression; wider balls have."""


@dataclass(frozen=True, eq=False)
class FloatTape:
    """A tape of operations, ready to be run."""

    operations: tuple[Operation, ...]
    constants: tuple[Any, ...]  # an array of each part, in the registers from 0 on
    operands: int  # in the registers after them


@lru_cache(maxsize=4096)
def tape_of(template: Expr, count: int, scalars: Scalars = SCALARS) -> FloatTape:
    """Lower an expression in `count` placeholders.

    Raises: NotLoweredError if there is no operation for something in it.
    """
    operands = {placeholder(i): OPERANDS + i for i in positions(template)}
    lowering = Lowering(operands, scalars=scalars)
    return lowering.tape(lowering.made(template), count)


class Lowering:
    """Numbers the operations of expressions; registers are assigned at the end.

    A place is a number: of an operation from 0 on, of an operand from `OPERANDS` on, and −1 − k of
    the constant k.
    """

    def __init__(
        self,
        operands: Mapping[Expr, int],
        fixed: Collection[int] | None = None,
        most: int = MOST,
        scalars: Scalars = SCALARS,
    ) -> None:
        """Args: operands, each with its place; fixed, the places of those that are constants.

        With it the constants of a product are one factor, so that x/3 is x times a ball around ⅓,
        and 3/3 is not exactly 1.
        """
        self._most = most
        self._scalars = scalars
        self.constants: list[Constant] = []
        self.steps: list[tuple[Code, tuple[int, ...]]] = []
        self._known: dict[Any, int] = {}  # expression → place
        self._operands = operands
        self._gathered = fixed is not None
        self.fixed = set(fixed or ())  # places of what hangs on constants alone

    def tape(self, last: int, count: int) -> FloatTape:
        """The tape whose result is the value at a place."""
        first = max(len(self.constants), 1)
        registers = {OPERANDS + i: first + i for i in range(count)}
        registers |= {-1 - k: k for k in range(len(self.constants))}
        first += count
        steps: list[Operation] = []
        for k in self.needed([last]):
            registers[k] = first + len(steps)
            code, takes = self.steps[k]
            steps.append((self._loop(code), registers[k], tuple(registers[p] for p in takes)))
        if not 0 <= last < OPERANDS:  # an operand or a constant
            negative = self._loop(Code.NEGATIVE)
            steps.append((negative, first, (registers[last],)))
            steps.append((negative, first + 1, (first,)))
        constants = self.constants or [self._scalars.exact(0.0)]
        parts = tuple(np.array(part, np.float64) for part in zip(*constants, strict=True))
        return FloatTape(tuple(steps), parts, count)

    def _loop(self, code: Code) -> Loop:
        if code not in self._scalars.loops:
            raise NotLoweredError(code.name)
        return self._scalars.loops[code]

    def needed(self, results: Collection[int]) -> list[int]:
        """The operations that results are computed from, in their order."""
        wanted, kept = set(results), []
        for k in range(len(self.steps) - 1, -1, -1):
            if k in wanted:
                kept.append(k)
                wanted.update(self.steps[k][1])
        return kept[::-1]

    def name(self, symbol: Expr, place: int) -> None:
        """Let a symbol stand for the value at a place."""
        self._known[symbol] = place

    def product(self, factors: Sequence[int]) -> int:
        """The place of the product of the values at some places."""
        if not factors:
            return self._exactly(1.0)
        return reduce(lambda a, b: self._step(Code.MULTIPLY, a, b), factors)

    def _step(self, code: Code, *takes: int) -> int:
        if len(self.steps) >= self._most:
            raise NotLoweredError("too long")
        key = (code, takes)
        if key not in self._known:
            self._known[key] = len(self.steps)
            self.steps.append(key)
            if all(place in self.fixed for place in takes):
                self.fixed.add(len(self.steps) - 1)
        return self._known[key]

    def _exactly(self, value: float) -> int:
        return self._constant(self._scalars.exact(value))

    def _number(self, e: Any) -> int:
        return self._constant(number(e, self._scalars))

    def _constant(self, ball: Constant) -> int:
        key = ("constant", *ball)
        if key not in self._known:
            self.constants.append(ball)
            self._known[key] = -len(self.constants)
            self.fixed.add(-len(self.constants))
        return self._known[key]

    def made(self, e: Any) -> int:
        """The place of the value of an expression or a condition."""
        if e in self._operands:
            return self._operands[e]
        if e not in self._known:
            self._known[e] = self._operation(e)
        return self._known[e]

    def _operation(self, e: Any) -> int:
        if isinstance(e, BooleanAtom):
            return self._exactly(float(e == sympy.true))
        if not e.args:
            return self._number(e)
        if isinstance(e, sympy.Add):
            return self._sum(e.args)
        if isinstance(e, sympy.Mul):
            return self._product(e.args)
        if isinstance(e, sympy.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, Piecewise):
            return self._cases(e)
        if isinstance(e, sympy.sign):
            return self._sign(e.args[0], -1.0, 0.0)
        if isinstance(e, sympy.Heaviside) and e.args[1].is_Rational:
            at_zero, *more = number(e.args[1], self._scalars)
            if not any(more):
                return self._sign(e.args[0], 0.0, at_zero)
        if isinstance(e, Extreme | sympy.Max | sympy.Min):
            code = Code.MAXIMUM if isinstance(e, maximum | sympy.Max) else Code.MINIMUM
            return reduce(lambda a, b: self._step(code, a, b), map(self.made, e.args))
        if type(e) in _FUNCTIONS and len(e.args) == 1:
            return self._step(_FUNCTIONS[type(e)], self.made(e.args[0]))
        if type(e) in _COMPOSED and len(e.args) == 1:
            return self.made(_COMPOSED[type(e)](e.args[0]))
        return self._condition(e)

    def _sign(self, x: Expr, below: float, at_zero: float) -> int:
        return self._step(Code.STEP, self.made(x), self._exactly(below), self._exactly(at_zero))

    def _condition(self, e: Any) -> int:
        if isinstance(e, Relational):
            a, b = map(self.made, e.args)
            if isinstance(e, Gt | Ge):
                return self._step(Code.GREATER if isinstance(e, Gt) else Code.AT_LEAST, a, b)
            if isinstance(e, Lt | Le):
                return self._step(Code.GREATER if isinstance(e, Lt) else Code.AT_LEAST, b, a)
            if isinstance(e, Eq):
                return self._step(Code.EQUAL, a, b)
            if isinstance(e, Ne):
                return self._not(self._step(Code.EQUAL, a, b))
        if isinstance(e, And):
            return self._all([self.made(a) for a in e.args])
        if isinstance(e, Or):
            return self._not(self._all([self._not(self.made(a)) for a in e.args]))
        if isinstance(e, Not):
            return self._not(self.made(e.args[0]))
        if isinstance(e, ITE):
            test, then, otherwise = e.args
            return self.made(Or(And(test, then), And(Not(test), otherwise)))
        raise NotLoweredError(type(e).__name__)

    def _not(self, condition: int) -> int:
        """The contrary: of a > b it is b ≥ a, which is open where that is."""
        code, takes = self._operation_at(condition)
        if code is Code.NOT:
            return takes[0]
        if code in (Code.GREATER, Code.AT_LEAST):
            contrary = Code.AT_LEAST if code is Code.GREATER else Code.GREATER
            return self._step(contrary, *takes[::-1])
        return self._step(Code.NOT, condition)

    def _operation_at(self, place: int) -> tuple[Code | None, tuple[int, ...]]:
        return self.steps[place] if 0 <= place < OPERANDS else (None, ())

    def _all(self, conditions: Sequence[int]) -> int:
        return reduce(lambda a, b: self._step(Code.AND, a, b), conditions)

    def _sum(self, terms: Sequence[Expr]) -> int:
        """What is taken off comes last, unless there is nothing else."""
        negative = [t for t in terms if t.could_extract_minus_sign()]
        plain = [t for t in terms if t not in negative] or [negative.pop(0)]
        made = reduce(lambda a, b: self._step(Code.ADD, a, b), map(self.made, plain))
        return reduce(lambda a, t: self._step(Code.SUBTRACT, a, self.made(-t)), negative, made)

    def _product(self, factors: Sequence[Expr]) -> int:
        above, below, minus = [], [], False
        for factor in factors:
            if factor == -1:
                minus = True
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                below.append(self._power(factor.base, -factor.exp))
            elif isinstance(factor, Rational) and abs(factor.p) == 1 and factor.q > 1:
                minus ^= factor.p < 0
                below.append(self._number(Rational(factor.q)))
            else:
                above.append(self.made(factor))
        if self._gathered:
            above, below = self._with_one_constant(above, below)
        made = self.product(above)
        if below:
            made = self._step(Code.DIVIDE, made, self.product(below))
        return self._step(Code.NEGATIVE, made) if minus else made

    def _with_one_constant(
        self, above: Sequence[int], below: Sequence[int]
    ) -> tuple[list[int], list[int]]:
        """The factors, those that are constants as one of them."""
        constant = self.product([f for f in above if f in self.fixed])
        divisors = [f for f in below if f in self.fixed]
        if divisors:
            constant = self._step(Code.DIVIDE, constant, self.product(divisors))
        above = [f for f in above if f not in self.fixed]
        if len(above) + len(divisors) == 0 or constant != self._exactly(1.0):
            above.insert(0, constant)
        return above, [f for f in below if f not in self.fixed]

    def _power(self, base: Expr, exponent: Expr) -> int:
        if base is sympy.E:
            return self._step(Code.EXP, self.made(exponent))
        if exponent.is_Rational and exponent < 0:
            return self._step(Code.DIVIDE, self._exactly(1.0), self._power(base, -exponent))
        x = self.made(base)
        if exponent.is_Rational and exponent.q <= 2 and exponent.p <= _WHOLE:
            if exponent.q == 2:
                x = self._step(Code.SQRT, x)
            return self._whole_power(x, int(exponent.p))
        logarithm = self._step(Code.LOG, x)  # so the base is positive
        return self._step(Code.EXP, self._step(Code.MULTIPLY, self.made(exponent), logarithm))

    def _whole_power(self, x: int, exponent: int) -> int:
        if exponent == 1:
            return x
        half = self._whole_power(x, exponent // 2)
        square = self._step(Code.MULTIPLY, half, half)
        return self._step(Code.MULTIPLY, square, x) if exponent % 2 else square

    def _cases(self, e: Piecewise) -> int:
        made = self._exactly(math.nan)
        for value, condition in reversed(e.args):
            if condition == sympy.true:
                made = self.made(value)
                continue
            test, then = self.made(condition), self.made(value)
            code, takes = self._operation_at(test)
            cases = (takes[0], made, then) if code is Code.NOT else (test, then, made)
            made = self._step(Code.CHOSEN, *cases)
        return made


def number(e: Any, scalars: Scalars = SCALARS) -> Constant:
    """The ball of a constant. Raises: NotLoweredError if it is no real number."""
    if e in (sympy.oo, -sympy.oo):
        return scalars.exact(math.inf if e == sympy.oo else -math.inf)
    if e is sympy.nan:
        return scalars.exact(math.nan)
    if getattr(e, "is_Float", False):
        e = Rational(e)
    if getattr(e, "is_Rational", False):
        return scalars.rational(int(e.p), int(e.q))
    if getattr(e, "is_NumberSymbol", False):
        return scalars.named(e)
    raise NotLoweredError(f"the number {e}")
