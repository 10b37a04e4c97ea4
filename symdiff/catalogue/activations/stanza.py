"""Enter an activation into the catalogue: what a stanza says, and the names it is written with.

A formula is the one its source documents. Where two cases meet, f is continuous (unless said
otherwise) and the case that holds the point decides the derivative there, so a stanza puts the
point where the framework's backward puts it, and `at` says what that gives. `edges` are values of
the parameters that the source allows and implementations are known to get wrong: zero, negative,
tiny, huge, infinite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sympy
from sympy import Expr

from symdiff.definition import Definition
from symdiff.expression.formula import parameter, real_symbol

z = real_symbol("z")

Family = dict[str, Definition]


def stanza(
    family: Family,
    name: str,
    formula: Expr,
    *,
    source: str,
    derivative: Expr | None = None,
    at: Mapping[object, object] | None = None,
    ideal: Expr | None = None,
    edges: Mapping[str, Iterable[str]] | None = None,
    ranges: Mapping[str, tuple[str, str]] | None = None,
    **parameters: str,
) -> Definition:
    """Enter a definition in its family; parameters are decimals, fractions or "inf", as text."""
    definition = Definition(
        name,
        formula,
        parameters={k: parameter(v) for k, v in parameters.items()},
        stable={} if derivative is None else {"z": derivative},
        at={sympy.sympify(k): sympy.sympify(v) for k, v in (at or {}).items()},
        ideal=ideal,
        edges={k: tuple(map(parameter, values)) for k, values in (edges or {}).items()},
        ranges={k: (parameter(a), parameter(b)) for k, (a, b) in (ranges or {}).items()},
        source=source,
    )
    family[name] = definition
    return definition
