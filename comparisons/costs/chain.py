"""Put a function or a layer into itself, at which symbolic differentiation is said to swell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr

from symdiff import Definition, Graph
from symdiff.expression.formula import real_symbol
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.graph import Node
from symdiff.graph.kinds.renamed import renamed
from symdiff.trees.walks import ordered

Call = Callable[..., Any]
z = real_symbol("z")


def chained(graph: Graph, depth: int) -> Graph:
    """The graph of y = f(f(… f(x, w), w), w), its output in the place of its first input.

    Raises: ValueError if the output has not as many axes as the first input.
    """
    first = graph.inputs[0]
    if depth > 1 and len(graph.output.axes) != len(first.axes):
        raise ValueError(
            f"{graph.name} cannot be put into itself, for its output has the axes "
            f"({', '.join(graph.output.axes)}) and its input {first.name} has "
            f"({', '.join(first.axes)}); ask for depth 1"
        )
    y = graph.output
    lines: dict[str, Node] = {"y0": y}
    for layer in range(1, depth):
        y = _in_place(graph.output, first, renamed(y, first.axes))
        lines[f"y{layer}"] = y
    return Graph(
        f"{graph.name} chain",
        graph.inputs,
        lines,
        graph.parameters,
        lengths=graph.lengths,
    )


def _in_place(output: Node, old: Node, new: Node) -> Node:
    """A node that depends on another one instead."""
    made: dict[Node, Node] = {old: new}
    for node in ordered([output], lambda node: (*node.operands, *node.held.values())):
        if node not in made:
            content = [made[c] if isinstance(c, Node) else c for c in node.content]
            made[node] = type(node)(node.axes, tuple(made[o] for o in node.operands), *content)
    return made[output]


def expression_of(definition: Definition, depth: int) -> Expr:
    """The composition as one expression in plain SymPy, as its users write it."""
    plain = in_plain_sympy(definition.valued(definition.formula))
    expression: Expr = z
    for _ in range(depth):
        expression = plain.xreplace({z: expression})
    return sympy.sympify(expression)


def in_plain_sympy(expression: Expr) -> Expr:
    """The expression with symdiff's own functions written out."""
    for name in STABLE_FUNCTIONS:
        expression = expression.replace(name, name.definition)
    return expression


def called(function: Call, depth: int) -> Call:
    """A framework's function put into its own first argument."""

    def chain(value: Any, *others: Any) -> Any:
        for _ in range(depth):
            value = function(value, *others)
        return value

    return chain
