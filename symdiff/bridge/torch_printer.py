"""Print expressions and array operations of a program as lines of torch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

import sympy
from sympy import Expr, Rational, Symbol
from sympy.core.relational import Relational
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pycode import PythonCodePrinter

from symdiff.functions import Extreme, StableFunction, maximum
from symdiff.graph.arrays.layout import Align
from symdiff.graph.arrays.steps import ArrayOperation
from symdiff.graph.kinds.einsum import Contract
from symdiff.graph.kinds.running import accumulated
from symdiff.graph.kinds.shift import peak

Names = Mapping[Symbol, str]
_SAME = (
    *("exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    *("asin", "acos", "atan", "erf", "erfc", "sign"),
)
_FUNCTIONS = {name: f"torch.{name}({{0}})" for name in _SAME} | {
    "Abs": "torch.abs({0})",
    "cot": "torch.tan({0}).reciprocal()",
    "sech": "torch.cosh({0}).reciprocal()",
}
_OWN_FORM = sympy.Piecewise | sympy.Heaviside
_SHORT = 64  # a fraction with a denominator up to it is written as one


class TorchPrinter(PythonCodePrinter):
    """Writes a scalar expression for tensors; `like` names one of the type and device."""

    def __init__(
        self, names: Names, like: str, lengths: AbstractSet[Symbol], parameters: AbstractSet[Symbol]
    ) -> None:
        super().__init__({"fully_qualified_modules": False})
        self.names = names
        self.lengths = lengths
        self.parameters = parameters  # which may be Python's numbers
        self.like = like

    def written(self, expression: Expr) -> str:
        """The expression as one line; a constant as a tensor."""
        if not expression.free_symbols:
            return self._tensor(expression)
        text: str = self.doprint(_with_numbers(expression))
        return text

    def _tensor(self, constant: Expr) -> str:
        return f"{self.like}.new_tensor({number(constant)})"

    def _print(self, expr: Any, **options: Any) -> str:
        if isinstance(expr, Extreme | sympy.Max | sympy.Min):
            return self._extreme(expr)
        function = isinstance(expr, sympy.Function | sympy.exp)
        if function and not isinstance(expr, _OWN_FORM):
            return self._print_Function(expr)
        text: str = super()._print(expr, **options)
        return text

    def _print_Symbol(self, e: Symbol) -> str:
        name = self.names.get(e, e.name)
        return f"{self.like}.new_tensor({name})" if e in self.lengths else name

    def _print_Function(self, e: Expr) -> str:
        kind = type(e)
        form = kind.torch if isinstance(e, StableFunction) else _FUNCTIONS.get(kind.__name__)
        if not form or len(e.args) != 1:
            raise TypeError(f"torch has no {kind.__name__}; use lambdify('numpy')")
        argument = self._tensor_of(e.args[0])
        whole = e.args[0].is_Symbol or form.count("({0})") == form.count("{0}")
        return form.format(argument if whole else f"({argument})")

    def _extreme(self, e: Expr) -> str:
        name, bound = (
            ("maximum", "min") if isinstance(e, maximum | sympy.Max) else ("minimum", "max")
        )
        first, *others = sorted(e.args, key=_is_number)
        text = self._print(first)
        for other in others:
            if _is_number(other):
                text = f"torch.clamp({text}, {bound}={self._print(other)})"
            else:
                text = f"torch.{name}({text}, {self._print(other)})"
        return text

    def _print_Pow(self, e: Expr, **_options: Any) -> str:
        base, exponent = e.base, e.exp
        if exponent == Rational(1, 2):
            return f"torch.sqrt({self._tensor_of(base)})"
        if exponent == Rational(-1, 2):
            return f"torch.rsqrt({self._tensor_of(base)})"
        power = PRECEDENCE["Pow"]
        return f"{self.parenthesize(base, power)}**{self.parenthesize(exponent, power)}"

    def _print_Heaviside(self, e: Expr) -> str:
        x, at_zero = e.args
        return f"torch.heaviside({self._print(x)}, {self._tensor(at_zero)})"

    def _print_Piecewise(self, e: sympy.Piecewise) -> str:
        cases = list(e.args)
        last = cases.pop() if cases[-1].cond == sympy.true else None
        made, constant = ("torch.nan", True) if last is None else self._case(last.expr)
        for value, condition in reversed(cases):
            then, also = self._case(value)
            if constant and also:  # of two numbers torch.where makes the default type
                then = self._filled(then)
            made, constant = f"torch.where({self._print(condition)}, {then}, {made})", False
        return made

    def _case(self, value: Expr) -> tuple[str, bool]:
        return self._print(value), self._is_number(value)

    def _tensor_of(self, e: Expr) -> str:
        """The expression where torch takes no number."""
        text = self._print(e)
        return self._filled(text) if self._is_number(e) else text

    def _filled(self, number: str) -> str:
        return f"torch.as_tensor({number}, dtype={self.like}.dtype, device={self.like}.device)"

    def _is_number(self, e: Any) -> bool:
        return all(s in self.parameters or _is_number(s) for s in e.free_symbols)

    def _print_Relational(self, e: Relational) -> str:
        text = f"{self._print(e.lhs)} {e.rel_op} {self._print(e.rhs)}"
        return f"torch.as_tensor({text})" if self._is_number(e) else f"({text})"

    def _print_And(self, e: sympy.And) -> str:
        return f"({' & '.join(map(self._print, e.args))})"

    def _print_Or(self, e: sympy.Or) -> str:
        return f"({' | '.join(map(self._print, e.args))})"

    def _print_Not(self, e: sympy.Not) -> str:
        return f"~{self._print(e.args[0])}"

    def _print_ITE(self, e: sympy.ITE) -> str:
        return f"torch.where({', '.join(map(self._print, e.args))})"


def operation_written(what: ArrayOperation, names: Names) -> str:
    """The line of torch for a step that takes whole arrays.

    Raises: TypeError if none is known.
    """
    if isinstance(what, Contract):
        if not set(what.subscripts) - set(",->"):  # a product of numbers
            return " * ".join(names[s] for s in what.operands)
        operands = ", ".join(names[s] for s in what.operands)
        return f'torch.einsum("{what.subscripts}", {operands})'
    if isinstance(what, Align):
        return _aligned(names[what.args[1]], what.order, [names[s] for s in what.shape])
    if what.function is peak:
        return f"{names[what.args[1]]}.amax({what.args[2].value})"
    if what.function is accumulated:
        operand, axis, onward = names[what.args[1]], what.args[2].value, what.args[3].value
        turn = f".flip({axis})" if onward else ""
        return f"{operand}{turn}.cumsum({axis}){turn}"
    raise TypeError(
        f"no line of torch is known for {what.function.__name__!r}; use lambdify('numpy')"
    )


def _aligned(operand: str, order: Sequence[int], shape: Sequence[str]) -> str:
    kept = [axis for axis in order if axis >= 0]
    text = operand if kept == sorted(kept) else f"{operand}.permute({', '.join(map(str, kept))})"
    if len(kept) < len(order):
        text += f"[{', '.join('None' if axis < 0 else ':' for axis in order)}]"
    return f"{text}.expand({', '.join(shape)})" if shape else text


def _is_number(e: Expr) -> bool:
    """Whether it is a number, or the symbol that `_named` made of one."""
    return not e.free_symbols or (e.is_Symbol and not e.name.isidentifier() and "%" not in e.name)


def number(constant: Expr) -> str:
    """The Python text of a constant: a short fraction as it is, else the nearest float64."""
    if constant.is_Integer and abs(constant) < 2**53:
        return str(constant)
    if constant.is_Rational and constant.q <= _SHORT and constant.q & (constant.q - 1):
        return f"{constant.p} / {constant.q}"
    try:
        value = float(constant)
    except (TypeError, OverflowError):
        value = math.nan
    return repr(value) if math.isfinite(value) else f"float('{value}')"


def _with_numbers(e: Expr) -> Expr:
    """The expression, each constant in it a symbol that is named as Python writes it.

    SymPy would write √(2/π) as two roots and 0.044715 as a fraction.
    """
    if not e.free_symbols:
        return _named(e) if isinstance(e, Expr) else e
    if not e.args:
        return e
    if isinstance(e, sympy.Pow) and not e.exp.free_symbols:
        simple = e.exp.is_Rational and e.exp.q <= 2
        return sympy.Pow(_with_numbers(e.base), e.exp if simple else _named(e.exp))
    if isinstance(e, sympy.Mul | sympy.Add):
        constants = [a for a in e.args if not a.free_symbols]
        varying = [_with_numbers(a) for a in e.args if a.free_symbols]
        return e.func(*([_named(e.func(*constants))] if constants else []), *varying)
    return e.func(*map(_with_numbers, e.args), **({"evaluate": False} if _is_case(e) else {}))


def _is_case(e: Expr) -> bool:
    return isinstance(e, sympy.Piecewise | Relational)


def _named(constant: Expr) -> Expr:
    if constant.is_Integer or (constant.is_Rational and constant.q <= _SHORT):
        return constant
    if constant.could_extract_minus_sign():
        return -_named(-constant)
    return Symbol(number(constant), real=True)
