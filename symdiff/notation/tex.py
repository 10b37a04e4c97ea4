"""Print mathematics as LaTeX, for notebooks and pages."""

from __future__ import annotations

import re
from collections.abc import Sequence

import sympy
from sympy import Add, Expr, Mul, Symbol
from sympy.core.relational import Relational
from sympy.printing.latex import LatexPrinter

from symdiff.functions import Extreme, StableFunction, UnspecifiedFunction
from symdiff.notation.arrays import ArrayFunction, Contraction, PartOf, SideBySide, is_array
from symdiff.notation.matrix import MatrixNotation, product_text
from symdiff.notation.names import HAT, LETTERS, is_barred, unbarred
from symdiff.notation.reading_order import factors, signed_sum, terms, variable_left

_SPELT = {letter: name for name, letter in LETTERS.items()}  # of γ̄, whose letter is Greek already
_NOTATION = MatrixNotation(
    r" \, ",
    r" \circ ",
    r"^{\mathsf{T}}",
    r"_{{{}}}",
    r"\sum",
    r"\sum_{{{}}}",
    r"\operatorname{{einsum}}({}; {})",
)


_TYPED = re.compile(r"([0-9.]+)e([+-]?[0-9]+)")


class TexPrinter(LatexPrinter):
    """SymPy's LaTeX printer with reading order, bars and ∘ between arrays."""

    def __init__(self) -> None:
        super().__init__({"mul_symbol": r" \, "})

    def _print_Symbol(self, e: Symbol, style: str = "plain") -> str:
        decimal = _TYPED.fullmatch(e.name)  # a number as a person types it: 1e-06
        if decimal:
            power = f"10^{{{int(decimal[2])}}}"
            return power if decimal[1] == "1" else rf"{decimal[1]} \cdot {power}"
        head, underscore, tail = unbarred(e.name).partition("_")
        name = _SPELT.get(head, head) + underscore + tail
        plain = name.replace(HAT, "")
        if plain != name:
            letter = rf"\hat{{{self._print_Symbol(Symbol(plain), style)}}}"
            return rf"\bar{{{letter}}}" if is_barred(e.name) else letter
        letter = super()._print_Symbol(
            Symbol({"lambd": "lambda", "eps": "varepsilon"}.get(name, name)), style
        )
        if len(name) > 1 and not letter.startswith("\\"):
            letter = rf"\mathrm{{{name}}}".replace("_", r"\_")  # negative_slope, inp
            return rf"\overline{{{letter}}}" if is_barred(e.name) else letter
        return rf"\bar{{{letter}}}" if is_barred(e.name) else letter

    def _print_ArraySymbol(self, e: Symbol) -> str:
        return self._print_Symbol(e)

    def _print_Add(self, e: Add, order: object = None) -> str:  # noqa: ARG002 - SymPy's signature
        return signed_sum([self._print(term) for term in terms(e)], "-")

    def _print_Mul(self, e: Mul) -> str:
        negative, numerator, denominator = factors(e)
        over = self._product(numerator, alone=bool(denominator))
        if denominator:
            over = rf"\frac{{{over}}}{{{self._product(denominator, alone=True)}}}"
        return f"- {over}" if negative else over

    def _product(self, parts: Sequence[Expr], *, alone: bool) -> str:
        bare = alone and len(parts) == 1
        write = self._print if bare else self._factor
        plain = [write(f) for f in parts if not is_array(f)]
        arrays = r" \circ ".join(write(f) for f in parts if is_array(f))
        return r" \, ".join([*plain, arrays] if arrays else plain)

    def _factor(self, e: Expr) -> str:
        loose = isinstance(e, Add | sympy.Sum)
        return rf"\left({self._print(e)}\right)" if loose else self._print(e)

    def _print_Function(self, e: sympy.Function, exp: str | None = None) -> str:
        if isinstance(e, StableFunction):
            name = e.latex
        elif isinstance(e, UnspecifiedFunction):
            name = type(e).__name__
        else:
            return super()._print_Function(e, exp)
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{name}{power}\left({self._print(e.args[0])}\right)"

    def _print_maximum(self, e: Extreme, exp: str | None = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{e.latex}{power}\left({', '.join(map(self._print, e.flat))}\right)"

    _print_minimum = _print_maximum

    def _print_expm1(self, e: sympy.Function, exp: str | None = None) -> str:
        """As mathematics has it: e^z − 1, always in parentheses."""
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\left(e^{{{self._print(e.args[0])}}} - 1\right){power}"

    def _print_log1p(self, e: sympy.Function, exp: str | None = None) -> str:
        """As mathematics has it: log(1 + z)."""
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\log{power}\left({self._print(1 + e.args[0])}\right)"

    def _print_Relational(self, e: Relational) -> str:
        return super()._print_Relational(variable_left(e))

    def _print_Contraction(self, e: Contraction) -> str:
        return product_text(e, self._factor, _NOTATION)

    def _print_ITE(self, e: Expr) -> str:
        """A condition on a value that has cases itself: either case with its own."""
        test, then, otherwise = map(self._print, e.args)
        both = rf"\left({test} \wedge {then}\right)"
        return rf"{both} \vee \left(\neg\left({test}\right) \wedge {otherwise}\right)"

    def _print_PartOf(self, e: PartOf) -> str:
        (whole,) = e.operands
        bare = self._print(whole) if whole.is_Symbol else rf"\left({self._print(whole)}\right)"
        return f"{{{bare}}}_{{{e.name}}}"

    def _print_SideBySide(self, e: SideBySide) -> str:
        return rf"\left[{', '.join(map(self._print, e.operands))}\right]"

    def _print_ArrayFunction(self, e: ArrayFunction) -> str:
        over = rf"_{{{','.join(e.over)}}}" if e.over else ""
        name = rf"\operatorname{{{e.name}}}".replace("_", r"\_")
        return rf"{name}{over}\left({', '.join(map(self._print, e.operands))}\right)"
