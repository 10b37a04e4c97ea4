"""A checker is tested by what it must reject: deliberately wrong backwards, beside gradcheck."""

import pytest

import comparisons
import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.mutants import MUTATIONS, applies, gradcheck_catches, mutant
from comparisons.points import structured
from comparisons.torch_calls import torch_call

# torch.nn's own: the mutations of more would show nothing new
TORCH_NN = [k for k, d in symdiff.activations.items() if d.source.startswith("torch.nn.")][1:]


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("name", TORCH_NN)
def test_a_wrong_backward_is_rejected(name, mutation, compare_gradients):
    """`check` rejects every mutation that changes the gradient, in float64 and float32."""
    definition = symdiff.activation(name)
    wrong = mutant(definition, torch_call(definition), mutation)
    types = [
        t
        for t in (FLOAT_TYPES["float64"], FLOAT_TYPES["float32"])
        if applies(definition, mutation, structured(t), t)
    ]
    for dtype in types:
        with pytest.raises(comparisons.GradientMismatch) as caught:
            comparisons.check(wrong, definition, dtype=dtype)
        assert str(dtype) in str(caught.value)
    if types:
        compare_gradients.record_detection(
            name, mutation, symdiff=True, gradcheck=gradcheck_catches(wrong)
        )


@pytest.mark.parametrize("name", TORCH_NN)
def test_the_right_backward_made_the_same_way_is_accepted(name):
    """What rejects the mutants is the mutation, not the way a mutant is made."""
    definition = symdiff.activation(name)

    for dtype in ("float64", "float32"):
        right = mutant(definition, torch_call(definition), None)
        assert comparisons.check(right, definition, dtype=dtype)


def test_mutations_that_change_nothing_are_known():
    """Only gradients that are zero beyond 6.5 anyway, and formulas without a border, escape."""
    dtype = FLOAT_TYPES["float64"]
    points = structured(dtype)
    unchanged = {
        (name, mutation)
        for name in TORCH_NN
        for mutation in MUTATIONS
        if not applies(symdiff.activation(name), mutation, points, dtype)
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
