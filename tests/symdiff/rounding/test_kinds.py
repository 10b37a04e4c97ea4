"""How each kind of node moves and rounds: against central differences, and against float32."""

import numpy as np
import pytest
from honest import implementation
from sympy import Symbol

from symdiff import adjoints
from symdiff.graph import (
    Graph,
    array,
    cholesky,
    contraction,
    determinant,
    elementwise,
    gather,
    inverse,
    product,
    scatter,
)
from symdiff.graph.arrays.layout import Align, align
from symdiff.graph.arrays.numbers import Numbers
from symdiff.graph.arrays.steps import ArrayOperation, Unmoved, operation
from symdiff.graph.composed.normalised import EPS, standardised
from symdiff.graph.kinds.cholesky import Factoring, factors
from symdiff.graph.kinds.determinant import (
    Determining,
    TakingCofactors,
    cofactors,
    determinants,
)
from symdiff.graph.kinds.einsum import Contract, contract
from symdiff.graph.kinds.gather import Scattering, scattered
from symdiff.graph.kinds.inverse import Inverting, inverses
from symdiff.graph.kinds.largest import largest, winners
from symdiff.graph.kinds.part import part, placed, stack, taken
from symdiff.graph.kinds.product import (
    Multiplying,
    MultiplyingOthers,
    multiplied,
    multiplied_others,
)
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.rounding import DOUBLE, SINGLE, rounding_errors

X, ONE = Symbol("x"), Symbol("one")
STEPS = {
    "inverse": operation(inverses, X, kind=Inverting),
    "determinant": operation(determinants, X, ONE, kind=Determining),
    "cofactors": operation(cofactors, X, ONE, kind=TakingCofactors),
    "cholesky": operation(factors, X, kind=Factoring),
    "product": operation(multiplied, X, 1, ONE, kind=Multiplying),
    "others": operation(multiplied_others, X, 1, ONE, kind=MultiplyingOthers),
    "scatter": operation(
        scattered,
        *(X, Numbers(np.arange(18).reshape(2, 3, 3) % 5), (5,), Symbol("zero")),
        kind=Scattering,
    ),
    "square": operation(contract, "abc,acd->abd", X, X, kind=Contract),
    "trace": operation(contract, "abc,abc->a", X, X, kind=Contract),
    "layout": operation(align, X, (2, -1, 0, 1), kind=Align),
    "part": operation(taken, X, 1, 2, kind=ArrayOperation),
    "placed": operation(placed, X, 0, 1, Symbol("length")),
}


def _matrices(seed=0):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(2, 3, 3))
    return a @ np.swapaxes(a, -1, -2) + np.eye(3)


def _known(x):
    fixed = {"one": 1.0, "zero": 0.0, "length": 3.0}
    return lambda s: x if s is X else np.asarray(fixed[s.name])


@pytest.mark.parametrize("name", STEPS)
def test_it_moves_as_differences_say(name):
    """Of eight tangents at once, to ten digits of what a central difference gives."""
    step, x = STEPS[name], _matrices()
    tangents = np.random.default_rng(1).normal(size=(8, *x.shape))
    made = step.run(_known(x))

    found = step.moved(_known(x), made, {X: tangents})

    for way, moved in zip(tangents, found, strict=True):
        ends = [step.run(_known(x + h * way)) for h in (1e-6, -1e-6)]
        np.testing.assert_allclose(moved, (ends[0] - ends[1]) / 2e-6, rtol=1e-6, atol=1e-7)


def test_flags_do_not_move():
    """Which entry is largest stays when entries move a little."""
    step = operation(winners, X, 1, "even", kind=Unmoved)

    assert step.moved(_known(_matrices()), None, {X: np.ones((8, 2, 3, 3))}) is None


def _scalar(y):
    return contraction((elementwise(lambda z: z**2 / 2, y),), ())


def _graphs():
    x = array("x", "n m m2")
    square = array("x", "n i j")
    rows = array("x", "n m")
    table = np.random.default_rng(2).integers(-1, 12, size=(4, 5))
    yield "inverse", Graph("g", (square,), {"y": _scalar(inverse(square))}), _matrices
    yield "determinant", Graph("g", (square,), {"y": _scalar(determinant(square))}), _matrices
    yield "cholesky", Graph("g", (square,), {"y": _scalar(cholesky(square))}), _matrices
    yield "product", Graph("g", (x,), {"y": _scalar(product(x, "m"))}), _matrices
    plain = lambda: np.random.default_rng(3).normal(size=(3, 4))  # noqa: E731 - as those above
    moved = gather(rows, table, ("a", "b"), (3, 4))
    yield "gather", Graph("g", (rows,), {"y": _scalar(moved)}), plain
    summed = scatter(rows, np.arange(12).reshape(3, 4) % 5, ("a",), (5,))
    yield "scatter", Graph("g", (rows,), {"y": _scalar(summed)}), plain
    best = contraction((largest(rows, "m"), rows), ("n",))
    yield "maximum", Graph("g", (rows,), {"y": _scalar(best)}), plain
    halves = stack([part(rows, "n", 2), part(rows, "n", 0)], "p")
    yield "parts", Graph("g", (rows,), {"y": _scalar(halves)}), plain


CASES = list(_graphs())


@pytest.mark.parametrize(("graph", "drawn"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_its_adjoint_in_floats_is_within_the_errors(graph, drawn, dtype):
    """numpy's own algorithms, in float32 and float64, are off by less than 4 τ."""
    given = {"x": np.asarray(drawn(), dtype=np.float32).astype(np.float64)}
    derived = adjoints(graph)
    precision = SINGLE if dtype is np.float32 else DOUBLE
    errors = rounding_errors(derived, given, precision)

    computed = implementation(derived, given, dtype)["x"]
    truth = enclose_adjoints(derived, given, absolute={"x": errors.sizes["x"] / 16})["x"]
    off = truth.distance(computed.astype(np.float64))[1]

    assert (off <= 4 * errors.sizes["x"]).all()
    assert (errors.sizes["x"] < 1e4 * precision.unit * np.abs(truth.high).max()).all()


def test_the_normalised_with_a_large_mean_is_allowed_what_its_input_costs():
    """At a mean of 10⁴ the digits of x − μ are those of x: τ grows by as much."""
    x = array("x", "n c")
    graph = Graph("norm", (x,), {"y": standardised(x, ("c",))}, {EPS: 0})
    rng = np.random.default_rng(0)
    at = rng.normal(size=(4, 8))
    v = rng.normal(size=(4, 8))
    derived = adjoints(graph)

    near = rounding_errors(derived, {"x": at, "v": v}, DOUBLE).sizes["x"]
    far = rounding_errors(derived, {"x": at + 1e4, "v": v}, DOUBLE).sizes["x"]

    assert 1e2 < np.median(far) / np.median(near) < 1e6
