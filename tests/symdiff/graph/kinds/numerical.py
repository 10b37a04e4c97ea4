"""Adjoints against central differences at 80 digits, and against what the oracle encloses.

And arrays of every shape, with ties and values that are no numbers.
"""

import mpmath
import numpy as np

from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, Input, array, contraction
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.oracle.adjoints import enclose_adjoints

H = mpmath.mpf("1e-25")


def exact(values):
    """The arrays in mpmath's numbers, entry by entry."""
    entry = np.frompyfunc(lambda v: mpmath.mpf(float(v)), 1, 1)
    return {k: np.asarray(entry(np.asarray(v)), dtype=object) for k, v in values.items()}


def central_difference(function, given, name, index):
    """(f(x + h) − f(x − h))/2h at h = 1e-25: right to 40 digits at 80."""
    ends = []
    for step in (H, -H):
        moved = given[name].copy()
        moved[index] = moved[index] + step
        ends.append(function(**{**given, name: moved})["y"])
    return (ends[0] - ends[1]) / (2 * H)


def weighted(graph):
    """The output times its cotangent, summed: a scalar of the inputs and of v."""
    v = array("v", " ".join(graph.output.axes))
    return Graph("weighted", (*graph.inputs, v), {"L": contraction((graph.output, v), ())})


def check(graph, given, tolerance="1e-30"):
    """Asserts that x̄ is Σ v ∂y/∂x, in mpmath; that float64 is near it; that balls hold it."""
    derived = Derivation(graph)
    scalar = weighted(graph) if graph.output.axes else graph
    primal = Evaluator(Derivation(scalar).signature, {"y": scalar.output}, "mpmath")
    with mpmath.workdps(80):
        numbers = exact(given)
        own = {k: numbers[k] for k in derived.signature.inputs}
        found = Evaluator(derived.signature, derived.nodes, "mpmath")(**own)
        for name in (i.name for i in graph.inputs if i.name in derived.nodes):
            got = np.asarray(found[name], dtype=object)
            for index in np.ndindex(got.shape):
                expected = central_difference(primal, numbers, name, index)

                assert abs(got[index] - expected) < mpmath.mpf(tolerance), (name, index)
        floats = {k: given[k] for k in derived.signature.inputs}
        fast = Evaluator(derived.signature, derived.nodes)(**floats)
        enclosed = enclose_adjoints(derived, floats)
        for name, slow in found.items():
            truth = np.asarray(slow, dtype=float)
            scale = np.abs(truth).max(initial=1e-300)
            np.testing.assert_allclose(fast[name], truth, rtol=1e-9, atol=1e-11 * scale)

            assert enclosed[name].shape == truth.shape
            for index in np.ndindex(truth.shape):
                each = enclosed[name][index]
                apart = abs(np.asarray(slow, object)[index] - each.high.item() - each.low.item())

                assert each.certified.all()
                assert apart <= each.bound.item()


def second(graph, name):
    """Of the graph a scalar of its adjoint: Σ u x̄, u an input, to be derived once more."""
    derived = Derivation(graph)
    adjoint = derived.nodes[name]
    u = array("u", " ".join(adjoint.axes))
    cotangents = [v for v in derived.cotangents.values() if isinstance(v, Input)]
    return Graph("second", (*graph.inputs, *cotangents, u), {"q": contraction((adjoint, u), ())})


def check_twice(graph, given, name="x"):
    """`check`, and the same of Σ u x̄: the second derivative is as right as the first."""
    check(graph, given)
    u = np.random.default_rng(7).normal(size=given[name].shape)
    check(second(graph, name), {**given, "u": u})


def every_shape(seed):
    """Arrays of one to three axes of one to four entries, each with one of its axes."""
    draw = np.random.default_rng(seed)
    special = np.array([0, -0.0, 1, 2, 0.5, 0.25, -1, 3, np.inf, -np.inf, np.nan])
    for trial in range(600):
        shape = tuple(draw.integers(1, 5, size=draw.integers(1, 4)))
        # with NaN, without, and all different
        drawn = (special, special[:8], draw.normal(size=30))[trial % 3]
        yield draw.choice(drawn, size=shape), int(draw.integers(len(shape)))
