"""The symbolic methods: SymPy's diff, symdiff's adjoints before and after sharing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy

import symdiff
from comparisons.costs.method import Method, timed
from comparisons.costs.numpy_steps import NumpySteps
from comparisons.costs.problem import Problem
from comparisons.costs.row_diff import RowDiff, work_ahead
from comparisons.inputs.values import Inputs
from symdiff.expression.formula import real_symbol

_TOO_LARGE = 300_000  # operations of a row's expression, times its components: some seconds
_TOO_DEEP = 12  # functions in SymPy's diff: its expression doubles with nearly every one


def sympy_diff(problem: Problem) -> Method | str:
    """`sympy.diff` of the whole expression, and `lambdify` of what it gives."""
    return _diff_of_function(problem) if problem.pointwise else _diff_of_row(problem)


def _diff_of_row(problem: Problem) -> Method | str:
    """One row written out component by component; only counted where rows are too wide for it."""
    if problem.depth > 1:
        return "SymPy's diff of a layer swells with its width already; it is tried at depth 1"
    width = problem.counted_at
    ahead = work_ahead(problem, width)
    if ahead > _TOO_LARGE:
        return (
            f"a row of {width} swells beyond reach: its operations times its components are some "
            f"{ahead:,}, and it is tried to {_TOO_LARGE:,}"
        )
    if width != problem.width:
        row, seconds = timed(lambda: RowDiff(problem, width))
        return Method("SymPy diff", seconds, row.operations, _unit(problem))

    def derive() -> tuple[RowDiff, Callable[[Inputs], Any]]:
        row = RowDiff(problem, width)
        return row, row.lambdified()

    (row, function), seconds = timed(derive)
    return Method("SymPy diff, lambdified", seconds, row.operations, _unit(problem), function)


def _diff_of_function(problem: Problem) -> Method | str:
    if problem.depth > _TOO_DEEP:
        return (
            f"an expression of {problem.depth} layers swells beyond reach; "
            f"it is tried to {_TOO_DEEP}"
        )
    primal = problem.written(1).expression
    (name,) = problem.names
    z = real_symbol(name)

    def derive() -> tuple[sympy.Expr, Any]:
        slope = sympy.diff(primal, z)
        return slope, sympy.lambdify(z, slope, modules=["scipy", "numpy"])

    (slope, function), seconds = timed(derive)
    operations = int(sympy.count_ops(slope))
    return Method(
        "SymPy diff, lambdified",
        seconds,
        operations,
        "operations",
        lambda values: {name: function(values[name])},
    )


def _unit(problem: Problem) -> str:
    if problem.pointwise or problem.width == problem.counted_at:
        return "operations"
    return f"operations, row of {problem.counted_at}"


def _one(problem: Problem) -> Inputs:
    """The inputs whose operations are counted: of one row, or one number."""
    return problem.rows(1, problem.counted_at)


def adjoints_unshared(problem: Problem) -> Method | str:
    """symdiff's adjoint graph, each node once, before common subexpressions are shared."""
    derived, seconds = timed(lambda: symdiff.adjoints(problem.graph))
    count = NumpySteps(derived, shared=False).operations(_one(problem))
    return Method("symdiff, before sharing", seconds, count, _unit(problem))


def adjoints_shared(problem: Problem) -> Method | str:
    """The same after sharing, by `Adjoints.lambdify`, which bounds its error and rescues."""
    names = problem.names

    def derive() -> tuple[Any, Any]:
        derived = symdiff.adjoints(problem.graph)
        evaluate = derived.lambdify("numpy")
        evaluate(**problem.judged_at)  # the first call makes what later ones use
        return derived, evaluate

    (derived, evaluate), seconds = timed(derive)
    count = NumpySteps(derived).operations(_one(problem))

    def run(inputs: Inputs) -> dict[str, Any]:
        found = evaluate(**inputs)
        return {name: found[name] for name in names}

    return Method("symdiff, lambdified", seconds, count, _unit(problem), run)


def numpy_plain(problem: Problem) -> Method | str:
    """The shared steps as plain numpy, without bounds or rescue: what the closed form costs."""

    def derive() -> NumpySteps:
        steps = NumpySteps(symdiff.adjoints(problem.graph))
        steps.compile()
        return steps

    steps, seconds = timed(derive)
    count = steps.operations(_one(problem))
    return Method("closed form, plain numpy", seconds, count, _unit(problem), steps)
