"""Take √x with the convention of norms: its adjoint at 0 is 0, as torch's 2-norm has it."""

from __future__ import annotations

import sympy
from sympy import Eq, Expr, Piecewise
from sympy.core.relational import Relational

from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Node
from symdiff.graph.template import placeholder


def root(x: Node) -> Node:
    """The root √x entry by entry, with x̄ = ȳ/(2√x), and 0 where x is 0.

    Source: torch.linalg.vector_norm, whose gradient at 0 is the subgradient 0.
    """
    z = placeholder(0)
    slope = Piecewise((0, Eq(z, 0)), (1 / (2 * sympy.sqrt(z)), True))
    return elementwise(sympy.sqrt, x, partials=[slope])


def settled_by_convention(e: Expr) -> frozenset[Relational]:
    """The conditions that `root` itself put into an expression, where 0 is always right.

    At 0 the norm's subgradients are the unit ball, and 0 is in it.
    """
    return frozenset(
        case.args[0].cond
        for case in e.atoms(Piecewise)
        if len(case.args) == 2
        and case.args[0].expr == 0
        and isinstance(case.args[0].cond, Eq)
        and case.args[1].expr == 1 / (2 * sympy.sqrt(case.args[0].cond.lhs))
    )
