"""Run a program in float64 with running errors: a flat list of steps, every operation once.

SymPy's lambdify would write numpy code instead, and that code has no bound of its error; it also
fails on a condition without an array in it, on constants among the cases, on integers from 2⁶⁴ on
and on more than 64 operands. Here constants are numbers like all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np
import sympy
from sympy import Expr, Piecewise, Rational
from sympy.core.relational import Eq, Ge, Gt, Le, Lt, Ne, Relational
from sympy.logic.boolalg import ITE, And, Boolean, BooleanAtom, Not, Or

from symdiff.array_types import BoolArray
from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.bridge.running_error import (
    Condition,
    Number,
    absolute,
    add,
    chosen,
    compare,
    conjunction,
    disjunction,
    divide,
    general_power,
    larger,
    multiply,
    negation,
    negative,
    nothing_known,
    power,
    smaller,
    square_root,
    step,
    watched,
)
from symdiff.functions import Extreme, maximum
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.programs.program import Program
from symdiff.trees.walks import subexpressions

Step = tuple[Callable[..., Any], tuple[int, ...], int]  # what, of which values, which it makes

RELATIONS: Mapping[type, Callable[[Any, Any], Any]] = {
    Gt: np.greater,
    Ge: np.greater_equal,
    Lt: np.less,
    Le: np.less_equal,
    Eq: np.equal,
    Ne: np.not_equal,
}
_WHOLE = 2**53  # a power beyond it is no whole number of float64


class FloatSteps:
    """A program ready to be run in float64.

    Raises: TypeError if it holds a function that has no float64 arithmetic.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._steps: list[Step] = []
        self._constants: dict[int, Any] = {}
        self._known: dict[Any, int] = {}  # expression → the position of its value
        self._count = 0
        self._inputs = {name: self._new(s) for name, s in program.arguments.items()}
        with watched():
            for symbol, expression in program.assignments:
                self._known[symbol] = self._made(expression)
            self._results = {name: self._made(e) for name, e in program.results.items()}
        self._steps = self._needed()

    def __repr__(self) -> str:
        return f"<{len(self._steps)} steps in float64 → {', '.join(self._results)}>"

    def run(
        self,
        arguments: Mapping[str, Number],
        *,
        errors: bool = True,
        fine: bool = False,
        tied: BoolArray | None = None,
    ) -> dict[str, Number]:
        """Compute each result by name, with NumPy's broadcasting.

        Args: errors, whether to carry them along; without, every step is taken as exact. fine,
            whether each entry gets an error of its own, which takes longer. tied, of the results'
            shape: set where two numbers that are compared are equal.
        """
        values: list[Any] = [None] * self._count
        for position, constant in self._constants.items():
            values[position] = constant if errors else _plain(constant)
        for name, position in self._inputs.items():
            values[position] = arguments[name] if errors else _plain(arguments[name])
        with watched(fine=fine, bare=not errors, tied=tied):
            for what, of, makes in self._steps:
                made = what(*[values[i] for i in of])
                values[makes] = made if errors else _plain(made)
        return {name: values[position] for name, position in self._results.items()}

    def _new(self, expression: Any) -> int:
        self._known[expression] = self._count
        self._count += 1
        return self._count - 1

    def _step(self, what: Callable[..., Any], *of: int) -> int:
        """One more step; one of constants alone is taken at once."""
        makes = self._count
        self._count += 1
        if all(i in self._constants for i in of):
            self._constants[makes] = what(*(self._constants[i] for i in of))
        else:
            self._steps.append((what, of, makes))
        return makes

    def _made(self, e: Any) -> int:
        """The position of the value of an expression or a condition."""
        if e not in self._known:
            if not isinstance(e, ArrayOperation):
                for part in subexpressions(e, self._known):  # from the bottom up, to any depth
                    if isinstance(part, Expr | Boolean):
                        self._known[part] = self._operation(part)
            else:
                self._known[e] = self._operation(e)
        return self._known[e]

    def _needed(self) -> list[Step]:
        """The steps that the results are computed from: 1/x is none, if it only divides."""
        needed = set(self._results.values())
        kept = []
        for what, of, makes in reversed(self._steps):
            if makes in needed:
                needed.update(of)
                kept.append((what, of, makes))
        return kept[::-1]

    def _operation(self, e: Any) -> int:
        if isinstance(e, ArrayOperation):
            return self._array_operation(e)
        if isinstance(e, sympy.Number | sympy.NumberSymbol) or not e.args:
            value = _condition(e) if isinstance(e, BooleanAtom) else _constant(e)
            return self._step(lambda: value)
        if isinstance(e, sympy.Add):
            return self._step(lambda *terms: add(terms), *map(self._made, e.args))
        if isinstance(e, sympy.Mul):
            return self._product(e.args)
        if isinstance(e, sympy.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, Piecewise):
            return self._cases(e)
        if isinstance(e, sympy.Abs):
            return self._step(absolute, self._made(e.args[0]))
        if isinstance(e, sympy.sign):
            return self._step(lambda x: step(x, -1.0, 0.0), self._made(e.args[0]))
        if isinstance(e, sympy.Heaviside):
            x, at_zero = map(self._made, e.args)
            return self._step(lambda x, h: step(x, 0.0, h.value), x, at_zero)
        if isinstance(e, Extreme | sympy.Max | sympy.Min):
            better = larger if isinstance(e, maximum | sympy.Max) else smaller
            return reduce(lambda a, b: self._step(better, a, b), map(self._made, e.args))
        if type(e) in FUNCTIONS and len(e.args) == 1:
            return self._step(FUNCTIONS[type(e)], self._made(e.args[0]))
        return self._condition(e)

    def _condition(self, e: Any) -> int:
        if isinstance(e, Relational) and type(e) in RELATIONS:
            relation = RELATIONS[type(e)]
            sides = map(self._made, e.args)
            return self._step(lambda a, b: compare(relation, a, b), *sides)
        if isinstance(e, And | Or):
            join = conjunction if isinstance(e, And) else disjunction
            return reduce(lambda a, b: self._step(join, a, b), map(self._made, e.args))
        if isinstance(e, Not):
            return self._step(negation, self._made(e.args[0]))
        if isinstance(e, ITE):
            test, then, otherwise = e.args
            return self._made(Or(And(test, then), And(Not(test), otherwise)))
        raise TypeError(
            f"there is no float64 arithmetic for {type(e).__name__!r} in '{e}'; write it with the "
            "functions that symdiff knows"
        )

    def _product(self, factors: Sequence[Expr]) -> int:
        above, below, minus = [], [], False
        for factor in factors:
            if factor == -1:
                minus = True
            elif isinstance(factor, sympy.Pow) and factor.exp.is_Rational and factor.exp < 0:
                below.append(self._power(factor.base, -factor.exp))
            elif isinstance(factor, Rational) and factor.p == 1:
                below.append(self._made(1 / factor))
            else:
                above.append(self._made(factor))
        made = self._joined(above)
        if below:
            made = self._step(divide, made, self._joined(below))
        return self._step(negative, made) if minus else made

    def _joined(self, factors: Sequence[int]) -> int:
        if not factors:
            return self._made(sympy.S.One)
        return reduce(lambda a, b: self._step(multiply, a, b), factors)

    def _power(self, base: Expr, exponent: Expr) -> int:
        if base is sympy.E:
            return self._step(FUNCTIONS[sympy.exp], self._made(exponent))
        if not exponent.is_Rational or exponent.q > 2 or abs(exponent.p) > _WHOLE:
            return self._step(general_power, self._made(base), self._made(exponent))
        if exponent < 0:
            return self._step(divide, self._made(sympy.S.One), self._power(base, -exponent))
        key = base**exponent
        if key not in self._known:
            x, whole = self._made(base), int(exponent.p)
            if exponent.q == 2:
                x = self._step(square_root, x)
            self._known[key] = self._step(lambda x: power(x, whole), x) if whole > 1 else x
        return self._known[key]

    def _cases(self, e: Piecewise) -> int:
        made = self._step(nothing_known)
        for value, condition in reversed(e.args):
            of = (self._made(condition), self._made(value), made)
            made = of[1] if condition == sympy.true else self._step(chosen, *of)
        return made

    def _array_operation(self, e: ArrayOperation) -> int:
        if isinstance(e, Contract) and not set(e.subscripts) - set(",->"):  # a product of numbers
            return self._joined([self._made(o) for o in e.operands])
        symbols = sorted(e.free_symbols, key=str)

        def run(*numbers: Number) -> Number:
            values = {s: np.asarray(n.value) for s, n in zip(symbols, numbers, strict=True)}
            return Number(np.asarray(e.run(values.__getitem__), dtype=np.float64))

        return self._step(run, *map(self._made, symbols))


def _plain(made: Any) -> Any:
    return made if isinstance(made, Condition) else Number(made.value)


def _condition(e: Any) -> Condition:
    return Condition(np.bool_(e == sympy.true))


def _constant(e: Any) -> Number:
    if e.is_Float:
        e = Rational(e)
    if e.is_Rational:
        return rational(e)
    if e in (sympy.oo, -sympy.oo):
        return Number(np.float64(math.copysign(math.inf, e)), 0.0, np.float64(math.inf))
    if e.is_NumberSymbol:
        return Number(np.float64(e.evalf(25)), 1.0)
    return nothing_known()  # the imaginary unit, or what is undefined


def rational(e: Rational) -> Number:
    """A rational number in float64, which may be beyond it."""
    try:
        value = np.float64(int(e.p) / int(e.q))
    except OverflowError:
        return Number(np.float64(math.inf if e.p > 0 else -math.inf), 0.0, np.float64(math.inf))
    if Rational(*float(value).as_integer_ratio()) == e:
        return Number(value)
    return Number(value, 1.0, None if abs(value) >= 2.0**-1021 else np.float64(2.0**-1074))
