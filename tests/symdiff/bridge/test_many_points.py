"""Many points go through float balls; what they leave open goes where few points go; seed 53."""

import numpy as np
import pytest

import symdiff
from symdiff.application import apply
from symdiff.bridge import evaluator
from symdiff.bridge.evaluator import ABSOLUTE, RELATIVE, Evaluator
from symdiff.catalogue.activations import activations

SEED = 53
COUNT = 70_000


def of(source, **parameters):
    """The adjoints of a function alone, in numpy."""
    return symdiff.adjoints(symdiff.pointwise(symdiff.activation(source, **parameters))).lambdify()


def points():
    """Numbers of usual size, of every size, ties of the catalogue, and what is no number."""
    rng = np.random.default_rng(SEED)
    usual = rng.normal(scale=3, size=COUNT)
    every = rng.choice([-1.0, 1.0], 60) * np.exp2(rng.uniform(-1074, 1023, 60))
    special = [0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, 3.0, -3.0, 6.0, 20.0, np.inf, -np.inf, np.nan]
    return rng.permutation(np.concatenate([usual, every, special]))


@pytest.mark.parametrize(
    "name",
    [
        *("gelu", "mish", "relu6", "hardswish", "elu", "snake", "sinc", "normalized_sinc", "atlu"),
        *("xatlu", "sigmoid", "silu", "e_swish", "relu", "threshold", "hardtanh", "softplus"),
    ],
)
def test_what_many_points_give_is_what_few_give(name, monkeypatch):
    """Within what both promise, the same NaN and infinities, at ties too."""
    z = points()
    many = of(name)(z=z)["z"]
    monkeypatch.setattr(evaluator, "_MANY", np.inf)
    few = of(name)(z=z)["z"]

    np.testing.assert_array_equal(np.isnan(many), np.isnan(few))
    np.testing.assert_allclose(many, few, rtol=2 * RELATIVE, atol=2 * ABSOLUTE)


def test_few_of_the_usual_points_are_left(monkeypatch):
    """All but some in ten thousand of the catalogue's are settled by float balls."""
    asked = []
    slowly = Evaluator._with_errors

    def counted(self, spread, count, *args, **options):
        asked.append(count)
        return slowly(self, spread, count, *args, **options)

    monkeypatch.setattr(Evaluator, "_with_errors", counted)
    z = np.random.default_rng(SEED).normal(scale=3, size=COUNT)
    for name in [*list(activations)[::6], "atlu", "xatlu", "sinc", "normalized_sinc"]:
        domain = activations[name].domain.get("z", (-np.inf, np.inf))
        if np.isinf(domain).all():
            asked.clear()
            of(name)(z=z)
            assert sum(asked) < COUNT / 1000, name


@pytest.mark.parametrize(
    "formula",
    [
        "sigmoid(2*z)*sigmoid(-2*z)",  # one exponential for both
        "sigmoid(z) + sigmoid(-z)*z",
        "sigmoid(-z)",  # and of one alone its own
        "where(z > 1/3, z**3, sigmoid(z))",  # compared and chosen at once
        "where(z > 1, z, 0)*where(z > 1, z, -z)",  # compared for two
        "where(1 >= z, exp(z), z*sigmoid(z))",
        "where(z > -1 and z < 2, exp(z), z)",  # two relations
        "where(z > 2 or z <= -1, exp(z), where(sqrt(z) > 1, z**2, z))",  # and no value below 0
    ],
)
def test_what_is_run_together_is_what_few_points_give(formula, monkeypatch):
    """Operations that are joined for many points."""
    z = points()
    many = of(formula)(z=z)["z"]
    monkeypatch.setattr(evaluator, "_MANY", np.inf)
    few = of(formula)(z=z)["z"]

    np.testing.assert_array_equal(np.isnan(many), np.isnan(few))
    np.testing.assert_allclose(many, few, rtol=2 * RELATIVE, atol=2 * ABSOLUTE)


@pytest.mark.parametrize("shape", [(COUNT,), (7, COUNT // 7), (COUNT, 1)])
def test_points_of_any_layout(shape):
    """Several inputs that broadcast, float32, strides, an array that cannot be written."""
    rng = np.random.default_rng(SEED)
    f = symdiff.adjoints(symdiff.neuron("silu")).lambdify()
    x = rng.normal(size=shape)
    strided = np.repeat(rng.normal(size=shape).astype(np.float32), 2, axis=0)[::2]
    strided.flags.writeable = False
    found = f(w=0.5, x=x, b=strided, t=x[:1])
    one = tuple(n // 2 for n in shape)
    alone = f(w=0.5, x=x[one], b=strided[one], t=np.broadcast_to(x[:1], shape)[one])

    assert all(v.shape == shape for v in found.values())
    for name, value in found.items():
        assert value[one] == pytest.approx(alone[name], rel=2 * RELATIVE), name


def test_what_is_given_is_neither_changed_nor_returned():
    """identity's z̄ is 1, and square's 2 z; the caller's array stays."""
    z = np.random.default_rng(SEED).normal(size=COUNT)
    before = z.copy()
    found = symdiff.adjoints(symdiff.pointwise(symdiff.activation("z*z/2"))).lambdify()(z=z)["z"]

    np.testing.assert_array_equal(found, before)
    assert not np.shares_memory(found, z)
    np.testing.assert_array_equal(z, before)


def test_parameters_are_put_in_at_each_call():
    """One evaluator, several values of a parameter."""
    z = np.linspace(-3, -1, COUNT)
    f = of("leaky_relu")
    for slope in (0.5, 0.25):
        assert (f(z=z, negative_slope=slope)["z"] == slope).all()


def test_of_a_constant_nothing_is_asked():
    """It has no adjoint of z."""
    assert of("3 + 0*z")(z=np.ones(COUNT)) == {}


def test_an_underflow_on_the_way_is_noticed():
    """e^−800 underflows, and e^800 times it is 1; balls of more bits say so."""
    z = np.full(COUNT, 800.0)

    np.testing.assert_allclose(of("exp(-z)*exp(z)*z")(z=z)["z"], 1.0, rtol=RELATIVE)


def test_a_long_program_is_run_in_float_balls_too(monkeypatch):
    """A chain of 64 layers, whose adjoints are some hundred results of a thousand operations."""
    left = []
    slowly = Evaluator._with_errors

    def counted(self, spread, count, *args, **options):
        left.append(count)
        return slowly(self, spread, count, *args, **options)

    monkeypatch.setattr(Evaluator, "_with_errors", counted)
    y, inputs = symdiff.array("x"), []
    inputs.append(y)
    for k in range(64):
        w, b = symdiff.scalars(f"w{k} b{k}")
        inputs += [w, b]
        y = apply(activations["silu"], symdiff.elementwise(lambda w, y, b: w * y + b, w, y, b))
    f = symdiff.adjoints(symdiff.Graph("chain", tuple(inputs), {"y": y})).lambdify()
    point = {i.name: 0.5 for i in inputs}
    x = np.random.default_rng(SEED).normal(size=COUNT)
    many = f(**{**point, "x": x})
    assert sum(left) < COUNT / 100

    monkeypatch.setattr(evaluator, "_MANY", np.inf)
    few = f(**{**point, "x": x[:9]})
    for name, value in few.items():
        np.testing.assert_allclose(many[name][:9], value, rtol=2 * RELATIVE)
