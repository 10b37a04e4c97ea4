"""Adjoints as torch code: the numpy bridge's values, in the tensors' own type."""

import numpy as np
import pytest
import torch

import symdiff

NO_LINE = ("sparsemax", "glu", "maxout", "crelu")


def _agrees(adjoints, given):
    made = adjoints.lambdify("torch")(**given)
    true = adjoints.lambdify()(**{name: value.numpy() for name, value in given.items()})
    for name, values in true.items():
        assert made[name].shape == np.shape(values), name
        np.testing.assert_allclose(made[name].numpy(), values, rtol=1e-6, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", symdiff.activations)
def test_every_activation_has_the_values_of_the_numpy_bridge(name):
    """At 37 points, 0 among them."""
    z = torch.linspace(-6, 6, 37, dtype=torch.float64)
    _agrees(symdiff.adjoints(symdiff.pointwise(symdiff.activation(name))), {"z": z})


@pytest.mark.parametrize("name", [n for n in symdiff.layers if n not in NO_LINE])
def test_every_layer_has_them_too(name):
    """The seed is 0."""
    adjoints = symdiff.adjoints(symdiff.layers[name]())
    axes = dict.fromkeys(a for of in adjoints.signature.inputs.values() for a in of)
    length = {axis: 3 + i for i, axis in enumerate(axes)}
    drawn = torch.Generator().manual_seed(0)
    given = {
        name: torch.randn([length[a] for a in of], generator=drawn, dtype=torch.float64)
        for name, of in adjoints.signature.inputs.items()
    }
    _agrees(adjoints, given)


@pytest.mark.parametrize("name", NO_LINE)
def test_an_operation_without_a_line_is_refused(name):
    """At once, and it says what to use."""
    with pytest.raises(TypeError, match=r"no line of torch is known .*lambdify\('numpy'\)"):
        symdiff.adjoints(symdiff.layers[name]()).lambdify("torch")


def test_the_source_is_a_backward_that_one_can_paste():
    """Constants as they are written, z̄ as z_bar, and it runs by itself."""
    code = symdiff.adjoints(symdiff.pointwise(symdiff.activation("gelu_tanh"))).lambdify("torch")
    assert "0.044715*z**3" in code.source
    space = {}
    exec(code.source, space)  # noqa: S102 - what a user does by pasting it
    z = torch.randn(5, generator=torch.Generator().manual_seed(0))
    assert space["adjoints"](z)["z"].equal(code(z=z)["z"])


def test_types_and_parameters_are_the_callers():
    """bfloat16 stays bfloat16; a parameter may be given."""
    code = symdiff.adjoints(symdiff.pointwise(symdiff.activation("elu"))).lambdify("torch")
    z = torch.linspace(-2, 2, 9, dtype=torch.bfloat16)
    assert code(z=z)["z"].dtype == torch.bfloat16
    assert code(z=z, alpha=2.0)["z"][0] == 2 * code(z=z)["z"][0]
    with pytest.raises(TypeError, match="has no input 'w'"):
        code(w=z)
    with pytest.raises(TypeError, match="needs z; pass each by keyword"):
        code()


def test_a_name_that_is_taken_is_replaced():
    """A parameter may be called torch."""
    graph = symdiff.pointwise(symdiff.activation("torch * z", torch=3))
    assert "torch1" in symdiff.adjoints(graph).lambdify("torch").source
