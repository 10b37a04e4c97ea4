"""Print mathematics as Unicode text, for terminals."""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Add, Expr, Mul, Pow, Symbol
from sympy.core.relational import Relational
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.str import StrPrinter

from symdiff.functions import Extreme, StableFunction
from symdiff.notation.arrays import ArrayFunction, Contraction, PartOf, SideBySide, is_array
from symdiff.notation.matrix import MatrixNotation, product_text
from symdiff.notation.names import lettered
from symdiff.notation.reading_order import factors, signed_sum, terms, variable_left

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_NOTATION = MatrixNotation(" ", " ∘ ", "ᵀ", "_{}", "Σ", "Σ_{}", "einsum({}; {})")
_RELATIONS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥", "==": "=", "!=": "≠"}


class TextPrinter(StrPrinter):
    """SymPy's string printer with reading order, bars, superscripts and ∘ between arrays."""

    def _print_Symbol(self, e: Symbol) -> str:
        return lettered(e.name)

    def _print_ArraySymbol(self, e: Symbol) -> str:
        return self._print_Symbol(e)

    def _print_Rational(self, e: Expr) -> str:
        return f"{e.p}/{e.q}".replace("-", "−")

    def _print_Integer(self, e: Expr) -> str:
        return str(e.p).replace("-", "−")

    def _print_Add(self, e: Add, order: object = None) -> str:  # noqa: ARG002 - SymPy's signature
        return signed_sum([self._print(term) for term in terms(e)], "−")

    def _print_Mul(self, e: Mul) -> str:
        negative, numerator, denominator = factors(e)
        quotient = self._product(numerator)
        if denominator:
            under = self._product(denominator, below=True)
            quotient += f"/({under})" if len(denominator) > 1 else f"/{under}"
        return f"−{quotient}" if negative else quotient

    def _product(self, parts: Sequence[Expr], *, below: bool = False) -> str:
        """`2(z + 1)`, `ȳ f'(z)`; arrays are multiplied entry by entry: `2(inp + 1) ∘ vᵀ`."""
        alone = len(parts) == 1 and not below
        plain = [self._factor(f) for f in parts if not is_array(f)]
        arrays = " ∘ ".join(
            self._print(f) if alone and not isinstance(f, Add) else self._factor(f)
            for f in parts
            if is_array(f)
        )
        product = " ".join([*plain, arrays] if arrays else plain)
        number, _, rest = product.partition(" ")
        return number + rest if number.isdigit() and rest.startswith("(") else product

    def _factor(self, e: Expr) -> str:
        loose = isinstance(e, Add) or (isinstance(e, Contraction) and e.axes)
        text = self._print(e)  # once: each further time would double the work at every level
        return f"({text})" if loose and " " in text else text

    def _print_Pow(self, e: Pow, rational: bool = False) -> str:  # noqa: ARG002, FBT001, FBT002 - SymPy's signature
        if e.exp == sympy.Rational(1, 2):
            return f"√{self.parenthesize(e.base, PRECEDENCE['Func'])}"
        if e.exp.could_extract_minus_sign():
            return f"1/{self._factor(Pow(e.base, -e.exp))}"
        if not e.exp.is_Integer:
            base = self.parenthesize(e.base, PRECEDENCE["Pow"] + 1)
            return f"{base}^{self.parenthesize(e.exp, PRECEDENCE['Pow'])}"
        power = str(e.exp).translate(_SUPERSCRIPTS)
        if isinstance(e.base, sympy.Function) and not isinstance(
            e.base, sympy.Abs | sympy.Piecewise
        ):
            name, arguments = self._print(e.base).split("(", 1)
            return f"{name}{power}({arguments}"
        return self.parenthesize(e.base, PRECEDENCE["Pow"] + 1) + power

    def _print_Function(self, e: sympy.Function) -> str:
        name = e.text if isinstance(e, StableFunction) else type(e).__name__
        return f"{name}({', '.join(map(self._print, e.args))})"

    def _print_Max(self, e: Expr) -> str:
        arguments = ", ".join(map(self._print, sorted(e.args, key=sympy.default_sort_key)))
        return f"{type(e).__name__.lower()}({arguments})"

    def _print_Min(self, e: Expr) -> str:
        return self._print_Max(e)

    def _print_maximum(self, e: Extreme) -> str:
        return f"{e.text}({', '.join(map(self._print, e.flat))})"

    _print_minimum = _print_maximum

    def _print_Abs(self, e: Expr) -> str:
        return f"|{self._print(e.args[0])}|"

    def _print_Piecewise(self, e: sympy.Piecewise) -> str:
        cases = [
            f"{self._print(value)} otherwise"
            if condition is sympy.true
            else f"{self._print(value)} if {self._print(condition)}"
            for value, condition in e.args
        ]
        return "{" + "; ".join(cases) + "}"

    def _print_Relational(self, e: Relational) -> str:
        e = variable_left(e)
        return f"{self._print(e.lhs)} {_RELATIONS[e.rel_op]} {self._print(e.rhs)}"

    def _print_And(self, e: Expr) -> str:
        return " and ".join(map(self._print, sorted(e.args, key=sympy.default_sort_key)))

    def _print_Or(self, e: Expr) -> str:
        return " or ".join(map(self._print, sorted(e.args, key=sympy.default_sort_key)))

    def _print_ITE(self, e: Expr) -> str:
        """A condition on a value that has cases itself: either case with its own."""
        test, then, otherwise = map(self._print, e.args)
        return f"({test} and {then}) or (not ({test}) and {otherwise})"

    def _print_Not(self, e: Expr) -> str:
        return f"not ({self._print(e.args[0])})"

    def _print_Indexed(self, e: sympy.Indexed) -> str:
        return f"{e.base.label}[{', '.join(map(str, e.indices))}]"

    def _print_Sum(self, e: sympy.Sum) -> str:
        indices = ",".join(str(limits[0]) for limits in e.limits)
        return f"Σ_{indices} {self._factor(e.function)}"

    def _print_Infinity(self, e: Expr) -> str:  # noqa: ARG002 - SymPy's signature
        return "∞"

    def _print_NegativeInfinity(self, e: Expr) -> str:  # noqa: ARG002 - SymPy's signature
        return "−∞"

    def _print_Exp1(self, e: Expr) -> str:  # noqa: ARG002 - SymPy's signature
        return "e"

    def _print_Pi(self, e: Expr) -> str:  # noqa: ARG002 - SymPy's signature
        return "π"

    def _print_Contraction(self, e: Contraction) -> str:
        return product_text(e, self._factor, _NOTATION)

    def _print_PartOf(self, e: PartOf) -> str:
        return self._indivisible(e.operands[0]) + e.name.translate(_SUBSCRIPTS)

    def _print_SideBySide(self, e: SideBySide) -> str:
        return f"[{', '.join(map(self._print, e.operands))}]"

    def _indivisible(self, e: Expr) -> str:
        return self._print(e) if e.is_Symbol else f"({self._print(e)})"

    def _print_ArrayFunction(self, e: ArrayFunction) -> str:
        over = "_" + ",".join(e.over) if e.over else ""
        return f"{e.name}{over}({', '.join(map(self._print, e.operands))})"
