"""The tutorial's three problems, with the numbers and the structure that it prints; seed 3."""

import mpmath
import numpy as np
import pytest
import sympy

import symdiff
from symdiff.application import apply
from symdiff.catalogue.activations import activations
from symdiff.graph import scalars

SEED = 3


def _layer(seed=SEED):
    random = np.random.default_rng(seed)
    return {
        "x": np.ones(5),
        "y": np.zeros(3),
        "w": random.standard_normal((5, 3)),
        "b": random.standard_normal(3),
    }


@pytest.fixture(scope="module")
def layer_gradients():
    """The adjoints' values for the tutorial's layer."""
    return symdiff.adjoints(symdiff.linear_layer()).lambdify()(**_layer())


def test_all_rows_of_the_weight_gradient_equal_the_bias_gradient(layer_gradients):
    """With x = ones, each of the five rows of w̄ is b̄, exactly."""
    assert (5, 3) == layer_gradients["w"].shape
    assert (layer_gradients["w"] == layer_gradients["b"]).all()


def test_each_gradient_entry_lies_between_zero_and_a_third(layer_gradients):
    """With y = 0, each entry is σ(z)/3, inside (0, 1/3)."""
    assert ((layer_gradients["b"] > 0) & (layer_gradients["b"] < 1 / 3)).all()


def test_the_layers_gradient_is_the_numerical_one():
    """b̄ of the linear layer is mpmath's numerical derivative of the documented loss."""
    given = _layer()

    def loss(*b):
        z = [sum(map(mpmath.mpf, given["w"][:, j])) + b[j] for j in range(3)]
        return sum(-mpmath.log(1 - 1 / (1 + mpmath.exp(-v))) for v in z) / 3

    with mpmath.workdps(60):
        got = symdiff.adjoints(symdiff.linear_layer()).lambdify("mpmath")(**given)["b"]
        at = tuple(map(mpmath.mpf, given["b"]))
        for j in range(3):
            order = tuple(int(i == j) for i in range(3))

            assert abs(got[j] - mpmath.diff(loss, at, order)) < mpmath.mpf("1e-35")


def test_the_batched_layer_of_one_row_is_the_layer():
    """A batch of one gives the gradients of the single example."""
    given = _layer()
    one = symdiff.adjoints(symdiff.linear_layer()).lambdify()(**given)
    batch = {**given, "x": given["x"][None], "y": given["y"][None]}
    many = symdiff.adjoints(symdiff.linear_layer(batched=True)).lambdify()(**batch)

    np.testing.assert_allclose(many["w"], one["w"], rtol=1e-15)
    np.testing.assert_allclose(many["b"], one["b"], rtol=1e-15)


def test_the_batched_layers_gradient_is_the_mean_over_the_batch():
    """The gradient of a mean over the batch is the mean of the gradients."""
    random = np.random.default_rng(SEED)
    w, b = random.standard_normal((5, 3)), random.standard_normal(3)
    x, y = random.standard_normal((4, 5)), random.uniform(0, 1, (4, 3))
    many = symdiff.adjoints(symdiff.linear_layer(batched=True)).lambdify()(w=w, b=b, x=x, y=y)
    single = symdiff.adjoints(symdiff.linear_layer()).lambdify()
    rows = [single(w=w, b=b, x=x[i], y=y[i])["w"] for i in range(4)]

    np.testing.assert_allclose(many["w"], np.mean(rows, axis=0), rtol=1e-13)


@pytest.mark.parametrize(
    ("cut", "line"), [("detach()", "z_det"), ("no_grad()", "z")], ids=["detach", "no_grad"]
)
def test_a_cut_layer_has_no_adjoints_and_says_why(cut, line):
    """Behind detach() or no_grad() nothing has an adjoint, and the cut is named as the reason."""
    found = symdiff.adjoints(symdiff.linear_layer(cut=cut))

    assert {"w", "b", "x", line} <= set(found.missing)
    assert set(found.missing.values()) == {f"cut by {cut}"}
    assert list(found) == []


def test_the_vector_jacobian_product_of_the_tutorial():
    """A cotangent of ones on (eye(4, 5) + 1)²ᵀ gives 4 on the diagonal and 2 elsewhere."""
    inp = np.eye(4, 5)
    got = symdiff.adjoints(symdiff.vector_jacobian_product()).lambdify()(inp=inp, v=np.ones((5, 4)))

    assert np.array_equal(2 + 2 * inp, got["inp"])


def test_a_second_backward_adds_and_zeroing_starts_again():
    """Accumulated twice it is 8 and 4; after zeroing, 4 and 2 again."""
    inp = np.eye(4, 5)
    f = symdiff.adjoints(symdiff.vector_jacobian_product()).lambdify()
    accumulated = sum(f(inp=inp, v=np.ones((5, 4)))["inp"] for _ in range(2))

    assert np.array_equal(np.where(inp == 1, 8, 4), accumulated)
    assert np.array_equal(np.where(inp == 1, 4, 2), f(inp=inp, v=np.ones((5, 4)))["inp"])


@pytest.mark.parametrize("name", activations)
def test_a_neuron_of_every_activation_has_all_seven_adjoints(name):
    """Whatever the activation, the neuron has the adjoints L y z w b x t in this order."""
    assert ["L", "y", "z", "w", "b", "x", "t"] == list(symdiff.adjoints(symdiff.neuron(name)))


def test_a_neuron_takes_a_loss():
    """The neuron's loss can be another: binary cross-entropy with logits gives ȳ = σ(y) − t."""
    found = symdiff.adjoints(symdiff.neuron("tanh", "bce_with_logits"))

    assert "ȳ = σ(y) − t" in str(found).splitlines()


def test_a_neuron_takes_parameters():
    """A parameter given to the neuron is the one that its adjoints are evaluated with."""
    f = symdiff.adjoints(symdiff.neuron("leaky_relu", negative_slope="0.5")).lambdify()

    assert f(w=1.0, x=-2.0, b=0.0, t=0.0)["z"] == -1.0 * 0.5


def test_a_neuron_takes_a_sympy_expression():
    """A SymPy expression in any one symbol is an activation: u² gives f'(z) = 2z."""
    u = sympy.Symbol("u")

    assert "z̄ = 2 ȳ z" in str(symdiff.adjoints(symdiff.neuron(u**2))).splitlines()


def test_pointwise_is_the_function_alone():
    """pointwise(tanh) has the adjoint z̄ = sech²(z)."""
    found = symdiff.adjoints(symdiff.pointwise(activations["tanh"]))

    assert "ȳ = 1\nz̄ = sech²(z)" == str(found)


def test_apply_uses_the_stable_derivative():
    """softsign on a node carries 1/(1 + |z|)², not the form that SymPy would derive."""
    (a,) = scalars("a")
    node = apply(activations["softsign"], a)

    assert node.partials[0] is not None
