"""The operations that balls of every kind have, in SymPy and in flint."""

from __future__ import annotations

import sympy
from flint import arb

from symdiff.functions import (
    Phi,
    expm1,
    log1p,
    maximum,
    minimum,
    phi,
    sech,
    sigmoid,
    softplus,
    tanh,
)
from symdiff.graph.template import placeholder

A, B = placeholder(0), placeholder(1)

# name: expression, and the same of flint's balls
ONE = {
    "exp": (sympy.exp(A), arb.exp),
    "expm1": (expm1(A), lambda x: x.expm1()),
    "log": (sympy.log(A), arb.log),
    "log1p": (log1p(A), lambda x: x.log1p()),
    "sqrt": (sympy.sqrt(A), arb.sqrt),
    "sin": (sympy.sin(A), arb.sin),
    "cos": (sympy.cos(A), arb.cos),
    "atan": (sympy.atan(A), arb.atan),
    "abs": (sympy.Abs(A), abs),
    "cube": (A**3, lambda x: x * x * x),
    "power": (A ** sympy.Rational(7, 3), lambda x: (x.log() * 7 / 3).exp()),
    "inverse": (1 / A, lambda x: 1 / x),
    **{f.__name__: (f(A), f.arb) for f in (sigmoid, tanh, sech, softplus, phi, Phi)},
}
TWO = {
    "add": (A + B, lambda x, y: x + y),
    "subtract": (A - B, lambda x, y: x - y),
    "multiply": (A * B, lambda x, y: x * y),
    "divide": (A / B, lambda x, y: x / y),
    "maximum": (maximum(A, B), lambda x, y: x.max(y)),
    "minimum": (minimum(A, B), lambda x, y: x.min(y)),
    "ratio": ((A - B) / (A + B), lambda x, y: (x - y) / (x + y)),
}
# The least share of operands of every size and width of which something is to be known.
LEAST = {
    **dict.fromkeys(("exp", "expm1"), 0.6),
    **dict.fromkeys(("sin", "cos", "multiply"), 0.5),
    **dict.fromkeys(("log", "log1p", "sqrt", "divide"), 0.4),
    **dict.fromkeys(("atan", "abs", "add", "subtract", "maximum", "minimum"), 0.9),
    **dict.fromkeys(("sigmoid", "tanh", "sech", "softplus", "phi", "Phi"), 0.9),
    "inverse": 0.8,
    "cube": 0.3,
    "power": 0.2,
    "ratio": 0.1,
}
