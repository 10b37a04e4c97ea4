"""What torch takes where a derivative jumps, however the function is written."""

import math

import numpy as np
import pytest
import torch

from comparisons.results.kink_conventions import SYNONYMS, conventions, disagreements
from comparisons.subjects.catalogue.torch_calls import torch_call
from comparisons.subjects.catalogue.torch_code import filled_in
from symdiff import activation


@pytest.mark.parametrize("name", SYNONYMS)
def test_synonyms_are_one_function(name):
    """Away from the kinks every way of writing it has the same values and the same gradient."""
    z = np.random.default_rng(20240607).normal(scale=4, size=200)
    reference = torch.tensor(z, requires_grad=True)
    torch_call(activation(name))(reference).sum().backward()
    for template in SYNONYMS[name]:
        other = torch.tensor(z, requires_grad=True)
        values = filled_in(template, ("z",), {})(other)
        values.sum().backward()

        assert torch.allclose(values, torch_call(activation(name))(other), rtol=0, atol=1e-15)
        # hardsigmoid's own gradient is the float32 1/6
        assert torch.allclose(other.grad, reference.grad, rtol=0, atol=5e-9)


@pytest.mark.parametrize(
    ("name", "code", "at", "taken"),
    [
        ("relu", "F.relu(z)", 0, 0.0),
        ("relu", "clamp(z, min=0)", 0, 1.0),
        ("relu", "maximum(z, torch.zeros_like(z))", 0, 0.5),
        ("relu", "torch.where(z >= 0", 0, 1.0),
        ("absolute", "torch.abs(z)", 0, 0.0),
        ("absolute", "torch.where(z > 0, z, -z)", 0, -1.0),
        ("hardtanh", "F.hardtanh(z)", 1, 0.0),
        ("hardtanh", "torch.clamp(z, -1, 1)", 1, 1.0),
    ],
)
def test_conventions_that_are_known(name, code, at, taken):
    """relu takes 0, clamp takes 1, maximum the middle: each lies in Clarke's interval."""
    code = code.replace("F.", "torch.nn.functional.")
    (found,) = [c for c in conventions(name) if code in c.code and c.at == at]

    assert found.taken == taken
    assert found.inside


def test_a_square_root_of_a_square_has_nan_at_its_kink():
    """0/0: outside Clarke's interval, and said so."""
    (found,) = [c for c in conventions("absolute") if "sqrt" in c.code]

    assert math.isnan(found.taken)
    assert not found.inside
    assert "OUTSIDE [-1, 1]" in str(found)


def test_where_synonyms_disagree():
    """The table of kinks at which the same function has different gradients."""
    found = disagreements()

    assert {name for name, _ in found} >= {"relu", "relu6", "absolute", "hardtanh", "leaky_relu"}
    assert ("elu", 0.0) not in found
    assert all(len({str(c.taken) for c in rows}) > 1 for rows in found.values())


def test_a_name_without_synonyms_is_answered_with_those_that_have():
    """One sentence."""
    with pytest.raises(ValueError, match="no synonyms are listed for 'tanh'; they are for relu"):
        conventions("tanh")
