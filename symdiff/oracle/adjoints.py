"""Enclose every adjoint of a graph at given inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import sympy
from sympy import Expr, Rational, Symbol

from symdiff.array_types import Float64Array
from symdiff.expression.formula import real_symbol
from symdiff.expression.rewriting import with_values
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.graph import Graph
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node, topological
from symdiff.graph.reading.closed_form import closed_form
from symdiff.oracle import deadline
from symdiff.oracle.arrays import enclose_arrays, settle
from symdiff.oracle.enclosures.enclosure import SMALLEST, Enclosure, Why, format_named, uncertain
from symdiff.oracle.points.primal import Primal
from symdiff.trees.extent import TooLarge

# The bound that counts as certified, relative to the value, as for functions: see `choice.enclose`.
_USUAL, _USUAL_ELSE = {"float64": 2.0**-64}, 2.0**-40

_AT_ONCE = 1_000  # points: what was reached stands when the time is spent


def enclose_adjoints(
    adjoints: Derivation,
    inputs: Mapping[str, Float64Array],
    *,
    target: str = "float64",
    relative: float | None = None,
    absolute: Mapping[str, Float64Array] | None = None,
) -> dict[str, Enclosure]:
    """Enclose the true value of each adjoint with a proven bound, in the shape of its value.

    A graph of scalars is enclosed point by point through its closed forms; arrays through the
    graph itself, in ball arithmetic.

    Args:
        adjoints: of the graph in question, such as `symdiff.adjoints` gives.
        inputs: float64 values by input name, as `Adjoints.lambdify` takes them; parameters too.
        target: the format to be judged, which says how small a bound has to be.
        relative: the bound asked for, if not what the target needs.
        absolute: by an adjoint's name, an array of its shape (or what broadcasts to it): an entry
            whose bound is at most this is settled. It spares an entry that is 0 in truth, and is
            never seen to be, all precisions up to the greatest.

    Raises: CannotCertify if the graph holds a function without ball arithmetic; TypeError or
        ValueError if the inputs are not those of the graph.
    """
    signature = adjoints.signature
    arrays, parameters, lengths = signature.bind(inputs)
    try:
        forms = pointwise_forms(adjoints, parameters) if signature.pointwise else None
    except TooLarge:  # a deep chain of scalars goes line by line, as arrays do
        forms = None
    asked = relative or _USUAL.get(target, _USUAL_ELSE)
    if forms is None and signature.pointwise:
        found = _line_by_line(adjoints, arrays, parameters, signature.shape(arrays), asked)
        return _settled(found, absolute)
    if forms is None:
        return enclose_arrays(
            adjoints,
            {**arrays, **parameters, **lengths},
            relative=asked,
            resolution=SMALLEST
            if target == "float64"
            else format_named(target).smallest * 2.0**-40,
            absolute=absolute,
        )
    from symdiff.oracle.choice import enclose

    shape = signature.shape(arrays)
    points = {name: np.broadcast_to(a, shape) for name, a in arrays.items()}
    found = {
        name: enclose(form, points, of=primal, target=target, relative=relative)
        for name, (form, primal) in forms.items()
    }
    return _settled(found, absolute)


def _settled(
    found: dict[str, Enclosure], absolute: Mapping[str, Float64Array] | None
) -> dict[str, Enclosure]:
    """The enclosures, of which those that are narrow enough anyway count as certified."""
    for name, enough in (absolute or {}).items():
        if name in found:
            settle(found[name], enough)
    return found


def _line_by_line(
    adjoints: Derivation,
    arrays: Mapping[str, Float64Array],
    parameters: Mapping[str, Any],
    shape: tuple[int, ...],
    relative: float,
) -> dict[str, Enclosure]:
    """A chain too deep to be written out: some points at a time, each distinct point once."""
    columns = [np.broadcast_to(a, shape).ravel() for a in arrays.values()]
    distinct, inverse = np.unique(np.array(columns), axis=1, return_inverse=True)
    count = distinct.shape[1]
    found = {name: uncertain((count,), Why.OUT_OF_BUDGET) for name in adjoints.nodes}
    with deadline.unless_set(deadline.patience(int(np.prod(shape)))):
        for start in range(0, count, _AT_ONCE):
            if deadline.spent():
                break
            some = slice(start, start + _AT_ONCE)
            inputs = dict(zip(arrays, distinct[:, some], strict=True))
            given = {**inputs, **parameters}
            part = enclose_arrays(adjoints, given, relative=relative, ties=False)
            for name, reached in found.items():
                reached.put(some, part[name])
    # What 1/z > 0 is at ∞, where 1/∞ is 0, is no limit.
    infinite = np.isinf(distinct).any(axis=0)
    for enclosure in found.values():
        enclosure.put(infinite, uncertain((int(infinite.sum()),), Why.NO_LIMIT))
    return {name: e[inverse.ravel()].reshape(shape) for name, e in found.items()}


_forms: WeakKeyDictionary[Graph, dict[Any, Mapping[str, tuple[Expr, Primal]]]] = WeakKeyDictionary()


def pointwise_forms(
    adjoints: Derivation, parameters: Mapping[str, Rational]
) -> Mapping[str, tuple[Expr, Primal]]:
    """The form of each adjoint of a graph of scalars at its parameters, and its primal."""
    known = _forms.setdefault(adjoints.graph, {})
    key = tuple(sorted(parameters.items()))
    if key not in known:
        values = {real_symbol(name): value for name, value in parameters.items()}
        primals = _primals(adjoints, values)
        known[key] = {
            k: (closed_form(node).xreplace(values), primals[k])
            for k, node in adjoints.nodes.items()
        }
    return known[key]


def _primals(adjoints: Derivation, values: Mapping[Symbol, Expr]) -> dict[str, Primal]:
    """The function that each adjoint of a graph of scalars is the derivative of."""
    graph = adjoints.graph
    computed = topological(graph.output_nodes, computed=True)
    every = topological([n for g in (graph, *graph.before) for n in g.output_nodes], computed=True)
    restricting = tuple(
        with_values(closed_form(node), values)
        for node in every
        if isinstance(node, Elementwise) and not node.everywhere
    )
    stops: dict[Node, Expr] = {
        n: Symbol(f"%stop{i}", real=True) for i, n in enumerate(computed) if isinstance(n, Stop)
    }
    stopped = {symbol: with_values(closed_form(node), values) for node, symbol in stops.items()}
    before = tuple(
        with_values(closed_form(node, stops), {**values, **stopped})
        for graph_before in graph.before
        for node in graph_before.output_nodes
    )
    primals = {}
    for name in adjoints.nodes:
        node = graph.nodes[name]
        if isinstance(node, Input):
            function, variable, value = _function(adjoints, stops), real_symbol(name), None
        else:  # the line by itself, under a name that no input has
            variable = Symbol(f"%{name}", real=True)
            function = _function(adjoints, {**stops, node: variable})
            value = with_values(closed_form(node), values)
        primals[name] = Primal(
            restricting, with_values(function, values), variable, value, stopped, before
        )
    return primals


def _function(adjoints: Derivation, cut: Mapping[Node, Expr]) -> Expr:
    """The output; of several their sum, each times its cotangent."""
    outputs = zip(adjoints.graph.output_nodes, adjoints.cotangents.values(), strict=True)
    return sympy.Add(*(closed_form(v) * closed_form(y, cut) for y, v in outputs))
