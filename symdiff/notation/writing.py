"""Write an expression as text or LaTeX; each printer is loaded when it first prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from sympy import Basic, Expr


@runtime_checkable
class _Lines(Protocol):
    """A graph or adjoints, which write their own lines."""

    def latex(self) -> str: ...


def text(expression: Expr) -> str:
    """Write an expression in Unicode, such as ȳ (Φ(z) + z φ(z)); a graph line by line.

    Raises: TypeError if it is neither an expression nor a graph nor adjoints.
    """
    if not isinstance(expression, Basic):
        return str(_lines(expression, "text"))
    from symdiff.notation.plain import TextPrinter

    return TextPrinter().doprint(expression)


def latex(expression: Expr) -> str:
    r"""Write an expression in LaTeX, such as \bar{y} \, (\Phi(z) + z \, \varphi(z)); see `text`.

    Raises: TypeError if it is neither an expression nor a graph nor adjoints.
    """
    if not isinstance(expression, Basic):
        return _lines(expression, "latex").latex()
    from symdiff.notation.tex import TexPrinter

    return TexPrinter().doprint(expression)


def aligned(rows: Iterable[str]) -> str:
    r"""LaTeX equations, each with its `&` before the sign, as one `aligned` block."""
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _lines(given: Any, verb: str) -> _Lines:
    if not isinstance(given, _Lines):
        raise TypeError(
            f"{verb} takes an expression, a graph or adjoints, not {type(given).__name__}"
        )
    return given
