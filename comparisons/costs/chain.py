"""Compose a function with itself, at which symbolic differentiation is said to swell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr

from symdiff import Definition, Graph, scalars
from symdiff.application import apply
from symdiff.expression.formula import real_symbol
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.graph import Node

Call = Callable[[Any], Any]
z = real_symbol("z")


def graph_of(definition: Definition, depth: int) -> Graph:
    """The graph of y = f(f(… f(z))), each layer a node of its own."""
    inputs = scalars("z")
    y: Node = inputs[0]
    lines: dict[str, Node] = {}
    for layer in range(depth):
        y = apply(definition, y)
        lines[f"y{layer}"] = y
    return Graph(f"{definition.name} chain", inputs, lines, definition.parameters)


def expression_of(definition: Definition, depth: int) -> Expr:
    """The composition as one expression in plain SymPy, as its users write it."""
    plain = definition.valued(definition.formula)
    for name in STABLE_FUNCTIONS:
        plain = plain.replace(name, name.definition)
    expression: Expr = z
    for _ in range(depth):
        expression = plain.xreplace({z: expression})
    return sympy.sympify(expression)


def called(function: Call, depth: int) -> Call:
    """The composition of a framework's function with itself."""

    def chain(value: Any) -> Any:
        for _ in range(depth):
            value = function(value)
        return value

    return chain
