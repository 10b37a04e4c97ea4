"""The symbolic methods: SymPy's diff, symdiff's adjoints before and after sharing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

import symdiff
from comparisons.costs.method import Method, timed
from comparisons.costs.numpy_steps import NumpySteps
from comparisons.costs.problem import Problem
from comparisons.inputs.values import Inputs
from symdiff.expression.formula import real_symbol

COUNTED_AT = 4  # entries of the row whose operations are counted; of a function, one number
_TOO_DEEP = 12  # functions in SymPy's diff: its expression doubles with nearly every one
_TOO_LARGE = 300_000  # operations of the expression, times the variables: some seconds

Swell = Mapping[str, Mapping[int, int]]  # method → entries of a row → operations


def sympy_diff(problem: Problem) -> Method | str:
    """`sympy.diff` of the whole expression, and `lambdify` of what it gives.

    Of a layer it is one row written out component by component, and only counted.
    """
    if not problem.pointwise:
        if problem.depth > 1:
            return "SymPy's diff of a layer swells with its width already; it is tried at depth 1"
        (operations, _), seconds = timed(lambda: _counted(problem, COUNTED_AT))
        return Method("SymPy diff", seconds, operations, _unit(problem))
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
    return "operations" if problem.pointwise else f"operations, row of {COUNTED_AT}"


def _counted(problem: Problem, width: int) -> tuple[int, int]:
    """The operations of the derivative by each component, and how much work that was."""
    written = problem.written(width)
    work = int(sympy.count_ops(written.expression)) * len(written.variables)
    slopes = (sympy.diff(written.expression, each) for each in written.variables)
    return sum(int(sympy.count_ops(slope)) for slope in slopes), work


def adjoints_unshared(problem: Problem) -> Method | str:
    """symdiff's adjoint graph, each node once, before common subexpressions are shared."""
    derived, seconds = timed(lambda: symdiff.adjoints(problem.graph))
    count = NumpySteps(derived, shared=False).operations(problem.row(COUNTED_AT))
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
    count = NumpySteps(derived).operations(problem.row(COUNTED_AT))

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
    count = steps.operations(problem.row(COUNTED_AT))
    return Method("closed form, plain numpy", seconds, count, _unit(problem), steps)


def swell(problem: Problem) -> tuple[Swell, dict[str, str]]:
    """How the operations of a layer's gradient grow with its row, and what was beyond reach."""
    derived = symdiff.adjoints(problem.graph)
    ours = {
        "symdiff, before sharing": NumpySteps(derived, shared=False),
        "symdiff, after sharing": NumpySteps(derived),
    }
    found: dict[str, dict[int, int]] = {
        name: {width: steps.operations(problem.row(width)) for width in problem.widths}
        for name, steps in ours.items()
    }
    diff: dict[int, int] = {}
    works: list[int] = []
    for width in problem.widths:
        ahead = works[-1] ** 2 // works[-2] if len(works) > 1 else 0  # it grows by a power
        if ahead > _TOO_LARGE:
            (*_, last) = diff
            why = (
                f"a row of {width} swells beyond reach; of {last} it has {diff[last]:,} operations"
            )
            return {"SymPy diff": diff, **found}, {"sympy diff": why}
        diff[width], work = _counted(problem, width)
        works.append(work)
    return {"SymPy diff": diff, **found}, {}
