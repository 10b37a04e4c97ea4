"""√x with the convention of norms: its adjoint at 0 is 0, as torch's 2-norm has it."""

from __future__ import annotations

import sympy
from sympy import Eq, Piecewise

from symdiff.graph.kinds.elementwise import elementwise
from symdiff.graph.node import Node
from symdiff.graph.template import placeholder


def root(x: Node) -> Node:
    """√x entry by entry, with x̄ = ȳ/(2√x), and 0 where x is 0.

    Source: torch.linalg.vector_norm, whose gradient at 0 is the subgradient 0.
    """
    z = placeholder(0)
    slope = Piecewise((0, Eq(z, 0)), (1 / (2 * sympy.sqrt(z)), True))
    return elementwise(sympy.sqrt, x, partials=[slope])
