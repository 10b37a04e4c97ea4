"""Apply elementwise functions: to the nodes of a graph, or as a graph by themselves."""

from __future__ import annotations

from symdiff.definition import Definition
from symdiff.graph import Graph, Node, elementwise, scalars
from symdiff.graph.template import in_placeholders


def pointwise(definition: Definition) -> Graph:
    """Make the graph of a function by itself: y = f(z), or L = loss(y, t).

    Its inputs are scalars; arrays given for them are as many problems at once.

    Args: definition, such as `symdiff.activation("gelu")` or `symdiff.loss("mse")`.
    """
    definition = definition.settled()
    inputs = scalars(" ".join(definition.variables))
    line = "y" if "y" not in definition.variables else "L"
    return Graph(str(definition), inputs, {line: apply(definition, *inputs)}, definition.parameters)


def apply(definition: Definition, *operands: Node) -> Node:
    """Apply a function to nodes, with its stable derivatives."""
    symbols = definition.symbols
    partials = [
        in_placeholders(definition.stable[v], symbols) if v in definition.stable else None
        for v in definition.variables
    ]
    formula = in_placeholders(definition.formula, symbols)
    return elementwise(lambda *_: formula, *operands, partials=partials)
