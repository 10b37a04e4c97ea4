"""Put parameters' values into expressions that are asked only whether they have a value."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from sympy import Rational

from symdiff.expression.formula import real_symbol
from symdiff.expression.rewriting import with_values
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.node import Node, topological


def valued(guards: Mapping[str, Node], parameters: Mapping[str, Rational]) -> dict[str, Node]:
    """The expressions at some values of parameters, undefined where they were before.

    z²/(b z) is z at b = 1, but for z = 0: SymPy forgets that, and what is put in here does not. A
    node that cannot have the numbers put in keeps its symbols.
    """
    values = {real_symbol(name): value for name, value in parameters.items()}
    made: dict[Node, Node] = {}
    for node in topological(guards.values(), computed=True):
        operands = tuple(made.get(o, o) for o in node.operands)
        content = [made.get(c, c) if isinstance(c, Node) else c for c in node.content]
        if isinstance(node, Elementwise):
            with suppress(ValueError):
                content[0] = with_values(node.expr, values)
        made[node] = type(node)(node.axes, operands, *content)
    return {name: made[guard] for name, guard in guards.items()}
