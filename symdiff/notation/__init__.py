"""How mathematics is written: text for terminals, LaTeX for notebooks and pages."""

from __future__ import annotations

from sympy import Expr


def text(expression: Expr) -> str:
    """The expression in Unicode text, such as ȳ (Φ(z) + z φ(z))."""
    from symdiff.notation.plain import TextPrinter

    return TextPrinter().doprint(expression)


def latex(expression: Expr) -> str:
    r"""The expression in LaTeX, such as \bar{y} \, (\Phi(z) + z \, \varphi(z))."""
    from symdiff.notation.tex import TexPrinter

    return TexPrinter().doprint(expression)
