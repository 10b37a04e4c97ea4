"""The partial derivative, almost everywhere, of a real expression with cases and kinks."""

from __future__ import annotations

from functools import lru_cache

import sympy
from sympy import Expr, Symbol


@lru_cache(maxsize=4096)
def differentiate(expression: Expr, variable: Symbol) -> Expr:
    """∂expression/∂variable, defined wherever the expression is differentiable.

    At a kink the derivative is that of the case which holds the point: `z if z > 0 else 0` has
    derivative 0 at 0. Where SymPy has a Dirac delta (a jump of |z|', of sign), this has 0.
    """
    derivative = sympy.diff(expression, variable)
    return derivative.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
