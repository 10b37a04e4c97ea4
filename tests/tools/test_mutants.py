"""A checker is tested by what it must reject: deliberately wrong backwards, beside gradcheck."""

from itertools import product

import pytest
from sampled import sampled

import symdiff
from tools.mutants import MUTATIONS, TORCH_NN, TYPES, applies, gradcheck_catches, mutant, rejected


@pytest.mark.parametrize(
    ("name", "mutation", "dtype"), sampled(product(TORCH_NN, MUTATIONS, TYPES), 9)
)
def test_a_wrong_backward_is_rejected(name, mutation, dtype):
    """`check` rejects every mutation that changes the gradient, in float64 and float32."""
    definition = symdiff.activation(name)
    if applies(definition, mutation, dtype):
        assert rejected(mutant(definition, mutation), definition, dtype)


@pytest.mark.parametrize(("name", "dtype"), sampled(product(TORCH_NN, TYPES), 5))
def test_the_right_backward_made_the_same_way_is_accepted(name, dtype):
    """What rejects the mutants is the mutation, not the way a mutant is made."""
    definition = symdiff.activation(name)

    assert not rejected(mutant(definition, None), definition, dtype)


def test_gradcheck_sees_a_wrong_sign_and_not_a_small_factor():
    """What it is there for to compare with: 1.0009 is within its default tolerance of 10⁻³."""
    definition = symdiff.activation("tanh")

    assert gradcheck_catches(mutant(definition, "sign flipped"))
    assert not gradcheck_catches(mutant(definition, "factor 1.0009"))


@pytest.mark.slow
def test_mutations_that_change_nothing_are_known():
    """Only gradients that are zero beyond 6.5 anyway, and formulas without a border, escape."""
    unchanged = {
        (name, mutation)
        for name in TORCH_NN
        for mutation in MUTATIONS
        if not applies(symdiff.activation(name), mutation, TYPES[0])
    }

    borderless = {
        "gelu",
        "gelu_tanh",
        "silu",
        "mish",
        "logsigmoid",
        "sigmoid",
        "tanh",
        "tanhshrink",
    }
    assert unchanged == {(n, "kink moved") for n in borderless} | {
        (n, "zeroed for |z| > 6.5") for n in ("relu6", "hardtanh", "hardsigmoid")
    }
