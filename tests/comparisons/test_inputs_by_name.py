"""`inputs=` without positional examples: the arguments of the user's own function, by name."""

import numpy as np
import pytest
import torch

import comparisons
from comparisons import GradientMismatch, Verdict

X, W = np.linspace(-2, 2, 12).reshape(4, 3), np.linspace(0.1, 1, 6).reshape(3, 2)


class HalfW(torch.autograd.Function):
    """x w with half of w's gradient."""

    @staticmethod
    def forward(ctx, x, w):
        """The product."""
        ctx.save_for_backward(x, w)
        return x @ w

    @staticmethod
    def backward(ctx, v):
        """Wrong in w."""
        x, w = ctx.saved_tensors
        return v @ w.T, x.T @ v / 2


def rows_of(x, index, scale=1.0):
    """Rows chosen by an array of integers."""
    return torch.tanh(x[index] * scale)


def test_arrays_are_arguments():
    """What is right passes, at the arrays given."""
    found = comparisons.check(torch.matmul, torch.tensor(X), torch.tensor(W))
    named = comparisons.check(lambda x, w: x @ w, inputs={"x": X, "w": W})

    assert named.values == found.values
    assert np.array_equal(named.adjoints["x"].inputs["x"], X)


def test_a_function_that_takes_nothing_by_keyword():
    """An autograd.Function's apply; what is wrong is found."""
    with pytest.raises(GradientMismatch, match=r"HalfW \(.*\), float64, reverse: w\.grad"):
        comparisons.check(HalfW.apply, inputs={"w": W, "x": X})


def test_integers_are_constants_and_other_keywords_go_along():
    """An index has no gradient."""
    found = comparisons.check(rows_of, inputs={"x": X, "index": np.array([0, 0, 3])}, scale=0.5)

    assert set(found.adjoints) == {"x", "v_y"}


def test_tensors_may_require_a_gradient():
    """As they do where they come from gradcheck."""
    x, w = (torch.tensor(a, dtype=torch.bfloat16, requires_grad=True) for a in (X, W))
    found = comparisons.check(lambda x, w: x @ w, inputs={"x": x, "w": w})

    assert str(found.dtype) == "bfloat16"


def test_a_module_takes_its_forward_s_arguments():
    """Its parameters are inputs as they are."""
    torch.manual_seed(0)
    found = comparisons.check(torch.nn.Linear(3, 2), inputs={"input": X})

    assert {"input", "weight", "bias"} < set(found.adjoints)


def test_some_arrays_beside_examples():
    """The examples say shapes; the array says where."""
    found = comparisons.check(rows_of, torch.tensor(X), torch.tensor([1]), inputs={"x": X + 1})

    assert np.array_equal(found.adjoints["x"].inputs["x"], X + 1)


def test_a_layer_with_a_formula_keeps_its_variable():
    """nn.ReLU is a function of z."""
    found = comparisons.compare(torch.nn.ReLU(), inputs={"z": [-1.0, 2.0]})

    assert found.verdict is Verdict.ACCURATE


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"y": X}, "rows_of takes x, index, scale, and was given y: "),
        ({"x": X}, "missing a required argument: 'index'"),
    ],
)
def test_other_names_are_refused(inputs, said):
    """In one sentence."""
    with pytest.raises(ValueError, match=said):
        comparisons.check(rows_of, inputs=inputs)


@pytest.mark.parametrize(
    ("dtype", "judged"),
    [
        (torch.bfloat16, "bfloat16"),
        (torch.float16, "float16"),
        (torch.float32, "float64"),
        (torch.float64, "float64"),
    ],
)
def test_a_16_bit_type_is_the_examples_own(dtype, judged):
    """float32 is what torch makes where nothing is said."""
    x = torch.tensor(X, dtype=dtype)

    assert str(comparisons.compare(torch.tanh, x).dtype) == judged
    assert str(comparisons.compare(torch.tanh, x, dtype="float32").dtype) == "float32"


def test_a_constant_has_the_type_of_the_inputs():
    """Of two float64 tensors one is an input; in float32 the other may not make the sum float64."""
    x, mask = torch.tensor(X, requires_grad=True), torch.tensor(X > 0, dtype=torch.float64)
    seen = []

    def masked(x, mask):
        seen.append((x * mask).dtype)
        return x * mask

    comparisons.compare(masked, x, mask, dtype="float32")

    assert seen
    assert {*seen} == {torch.float32}  # captured in the type it runs in, too
