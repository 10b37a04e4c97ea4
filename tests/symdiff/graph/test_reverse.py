"""The reverse sweep against numerical derivatives, on graphs drawn at random (seeds 0 to 39)."""

import mpmath
import numpy as np
import pytest
import sympy

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.functions import sech, sigmoid, softplus, tanh
from symdiff.graph import (
    Einsum,
    Elementwise,
    Graph,
    Input,
    Node,
    array,
    broadcast,
    constant,
    contraction,
    einsum,
    elementwise,
    mean,
    placeholder,
    scalars,
    stop,
    topological,
)
from symdiff.graph.adjoints.reverse import sweep
from symdiff.graph.kinds.with_rule import with_rule
from symdiff.graph.signature import Signature
from symdiff.programs.program import program

LENGTH = {"i": 2, "j": 3, "k": 2}

UNARY = [
    lambda a: tanh(a),  # noqa: PLW0108 - SymPy takes the class itself for a constant
    lambda a: a * sigmoid(a),
    lambda a: softplus(-a) + a**2 / 3,
    lambda a: sympy.exp(-(a**2)),
    lambda a: sympy.sin(a) - 2,
]
BINARY = [
    lambda a, b: a * b,
    lambda a, b: a - 2 * b,
    lambda a, b: a * sigmoid(b),
    lambda a, b: a / (2 + b**2),
]


def _random_graph(seed):
    """A scalar of several arrays over one to three axes: elementwise, einsum, broadcast, mean."""
    random = np.random.default_rng(seed)

    def pick(sequence):
        return sequence[random.integers(len(sequence))]

    inputs = [array("s"), array("u", "i"), array("v", "j"), array("w", "i j"), array("c", "i j k")]
    nodes = list(inputs)
    for _ in range(8):
        kind = random.integers(5)
        a, b = pick(nodes), pick(nodes)
        if kind == 0:
            nodes.append(elementwise(pick(UNARY), a))
        elif kind == 1:
            nodes.append(elementwise(pick(BINARY), a, b))
        elif kind == 2:
            nodes.append(elementwise(pick(BINARY), a, a))
        else:
            axes = list(dict.fromkeys([*a.axes, *b.axes]))
            kept = tuple(x for x in random.permutation(axes) if random.random() < 0.6)
            operands = (a, b) if kind == 3 else (a,)
            nodes.append(contraction(operands, tuple(map(str, kept))))
    total = constant(0)
    for node in nodes[5:]:  # every node counts, so that every rule is exercised
        part = elementwise(lambda p: tanh(p / 4), contraction((node,), ()))
        total = elementwise(lambda p, q: p + q, total, part)
    used = [n for n in topological([total]) if isinstance(n, Input)]
    return used, total


def _evaluator(inputs, nodes, arithmetic="mpmath"):
    return Evaluator(Signature("g", {i.name: i.axes for i in inputs}, {}), nodes, arithmetic)


def _values(inputs, seed):
    random = np.random.default_rng(1000 + seed)
    return {i.name: random.uniform(-1, 1, [LENGTH[a] for a in i.axes]) for i in inputs}


def _exact(values):
    entry = np.frompyfunc(lambda v: mpmath.mpf(float(v)), 1, 1)
    return {k: np.asarray(entry(v), dtype=object) for k, v in values.items()}


def _central_difference(function, given, name, index):
    """(f(x + h) − f(x − h))/2h at h = 1e-25: right to 40 digits at 80."""
    h = mpmath.mpf("1e-25")
    ends = []
    for step in (h, -h):
        moved = given[name].copy()
        moved[index] = moved[index] + step
        ends.append(function(**{**given, name: moved})["y"])
    return (ends[0] - ends[1]) / (2 * h)


@pytest.mark.parametrize("seed", range(40))
def test_adjoints_of_random_graphs_are_the_numerical_derivatives(seed):
    """Every entry of every input's adjoint is the central difference at 80 digits, to 1e-30."""
    inputs, output = _random_graph(seed)
    adjoints = sweep(output, constant(1)).adjoints
    with mpmath.workdps(80):
        given = _exact(_values(inputs, seed))
        primal = _evaluator(inputs, {"y": output})
        gradients = _evaluator(inputs, {i.name: adjoints[i] for i in inputs})(**given)
        for i in inputs:
            gradient = np.asarray(gradients[i.name], dtype=object)

            assert gradient.shape == given[i.name].shape
            for index in np.ndindex(gradient.shape):
                expected = _central_difference(primal, given, i.name, index)

                assert abs(gradient[index] - expected) < mpmath.mpf("1e-30")


@pytest.mark.parametrize("seed", range(40))
def test_numpy_agrees_with_mpmath_on_random_graphs(seed):
    """The float64 bridge computes the same adjoints, to 1e-12."""
    inputs, output = _random_graph(seed)
    adjoints = sweep(output, constant(1)).adjoints
    nodes = {i.name: adjoints[i] for i in inputs}
    given = _values(inputs, seed)
    fast = _evaluator(inputs, nodes, "numpy")(**given)
    slow = _evaluator(inputs, nodes)(**_exact(given))
    for name, got in fast.items():
        np.testing.assert_allclose(got, np.asarray(slow[name], dtype=float), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_the_sweep_of_a_sweep_is_the_second_derivative(seed):
    """Adjoints are graphs of the same kind: sweeping one gives the derivative of a gradient."""
    inputs, output = _random_graph(seed)
    first = inputs[0]
    gradient = contraction((sweep(output, constant(1)).adjoints[first],), ())
    second = sweep(gradient, constant(1)).adjoints
    reached = [i for i in inputs if i in second]
    with mpmath.workdps(80):
        given = _exact(_values(inputs, seed))
        primal = _evaluator(inputs, {"y": gradient})
        found = _evaluator(inputs, {i.name: second[i] for i in reached})(**given)
        for i in reached:
            entries = np.asarray(found[i.name], dtype=object)
            for index in np.ndindex(entries.shape):
                expected = _central_difference(primal, given, i.name, index)

                assert abs(entries[index] - expected) < mpmath.mpf("1e-30")


def test_random_graphs_are_of_every_kind():
    """The graphs drawn have elementwise and einsum nodes, shared ones and up to three axes."""
    nodes = [n for seed in range(40) for n in topological([_random_graph(seed)[1]])]

    assert {Input, Elementwise, Einsum} == {type(n) for n in nodes}
    assert {0, 1, 2, 3} <= {len(n.axes) for n in nodes}
    assert any(len(n.operands) == 2 and n.operands[0] is n.operands[1] for n in nodes)


def test_a_wrong_adjoint_is_noticed():
    """The comparison above tells an adjoint that is wrong by 0.1%."""
    inputs, output = _random_graph(0)
    wrong = elementwise(
        lambda a: a * sympy.Rational(1001, 1000), sweep(output, constant(1)).adjoints[inputs[0]]
    )
    with mpmath.workdps(80):
        given = _exact(_values(inputs, 0))
        got = np.asarray(_evaluator(inputs, {"x": wrong})(**given)["x"], dtype=object)
        index = next(iter(np.ndindex(got.shape)))
        primal = _evaluator(inputs, {"y": output})
        expected = _central_difference(primal, given, inputs[0].name, index)

        assert abs(got[index] - expected) > mpmath.mpf("1e-30")


def test_a_broadcast_cotangent():
    """L = Σ(x w): each row of w̄ is x, broadcast; x̄ is the sum of w's rows."""
    x, w = array("x", "n"), array("w", "n m")
    total = contraction((einsum("n, n m -> m", x, w),), ())
    graph = Graph("sum", (x, w), {"L": total})
    given = {"x": np.array([1.0, 2.0, 3.0]), "w": np.arange(6.0).reshape(3, 2)}
    found = symdiff.adjoints(graph).lambdify()(**given)

    np.testing.assert_array_equal(np.repeat(given["x"][:, None], 2, axis=1), found["w"])
    np.testing.assert_array_equal(given["w"].sum(axis=1), found["x"])


def test_an_operand_used_twice_in_an_einsum():
    """The adjoint of xᵀx is 2x."""
    x = array("x", "n")
    graph = Graph("square", (x,), {"L": einsum("n, n ->", x, x)})

    np.testing.assert_array_equal(
        [2.0, 4.0], symdiff.adjoints(graph).lambdify()(x=np.array([1.0, 2.0]))["x"]
    )


@pytest.mark.parametrize(
    ("function", "second"),
    [
        (lambda a: tanh(a), lambda x: mpmath.diff(mpmath.tanh, x, 2)),  # noqa: PLW0108
        (lambda a: a * sigmoid(a), lambda x: mpmath.diff(lambda v: v / (1 + mpmath.exp(-v)), x, 2)),
        (
            lambda a: softplus(a),  # noqa: PLW0108
            lambda x: mpmath.diff(lambda v: mpmath.log(1 + mpmath.exp(v)), x, 2),
        ),
        (lambda a: sech(a), lambda x: mpmath.diff(mpmath.sech, x, 2)),  # noqa: PLW0108
    ],
    ids=["tanh", "silu", "softplus", "sech"],
)
@pytest.mark.parametrize("point", [-3.5, -0.25, 0.0, 0.7, 6.0])
def test_the_second_derivative_by_sweeping_the_adjoint(function, second, point):
    """f'' by two sweeps is mpmath's second numerical derivative, to 1e-40."""
    (x,) = scalars("x")
    first = sweep(elementwise(function, x), constant(1)).adjoints[x]
    twice = sweep(first, constant(1)).adjoints[x]
    with mpmath.workdps(80):
        got = _evaluator([x], {"x": twice})(x=mpmath.mpf(point))["x"]

        assert abs(got - second(mpmath.mpf(point))) < mpmath.mpf("1e-40")


class TestStop:
    def test_a_partial_cut_lets_the_other_path_through(self):
        """y = z·stop(z) has derivative stop(z) = z, not 2z."""
        (z,) = scalars("z")
        y = elementwise(lambda a, b: a * b, z, stop(z, "detach()"))
        found = symdiff.adjoints(Graph("cut", (z,), {"y": y}))

        assert found.missing == {}
        assert found.lambdify()(z=3.0)["z"] == 3.0

    def test_what_lies_behind_a_stop_has_no_adjoint(self):
        """Every node that only a stop leads to is listed with the stop's reason."""
        a, b = scalars("a b")
        behind = elementwise(lambda p: p**2, a)
        result = sweep(elementwise(lambda p, q: p * q, stop(behind, "detach()"), b), constant(1))

        assert a not in result.adjoints
        assert behind not in result.adjoints
        assert {behind: "detach()", a: "detach()"}.items() <= result.stopped.items()
        assert b in result.adjoints

    def test_a_node_reached_on_another_path_is_not_stopped(self):
        """A path around the stop removes a node from the stopped."""
        (a,) = scalars("a")
        y = elementwise(lambda p, q: p + q, stop(a, "no_grad()"), elementwise(lambda p: 3 * p, a))
        result = sweep(y, constant(1))

        assert a in result.adjoints
        assert a not in result.stopped


def test_a_derivative_of_zero_is_broadcast_to_the_operands_shape():
    """sign(x) has the adjoint 0 in every entry of x."""
    x = array("x", "n")
    graph = Graph("flat", (x,), {"L": mean(elementwise(sympy.sign, x))})

    np.testing.assert_array_equal(
        [0.0, 0.0], symdiff.adjoints(graph).lambdify()(x=np.array([1.0, -2.0]))["x"]
    )


def test_a_stated_partial_is_used():
    """A partial given with the node stands in the adjoint in place of SymPy's."""
    (x,) = scalars("x")
    node = elementwise(lambda a: a - tanh(a), x, partials=[tanh(placeholder(0)) ** 2])

    assert sweep(node, constant(1)).adjoints[x].expr == tanh(placeholder(0)) ** 2


def test_a_node_without_a_rule_is_refused():
    """A kind that states no pullback is a TypeError that names it."""

    class Bare(Node):
        __slots__ = ()

    with pytest.raises(TypeError, match=r"no rule takes .* back through Bare"):
        sweep(Bare((), scalars("x")), constant(1))


def _chain(layer, depth):
    """`depth` neurons one after the other, with weights and biases of their own."""
    node = array("x")
    inputs = [node]
    for i in range(depth):
        w, b = array(f"w{i}"), array(f"b{i}")
        inputs += [w, b]
        node = elementwise(layer, elementwise(lambda w, a, b: w * a + b, w, node, b))
    return inputs, node


@pytest.mark.parametrize(
    "layer",
    [lambda a: tanh(a), lambda a: a * sigmoid(a)],  # noqa: PLW0108
    ids=["tanh", "silu"],
)
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16, 32, 64, 128])
def test_the_sweep_is_linear(layer, depth):
    """Gradient and primal together take at most 3 times the operations of the primal."""
    inputs, output = _chain(layer, depth)
    adjoints = sweep(output, constant(1)).adjoints
    primal = program({"y": output}).operation_count()
    both = program({"y": output, **{f"{i.name}_bar": adjoints[i] for i in inputs}})

    assert both.operation_count() <= 3 * primal


def test_broadcasting_back_sums():
    """The adjoint of a repeated scalar is the sum over the repeats."""
    (s,) = scalars("s")
    v = array("v", "n")
    y = mean(elementwise(lambda a, b: a * b, broadcast(s, ("n",)), v))
    found = symdiff.adjoints(Graph("g", (s, v), {"L": y})).lambdify()(s=2.0, v=np.array([1.0, 5.0]))

    assert found["s"] == 3.0


class TestAxes:
    def test_a_cotangent_over_other_axes_is_refused(self):
        """An adjoint has the axes of its node."""
        y = elementwise(sympy.sin, array("x", "n"))
        with pytest.raises(ValueError, match=r"the cotangent to .* is over \(\); .* node, \(n\)"):
            sweep(y, constant(1))

    def test_a_rule_that_loses_an_axis_is_refused(self):
        """What it passes back would be another number than the adjoint."""
        x = array("x", "n")
        y = with_rule("f", ("n",), elementwise(sympy.sin, x), _loses_its_axis, x)
        with pytest.raises(ValueError, match=r"WithRule passes back to <Input x .* is over \(\)"):
            sweep(y, array("v", "n"))

    def test_a_rule_may_have_them_in_another_order(self):
        """They are named: the adjoint is turned as its node is."""
        x = array("x", "n m")
        y = with_rule("f", ("n",), elementwise(sympy.sin, x), _turns_its_axes, x)
        given = {"v": np.arange(6.0).reshape(2, 3), "x": np.zeros((2, 3))}
        found = symdiff.adjoints(Graph("g", (x,), {"y": y})).lambdify()(**given)

        np.testing.assert_array_equal(found["x"], given["v"])


def _loses_its_axis(_, cotangent):
    return (contraction((cotangent,), ()),)


def _turns_its_axes(_, cotangent):
    return (contraction((cotangent,), cotangent.axes[::-1]),)


def test_a_sweep_through_stops_takes_them_for_their_values():
    """Of z · stop(z): 2z, and z alone where the stop stops."""
    (z,) = scalars("z")
    y = elementwise(lambda a, b: a * b, z, stop(z, "detach()"))
    for through, expected in ((True, 6.0), (False, 3.0)):
        adjoint = sweep(y, constant(1), through_stops=through).adjoints[z]

        assert _evaluator([z], {"z": adjoint}, "numpy")(z=3.0)["z"] == expected
