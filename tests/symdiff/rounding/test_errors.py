"""τ, the size of the rounding errors of a graph's adjoints, against honest implementations."""

import numpy as np
import pytest
import sympy
from honest import implementation
from hypothesis import given, settings
from hypothesis import strategies as st
from random_graphs import random_graph

from symdiff import adjoints
from symdiff.graph import (
    Graph,
    array,
    broadcast,
    contraction,
    elementwise,
    literal,
    renamed,
    scatter,
    stop,
    total,
)
from symdiff.graph.composed.softmax import softmax
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.rounding import DOUBLE, SINGLE, Precision, rounding_errors, scale_of

seeds = st.integers(0, 2**32 - 1)


def _ratios(graph, inputs, errors, computed):
    """|ĝ − g|/τ of all entries, the truth known to τ/16."""
    derived = adjoints(graph)
    enough = {name: size / 16 for name, size in errors.sizes.items()}
    truth = enclose_adjoints(derived, inputs, absolute=enough)
    found = {}
    for name, values in computed.items():
        off = truth[name].distance(values.astype(np.float64))[1]
        size = errors.sizes[name]
        assert truth[name].certified.all()
        found[name] = np.divide(off, size, out=np.zeros(off.shape), where=size > 0)
        assert (off[size == 0] == 0).all()
    return found


@settings(deadline=None, max_examples=12)
@given(seeds)
def test_no_honest_implementation_is_far_off(seed):
    """In float64 and float32, sums in numpy's and in random order: within 4 τ of the truth."""
    graph, inputs = random_graph(seed)
    order = np.random.default_rng(seed)
    inputs = {name: a.astype(np.float32).astype(np.float64) for name, a in inputs.items()}
    for dtype, precision in ((np.float64, DOUBLE), (np.float32, SINGLE)):
        derived = adjoints(graph)
        errors = rounding_errors(derived, inputs, precision)
        for shuffled in (None, order):
            computed = implementation(derived, inputs, dtype, shuffled)

            for name, ratio in _ratios(graph, inputs, errors, computed).items():
                assert ratio.max() < 4, (name, dtype)


@settings(deadline=None, max_examples=15)
@given(seeds)
def test_it_is_no_larger_than_fifty_honest_errors(seed):
    """The largest error of a graph is at least a fiftieth of τ: the allowance has power."""
    graph, inputs = random_graph(seed)
    derived = adjoints(graph)
    inputs = {name: a.astype(np.float32).astype(np.float64) for name, a in inputs.items()}
    errors = rounding_errors(derived, inputs, SINGLE)
    computed = implementation(derived, inputs, np.float32)
    computed = {name: computed[name] for name in ("x", "W", "b") if name in computed}
    ratios = np.concatenate([r.ravel() for r in _ratios(graph, inputs, errors, computed).values()])

    assert ratios.max() > 0.02


def test_it_is_the_root_of_the_sum_of_squares():
    """Of y = x w, summed: x̄ = v w, which is v and w rounded once, and the product."""
    x, w = array("x", "n m"), array("w", "m")
    y = elementwise(lambda a, b: a * b, x, w)
    graph = Graph("scaled", (x, w), {"y": y})
    rng = np.random.default_rng(0)
    inputs = {
        "x": rng.normal(size=(40, 50)),
        "w": rng.normal(size=50),
        "v": rng.normal(size=(40, 50)),
    }

    found = rounding_errors(adjoints(graph), inputs, DOUBLE, tangents=64).sizes["x"]
    expected = 2.0**-53 * np.sqrt(3) * np.abs(inputs["v"] * inputs["w"])

    assert np.sqrt(np.mean((found / expected) ** 2)) == pytest.approx(1, abs=0.05)
    assert (np.abs(found / expected - 1) < 0.5).all()


def test_two_equal_roundings_never_cancel():
    """ab − cd for ab = cd: random signs would allow one entry in 256 nothing at all."""
    a, b, c, d = (array(name, "n") for name in "abcd")
    y = elementwise(lambda p, q: p * q, a, elementwise(lambda q: q, b))
    z = elementwise(lambda p, q: p * q, c, d)
    difference = elementwise(lambda p, q: (p - q) ** 2, y, z)
    graph = Graph("difference", (a, b, c, d), {"y": difference})
    ones = np.full(4096, 1.1)
    inputs = dict.fromkeys("abcdv", ones)

    size = rounding_errors(adjoints(graph), inputs, DOUBLE).sizes["a"]

    assert size.min() > np.median(size) / 8


def test_an_error_of_1e_minus_300_does_not_underflow():
    """Gradients near 10⁻³⁰⁰ have τ of a unit of them, though its square would be 0."""
    x = array("x", "n")
    graph = Graph("tiny", (x,), {"y": elementwise(lambda z: z**2, x)})
    inputs = {"x": np.full(16, 3e-150), "v": np.full(16, 1e-150)}

    wide = Precision(2.0**-24, 2.0**-1022)
    size = rounding_errors(adjoints(graph), inputs, wide).sizes["x"]

    assert (size > 6e-300 * 2.0**-24 / 4).all()
    assert (size < 6e-300 * 2.0**-24 * 8).all()


def test_subnormal_numbers_round_absolutely():
    """Below the smallest normal number of float16 the error is 2⁻²⁵, not relative."""
    x = array("x", "n")
    graph = Graph("small", (x,), {"y": elementwise(lambda z: 3 * z**2, x)})
    half = Precision(2.0**-11, 2.0**-14, 2.0**-24)
    inputs = {"x": np.full(64, 2.0**-12), "v": np.full(64, 2.0**-10)}

    size = rounding_errors(adjoints(graph), inputs, half).sizes["x"]

    assert np.median(size) > 2.0**-26


def test_what_moves_data_rounds_nothing():
    """A transpose's adjoint is the cotangent, rounded once as an input is."""
    x = array("x", "n m")
    graph = Graph("turned", (x,), {"y": renamed(contraction((x,), ("m", "n")), ("i", "j"))})
    inputs = {"x": np.ones((2, 3)), "v": np.ones((3, 2))}

    found = rounding_errors(adjoints(graph), inputs, DOUBLE)

    assert found.operations == 6  # v, as an input


@pytest.mark.parametrize(("values", "moves"), [([1.0, 2.0, 0.5], False), ([0.1, 0.2, 0.3], True)])
def test_constants_round_where_the_type_does_not_hold_them(values, moves):
    """x̄ = c v: c = 0.1 rounds once in float32, as v does; an integer or ½ does not."""
    x = array("x", "n")
    y = elementwise(lambda a, c: a * c, x, literal(np.array(values), ("n",)))
    derived = adjoints(Graph("scaled", (x,), {"y": y}))
    inputs = {"x": np.ones(3), "v": np.ones(3)}

    found = rounding_errors(derived, inputs, SINGLE, tangents=4096).sizes["x"]

    # v and the product, and c
    expected = np.sqrt(3 if moves else 2) * SINGLE.unit * np.array(values)
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_all_entries_have_a_sixteenth_of_their_roundings_in_common():
    """Of 10⁴ products the relative error of all together is u/16 for each rounding, and 1/100."""
    x, y = array("x", "n"), array("y", "n")
    derived = adjoints(Graph("p", (x, y), {"z": elementwise(lambda a, b: a * b, x, y)}))
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=10_000) for name in ("x", "y", "v")}

    found = rounding_errors(derived, inputs, SINGLE, tangents=256).common["x"]

    assert found == pytest.approx(SINGLE.unit * np.sqrt(3) * np.hypot(1 / 16, 1 / 100), rel=0.2)


def test_a_scatter_rounds_as_a_sum():
    """Four entries to one place are three additions; a place with one entry is exact."""
    x = array("x", "n")
    y = scatter(x, [0, 0, 0, 0, 1], ("m",), (2,))
    square = elementwise(lambda z: z**2, y)
    graph = Graph("scattered", (x,), {"y": square})
    inputs = {"x": np.array([1.0, 1.0, 1.0, 1.0, 4.0]), "v": np.ones(2)}

    size = rounding_errors(adjoints(graph), inputs, DOUBLE, tangents=256).sizes["x"]

    # 2 v Σx: of the sum 1 + 3, inputs ½ each, v, the product; of x alone 1 less
    assert size[0] > 1.5 * size[4]


def test_accumulators_have_their_own_unit():
    """A sum of 1,000 in bfloat16 with a float32 accumulator is off by its store."""
    x = array("x", "n m")
    graph = Graph("sum", (x,), {"y": elementwise(lambda s: s**2, total(x, ["m"]))})
    inputs = {"x": np.ones((8, 1000)), "v": np.ones(8)}
    kept = Precision(2.0**-8, 2.0**-126, 2.0**-24)
    coarse = Precision(2.0**-8, 2.0**-126)

    fine = rounding_errors(adjoints(graph), inputs, kept).sizes["x"]
    rough = rounding_errors(adjoints(graph), inputs, coarse).sizes["x"]

    assert (fine < 2000 * 2.0**-8 * 4).all()
    assert (rough > 100 * fine).all()


def test_each_node_may_have_a_precision_of_its_own():
    """One node in bfloat16 inside a float64 graph makes an error of bfloat16's size."""
    x = array("x", "n")
    cast = elementwise(lambda z: z / 3, x)
    graph = Graph("cast", (x,), {"y": elementwise(lambda z: z**2, cast)})
    inputs = {"x": np.ones(32), "v": np.ones(32)}
    derived = adjoints(graph)

    plain = rounding_errors(derived, inputs, DOUBLE).sizes["x"]
    mixed = rounding_errors(
        derived, inputs, {cast: Precision(2.0**-8, 2.0**-126), x: DOUBLE}
    ).sizes["x"]

    assert np.median(plain) < 1e-15
    assert 1e-4 < np.median(mixed) < 1e-2


def test_what_stops_cancel_is_a_scalar_zero():
    """A straight-through ⌊x⌉ + (x − stop(x)) w: the second term is 0 whatever x, over no axis."""
    x, w = array("x", "n m"), array("w", "m")
    passing = elementwise(lambda a, s, b: (a - s) * b, x, stop(x, "detach()"), w)
    rounded = stop(elementwise(sympy.floor, x), "detach()")
    graph = Graph("straight", (x, w), {"y": elementwise(lambda a, b: a + b, rounded, passing)})
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=shape) for name, shape in (("x", (3, 4)), ("v", (3, 4)))}
    inputs["w"] = rng.normal(size=4)

    errors = rounding_errors(adjoints(graph), inputs, DOUBLE)

    assert (errors.values["x"] == inputs["v"] * inputs["w"]).all()
    assert (errors.sizes["x"] > 0).all()


def test_what_is_not_finite_does_not_spread():
    """A masked row's −∞ leaves the errors of the other entries what they are."""
    x = array("x", "n m")
    mask = literal(np.array([[0.0, 0.0, -np.inf], [0.0, 0.0, 0.0]]), ("n", "m"))
    y = softmax(elementwise(lambda a, b: a + b, x, mask), "m")
    graph = Graph("masked", (x,), {"y": y})
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=(2, 3)), "v": rng.normal(size=(2, 3))}

    size = rounding_errors(adjoints(graph), inputs, DOUBLE).sizes["x"]

    assert np.isfinite(size).all()
    assert (size[0, :2] > 0).all()
    assert (size[1] > 0).all()
    assert size[0, 2] == 0


def test_floors_are_for_the_formulas_of_frameworks():
    """1 − tanh² at 12 is off by a unit of 1: 10⁹ times what sech² is."""
    from symdiff.functions import tanh

    x = array("x", "n")
    graph = Graph("tanh", (x,), {"y": elementwise(tanh, x)})
    inputs = {"x": np.full(8, 12.0), "v": np.ones(8)}
    derived = adjoints(graph)

    plain = rounding_errors(derived, inputs, DOUBLE).sizes["x"]
    floored = rounding_errors(derived, inputs, DOUBLE, floors=True).sizes["x"]
    torch_is_off = np.abs((1 - np.tanh(12.0) ** 2) - 1 / np.cosh(12.0) ** 2)

    assert (16 * plain < torch_is_off).all()
    assert (floored > torch_is_off).all()


def test_the_bound_holds_however_roundings_conspire():
    """A sum of 1,000 times the same rounded value: errors all of one sign, within √N τ."""
    x = array("x", "n")
    thirds = elementwise(lambda z: z / 3, x)
    y = elementwise(lambda s: s**2, total(thirds, ["n"]))
    graph = Graph("conspiring", (x,), {"y": y})
    inputs = {"x": np.full(1000, np.float64(np.float32(1.1)))}
    derived = adjoints(graph)
    errors = rounding_errors(derived, inputs, SINGLE)
    computed = implementation(derived, inputs, np.float32, np.random.default_rng(0))
    truth = enclose_adjoints(derived, inputs)["x"]

    off = truth.distance(computed["x"].astype(np.float64))[1]

    assert (off < errors.bound("x")).all()


def test_tangents_are_seeded():
    """Twice the same, and another seed another estimate."""
    graph, inputs = random_graph(3)
    derived = adjoints(graph)

    first, again = (rounding_errors(derived, inputs, DOUBLE).sizes["x"] for _ in range(2))
    other = rounding_errors(derived, inputs, DOUBLE, seed=1).sizes["x"]

    assert (first == again).all()
    assert (first != other).any()


def test_tangents_a_few_at_a_time_have_the_same_size(monkeypatch):
    """Where memory is short they go through the graph in turns."""
    from symdiff.rounding import errors

    graph, inputs = random_graph(5)
    derived = adjoints(graph)
    together = rounding_errors(derived, inputs, DOUBLE, tangents=64)
    monkeypatch.setattr(errors, "_AT_ONCE", 60)
    apart = rounding_errors(derived, inputs, DOUBLE, tangents=64)

    for name, size in together.sizes.items():
        some = size > 0
        ratio = apart.sizes[name][some] / size[some]
        assert ((ratio > 0.5) & (ratio < 2)).all()
        assert (apart.values[name] == together.values[name]).all()


def test_ranges_are_the_least_and_greatest_values():
    """Of the nodes asked for; what is infinite does not count."""
    x = array("x", "n")
    half = elementwise(lambda z: z / 2, x)
    graph = Graph("half", (x,), {"y": elementwise(sympy.sin, half)})
    inputs = {"x": np.array([-4.0, 1.0, 6.0]), "v": np.ones(3)}

    found = rounding_errors(adjoints(graph), inputs, DOUBLE, ranges=[half])

    assert found.ranges == {half: (-2.0, 3.0)}


def test_a_graph_of_scalars_is_refused():
    """Its arrays are many problems at once."""
    x = array("x")
    graph = Graph("sine", (x,), {"y": elementwise(sympy.sin, x)})

    with pytest.raises(ValueError, match="pointwise"):
        rounding_errors(adjoints(graph), {"x": 1.0}, DOUBLE)


def test_a_scale_is_found_in_noise():
    """(1 + ε) v + e gives ε, to the error of Σ e v/τ² / Σ v²/τ²."""
    rng = np.random.default_rng(0)
    value, size = rng.normal(size=10_000), np.full(10_000, 0.1)
    error = 1e-2 * value + 0.1 * rng.normal(size=10_000)

    assert scale_of(error, value, size) == pytest.approx(1e-2, abs=5e-3)
    assert scale_of(error, value, np.zeros(10_000)) == 0
    assert scale_of(error, value * 1e-250, size * 1e-250) == pytest.approx(1e248, rel=0.5)


def test_the_errors_of_common_scale_are_those_of_what_is_shared():
    """y = s x with a rounded s: all entries are off by s's error together, no less."""
    x, s = array("x", "n"), array("s")
    y = elementwise(lambda a, b: a * b, x, broadcast(elementwise(lambda z: z**2, s), ("n",)))
    graph = Graph("shared", (x, s), {"y": y})
    rng = np.random.default_rng(0)
    inputs = {"x": rng.normal(size=10_000), "s": np.array(1.3), "v": rng.normal(size=10_000)}

    found = rounding_errors(adjoints(graph), inputs, DOUBLE, tangents=64).common["x"]

    assert 2.0**-53 < found < 6 * 2.0**-53


@pytest.mark.parametrize("by_product", [False, True])
@pytest.mark.parametrize("equal", [0.3, 1234.5])
def test_a_square_of_roundings_is_no_smaller_than_they_are_squared(by_product, equal):
    """The variance of equal numbers is 0 to first order; computed it is that of their roundings."""
    x = array("x", "n")
    off = elementwise(lambda a, m: a - m / 7, x, total(x, ("n",)))
    square = elementwise(lambda a: a**2, off)
    y = contraction((off, off), ()) if by_product else contraction((square,), ())
    graph = Graph("variance", (x, array("v")), {"y": y, "L": contraction((array("v"), y), ())})
    size = rounding_errors(
        adjoints(graph), {"x": np.full(7, equal), "v": np.ones(())}, SINGLE
    ).sizes["v"]
    numbers = np.full(7, equal, dtype=np.float32) * np.float32(1.1)
    computed = float(np.sum((numbers - np.sum(numbers) / np.float32(7)) ** 2))

    assert (SINGLE.unit * equal) ** 2 / 16 < size < (SINGLE.unit * equal) ** 2 * 4096
    assert computed < 16 * size
