"""A random formula as a graph of arrays, a node for each of its operations."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Dummy, Expr, Piecewise, Symbol
from sympy.core.relational import Relational

from symdiff.graph import Graph, Node, array, einsum, elementwise


def as_arrays(formula: Expr, variable: Symbol) -> Graph:
    """Σ v f(x), f entry by entry, one operation a line.

    A case's conditions are part of the operation that chooses, their sides lines before it.
    """
    x, v = array("x", "n"), array("v", "n")
    made: dict[Expr, Node] = {variable: x}

    def node(e: Expr) -> Node:
        if e not in made:
            parts = [p for p in dict.fromkeys(_parts(e)) if variable in p.free_symbols]
            names = {p: Dummy(real=True) for p in parts}
            operation = _with_names(e, names)

            def function(*operands: Symbol) -> Expr:
                return operation.xreplace(dict(zip(names.values(), operands, strict=True)))

            made[e] = elementwise(function, *map(node, parts))
        return made[e]

    y = node(formula)
    return Graph("formula", (x, v), {"y": y, "L": einsum("n, n ->", v, y)})


def _parts(e: Expr) -> list[Expr]:
    if not isinstance(e, Piecewise):
        return list(e.args)
    sides = [side for _, test in e.args for r in test.atoms(Relational) for side in r.args]
    return [*(value for value, _ in e.args), *sides]


def _with_names(e: Any, names: dict[Expr, Symbol]) -> Any:
    """The operation itself, with names in place of what it is applied to."""
    if isinstance(e, Piecewise):
        return Piecewise(*((names.get(value, value), _test(test, names)) for value, test in e.args))
    return e.func(*(names.get(a, a) for a in e.args))


def _test(test: Any, names: dict[Expr, Symbol]) -> Any:
    if isinstance(test, Relational):
        return test.func(*(names.get(side, side) for side in test.args))
    if isinstance(test, sympy.logic.boolalg.BooleanAtom) or not test.args:
        return test
    return test.func(*(_test(part, names) for part in test.args))
