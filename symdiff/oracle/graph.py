"""The oracle for graphs: every adjoint of a graph, enclosed at given inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sympy import Expr, Rational, Symbol

from symdiff.adjoint import Adjoints
from symdiff.closed_form import closed_form
from symdiff.formula import real_symbol
from symdiff.graph import Elementwise, Graph, Input, topological
from symdiff.interpret import interpret
from symdiff.oracle.enclosure import Enclosure, Float64Array
from symdiff.oracle.primal import Primal, is_total
from symdiff.program import program


def enclose_adjoints(
    adjoints: Adjoints,
    inputs: Mapping[str, Float64Array],
    *,
    target: str = "float64",
    relative: float | None = None,
) -> dict[str, Enclosure]:
    """The true value of each adjoint with a proven bound, in the shape of its value.

    A graph of scalars is enclosed point by point through its closed forms; arrays through the
    graph itself, in ball arithmetic.

    Args:
        adjoints: of the graph in question.
        inputs: float64 values by input name, as `Adjoints.lambdify` takes them; parameters too.
        target: the format to be judged, which says how small a bound has to be.
        relative: the bound asked for, if not what the target needs.

    Raises: CannotCertify if the graph holds a function without ball arithmetic; TypeError or
        ValueError if the inputs are not those of the graph.
    """
    signature = adjoints.signature
    arrays, parameters, lengths = signature.bind(inputs)
    if not signature.pointwise:
        return _by_interpretation(adjoints, {**arrays, **parameters, **lengths})
    from symdiff.oracle.choice import enclose

    shape = signature.shape(arrays)
    points = {name: np.broadcast_to(a, shape) for name, a in arrays.items()}
    return {
        name: enclose(form, points, of=primal, target=target, relative=relative)
        for name, (form, primal) in pointwise_forms(adjoints, parameters).items()
    }


_forms: WeakKeyDictionary[Graph, dict[Any, Mapping[str, tuple[Expr, Primal]]]] = WeakKeyDictionary()


def pointwise_forms(
    adjoints: Adjoints, parameters: Mapping[str, Rational]
) -> Mapping[str, tuple[Expr, Primal]]:
    """Each adjoint of a graph of scalars, with the parameters' values: its form and its primal."""
    known = _forms.setdefault(adjoints.graph, {})
    key = tuple(sorted(parameters.items()))
    if key not in known:
        values = {real_symbol(name): value for name, value in parameters.items()}
        primals = _primals(adjoints, values)
        known[key] = {k: (form.xreplace(values), primals[k]) for k, form in adjoints.items()}
    return known[key]


def _primals(adjoints: Adjoints, values: Mapping[Symbol, Expr]) -> dict[str, Primal]:
    """What each adjoint of a graph of scalars is the derivative of: the output, as its function."""
    graph = adjoints.graph
    computed = topological([graph.output], computed=True)
    restricting = tuple(
        closed_form(node).xreplace(values)
        for node in computed
        if isinstance(node, Elementwise) and not is_total(node.expr.xreplace(values))
    )
    primals = {}
    for name in adjoints.nodes:
        node = graph.nodes[name]
        if isinstance(node, Input):
            function, variable, value = closed_form(graph.output), real_symbol(name), None
        else:  # the line by itself, under a name that no input has
            variable = Symbol(f"%{name}", real=True)
            function = closed_form(graph.output, {node: variable})
            value = closed_form(node).xreplace(values)
        primals[name] = Primal(restricting, function.xreplace(values), variable, value)
    return primals


def _by_interpretation(adjoints: Adjoints, arguments: Mapping[str, Any]) -> dict[str, Enclosure]:
    """Ziv's strategy for the whole graph at once: precision doubles until all is certified."""
    from flint import ctx

    from symdiff.oracle.ball import MAX_PRECISION, enclosure_of

    steps = program(adjoints.nodes)
    precision = 128
    while True:
        with ctx.workprec(precision):
            entrywise = np.frompyfunc(_ball, 1, 1)
            balls = {k: np.asarray(entrywise(arguments[k]), object) for k in steps.arguments}
            results = interpret(steps, balls, _compile)
            found = {
                name: enclosure_of(value.ravel().tolist()).reshape(value.shape)
                for name, value in results.items()
            }
        if precision >= MAX_PRECISION or all(e.certified.all() for e in found.values()):
            return found
        precision *= 2


def _ball(value: Any) -> Any:
    from flint import arb, fmpq

    return arb(fmpq(int(value.p), int(value.q))) if hasattr(value, "p") else arb(value)


def _compile(symbols: Sequence[Symbol], expression: Expr) -> Callable[..., Any]:
    return _compiled(tuple(symbols), expression)


@lru_cache(maxsize=4096)
def _compiled(symbols: tuple[Symbol, ...], expression: Expr) -> Callable[..., Any]:
    from flint import arb

    from symdiff.oracle.elementary import Undecided
    from symdiff.oracle.translate import compile_ball

    function = compile_ball(expression, symbols)

    def evaluate(*balls: Any) -> Any:
        """An unbounded ball where the case is not decided at this precision."""
        try:
            return function(*balls)
        except Undecided:
            return arb.nan()

    return evaluate
