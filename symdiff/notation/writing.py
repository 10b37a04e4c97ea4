"""Text and LaTeX of an expression; each printer is loaded when it first prints."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr


def text(expression: Expr) -> str:
    """The expression in Unicode text, such as ȳ (Φ(z) + z φ(z))."""
    from symdiff.notation.plain import TextPrinter

    return TextPrinter().doprint(expression)


def latex(expression: Expr) -> str:
    r"""The expression in LaTeX, such as \bar{y} \, (\Phi(z) + z \, \varphi(z))."""
    from symdiff.notation.tex import TexPrinter

    return TexPrinter().doprint(expression)


def aligned(rows: Iterable[str]) -> str:
    r"""LaTeX equations, each with its `&` before the sign, as one `aligned` block."""
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"
