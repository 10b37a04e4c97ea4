"""A layer as a problem of costs: its shapes, drawn inputs, one row of it in plain SymPy.

The first input has rows of 64 entries, and every other axis is as long as a row. What is not so:
glu's row is two halves of 32, maxout has two pieces, group_norm's rows are groups of 32 × 2, four a
sample. Attention is square: queries, keys and both depths are as many. Entries are drawn from a
standard normal distribution, the cotangent's too, for of ones softmax's gradient is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

import sympy
from sympy import Basic, Expr, Indexed, Product, Sum, Symbol

from comparisons.costs.chain import called, chained, in_plain_sympy
from comparisons.costs.jax_layers import layer_in_jax
from comparisons.costs.problem import Place, Problem, Written
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.subjects.catalogue.torch_code import TorchCode
from comparisons.subjects.subject import Subject
from symdiff import Graph
from symdiff.expression.formula import real_symbol
from symdiff.graph.reading.closed_form import closed_form, entry
from symdiff.notation.arrays import size as length_of
from symdiff.trees.walks import rebuilt

WIDTHS = (2, 4, 8, 16)  # of the rows that SymPy's diff is measured with
_COUNTED_AT = 4  # entries of the row whose operations are counted
_WIDTH = 64  # entries of a row
_JUDGED = 256  # entries at which the error is measured

Lengths = Callable[[int, int], Mapping[str, int]]

# Of so many rows of some width: the axes that are not as long as a row.
_OTHERS: Mapping[str, Lengths] = MappingProxyType(
    {
        "glu": lambda _, width: {"half": 2, "h": width // 2},
        "crelu": lambda *_: {"half": 2},
        "maxout": lambda *_: {"k": 2},
        "group_norm": lambda rows, width: {
            "n": math.ceil(rows / 4),
            "g": min(rows, 4),
            "c": width // 2,
            "h": 2,
        },
    }
)


def of_layer(subject: Subject, depth: int, name: str) -> Problem:
    """The problem of a layer put into itself.

    Args: name, of the layer without its options.
    Raises: ValueError, one sentence, if its output has not the axes of its first input.
    """
    graph = chained(subject.graph, depth)
    assert isinstance(subject.forward, TorchCode)  # noqa: S101 - as the catalogue has it

    def drawn(rows: int, width: int) -> Inputs:
        return _drawn(graph, _lengths(graph, name, rows, width))

    def alike(rows: int, width: int) -> Inputs:
        """So many times one row, as it is written out: of group_norm each is a sample."""
        one = _lengths(graph, name, 1, width)
        return _drawn(graph, {**one, graph.inputs[0].axes[0]: rows})

    def inputs(size: int) -> Inputs:
        if name == "attention":
            side = max(1, round(math.sqrt(size)))
            return drawn(side, side)
        return drawn(max(1, round(size / _WIDTH)), _WIDTH)

    return Problem(
        subject.name,
        depth,
        graph,
        called(subject.forward.function, depth),
        lambda: called(layer_in_jax(subject, name), depth),
        inputs,
        inputs(_JUDGED),
        lambda width: _written(graph, _lengths(graph, name, 1, width)),
        alike,
        _WIDTH,
        _COUNTED_AT,
    )


def _lengths(graph: Graph, name: str, rows: int, width: int) -> Mapping[str, int]:
    """The length of each axis, for so many rows of some width."""
    axes = dict.fromkeys(a for node in (*graph.inputs, graph.output) for a in node.axes)
    usual = {a: rows if a == graph.inputs[0].axes[0] else width for a in axes}
    return {**usual, **_OTHERS[name](rows, width)} if name in _OTHERS else usual


def _drawn(graph: Graph, lengths: Mapping[str, int]) -> Inputs:
    draw = seeded()
    axes = {**{i.name: i.axes for i in graph.inputs}, COTANGENT: graph.output.axes}
    return {name: draw.normal(size=[lengths[a] for a in of]) for name, of in axes.items()}


def _written(graph: Graph, lengths: Mapping[str, int]) -> Written:
    """Σ v_i y_i of one row, component by component, and every component of every input."""
    v: Any = entry(COTANGENT, graph.output.axes)  # v[i, j]
    values = {length_of(axis): sympy.Integer(length) for axis, length in lengths.items()}
    values |= {real_symbol(name): value for name, value in graph.parameters.items()}
    y = in_plain_sympy(_summed(closed_form(graph.output), values))
    weights = _components(COTANGENT, graph.output.axes, lengths)
    terms = []
    for weight, (_, at) in weights.items():
        terms.append(weight * _at(y, dict(zip(v.indices, map(sympy.Integer, at), strict=True))))
    whole = sympy.Add(*terms)
    names = {e: _component(str(e.base.label), e.indices) for e in whole.atoms(Indexed)}
    variables: dict[Symbol, Place] = {}
    for each in graph.inputs:
        variables |= _components(each.name, each.axes, lengths)
    return Written(whole.xreplace(names), variables, weights)


def _summed(expression: Expr, values: Mapping[Symbol, Expr]) -> Expr:
    """The expression with each sum and product written out, lengths and parameters put in.

    SymPy's own `doit` folds cases, and leaves an index behind where it means nothing.
    """

    def change(old: Basic, parts: tuple[Basic, ...]) -> Basic:
        if isinstance(old, Symbol):
            return values.get(old, old)
        if not isinstance(old, Sum | Product):
            return old if parts == old.args else old.func(*parts)
        made, *ranges = parts
        join = sympy.Add if isinstance(old, Sum) else sympy.Mul
        for index, low, high in ranges:
            made = join(*(_at(made, {index: sympy.Integer(i)}) for i in range(low, high + 1)))
        return made

    return rebuilt(expression, change)


def _at(expression: Expr, values: Mapping[Symbol, Expr]) -> Expr:
    return expression.xreplace(dict(values))


def _components(name: str, axes: Sequence[str], lengths: Mapping[str, int]) -> dict[Symbol, Place]:
    """A symbol for every entry of an array."""
    places = product(*(range(lengths[a]) for a in axes))
    return {_component(name, at): (name, at) for at in places}


def _component(name: str, at: Iterable[object]) -> Symbol:
    return Symbol("_".join(map(str, (name, *at))), real=True)
