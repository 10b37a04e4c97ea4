"""Operators of `torch.library` written in Python: their registered backward is judged."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import comparisons
from comparisons import GradientMismatch
from comparisons.capture import Refused, capture
from comparisons.capture.running.code import name_of

library = torch.library.Library("symdiff_tests_defined", "DEF")
library.define("cube(Tensor x) -> Tensor")
library.impl("cube", lambda x: x * x * x, "CPU")
torch.library.register_autograd(
    "symdiff_tests_defined::cube",
    lambda ctx, g: 3 * g * ctx.saved_tensors[0] ** 2,
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0]),  # noqa: ARG005 - torch's names
    lib=library,
)


@torch.library.custom_op("symdiff_tests::silu", mutates_args=())
def silu(x: Tensor) -> Tensor:
    """z σ(z)."""
    return x / (1 + torch.exp(-x))


@torch.library.custom_op("symdiff_tests::other_silu", mutates_args=())
def other_silu(x: Tensor) -> Tensor:
    """The same."""
    return x / (1 + torch.exp(-x))


@torch.library.custom_op("symdiff_tests::tanh", mutates_args=())
def tanh(x: Tensor) -> Tensor:
    """Of its own output."""
    return torch.tanh(x)


@torch.library.custom_op("symdiff_tests::pair", mutates_args=())
def pair(x: Tensor, y: Tensor, scale: float = 2.0) -> tuple[Tensor, Tensor]:
    """Two outputs, and a number with a default."""
    return x * y * scale, x + y


@torch.library.custom_op("symdiff_tests::add_square", mutates_args={"out"})
def add_square(x: Tensor, out: Tensor) -> None:
    """What writes into an argument."""
    out.add_(x * x)


@torch.library.custom_op("symdiff_tests::in_numpy", mutates_args=())
def in_numpy(x: Tensor) -> Tensor:
    """Not torch."""
    return torch.from_numpy(x.numpy() ** 2)


def _keep(ctx, inputs, output):  # noqa: ARG001 - torch's names
    ctx.save_for_backward(*(t for t in inputs if isinstance(t, Tensor)))


def _silu_backward(ctx, g):
    (x,) = ctx.saved_tensors
    s = torch.sigmoid(x)
    return g * s * (1 + x * (1 - s))


def _wrong_silu_backward(ctx, g):
    (x,) = ctx.saved_tensors
    s = torch.sigmoid(x)
    return g * s * (1 + x * s)


def _pair_backward(ctx, g, h):
    x, y = ctx.saved_tensors
    return 2 * g * y + h, 2 * g * x + h, None


silu.register_autograd(_silu_backward, setup_context=_keep)
other_silu.register_autograd(_wrong_silu_backward, setup_context=_keep)
pair.register_autograd(_pair_backward, setup_context=_keep)
in_numpy.register_autograd(
    lambda ctx, g: 2 * g * ctx.saved_tensors[0],
    setup_context=_keep,
)
tanh.register_autograd(
    lambda ctx, g: g * (1 - ctx.saved_tensors[0] ** 2),
    setup_context=lambda ctx, inputs, output: ctx.save_for_backward(output),  # noqa: ARG005 - torch's names
)


class SumOfSquares(torch.autograd.Function):
    """x² + sin²x, by an operator that writes."""

    @staticmethod
    def forward(ctx, x):
        """Of zeros that are written into twice."""
        ctx.save_for_backward(x)
        out = torch.zeros_like(x)
        add_square(x, out)
        add_square(torch.sin(x), out)
        return out

    @staticmethod
    def backward(ctx, g):
        """2x + sin 2x."""
        (x,) = ctx.saved_tensors
        return g * (2 * x + torch.sin(2 * x))


class WrongSumOfSquares(SumOfSquares):
    """Without a factor of 2 cos x."""

    @staticmethod
    def backward(ctx, g):
        """2x + sin x."""
        (x,) = ctx.saved_tensors
        return g * (2 * x + torch.sin(x))


class Layer(nn.Module):
    """The operator behind a linear layer."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)

    def forward(self, x):
        """Silu of Wx + b."""
        return silu(self.linear(x))


X = torch.linspace(-1.5, 1.4, 6).reshape(2, 3)

RIGHT = {
    "one output": (silu, (X,), {}),
    "its output saved": (tanh, (X,), {}),
    "two outputs": (pair, (X, X.flip(0)), {}),
    "written into": (SumOfSquares.apply, (X,), {}),
    "in a module": (Layer(), (X,), {}),
    "twice": (silu, (X,), {"order": 2}),
    "a Library": (torch.ops.symdiff_tests_defined.cube, (X,), {}),
    "under vmap": (torch.vmap(torch.ops.symdiff_tests_defined.cube), (X,), {}),
}
WRONG = {
    "one output": (other_silu, (X,), {}),
    "two outputs": (pair, (X, X.flip(0), 3.0), {}),
    "written into": (WrongSumOfSquares.apply, (X,), {}),
    "twice": (other_silu, (X,), {"order": 2}),
}


@pytest.mark.parametrize(("function", "given", "options"), RIGHT.values(), ids=RIGHT)
def test_a_right_backward_passes(function, given, options):
    """The registered backward is the derivative of the operator's own code."""
    assert comparisons.check(function, *given, **options).verdict.value == "accurate"


@pytest.mark.parametrize(("function", "given", "options"), WRONG.values(), ids=WRONG)
def test_a_wrong_backward_is_rejected(function, given, options):
    """It is no derivative of the operator's own code."""
    with pytest.raises(GradientMismatch):
        comparisons.check(function, *given, **options)


def test_an_operator_is_called_as_its_schema_has_it():
    """Its arguments have their names, its lines are those of its code."""
    captured = capture(torch.ops.symdiff_tests.pair, X, X)

    assert tuple(captured.inputs) == ("x", "y")
    assert name_of(pair) == "symdiff_tests::pair"
    assert any("x * y * scale" in line for _, line in captured.source_lines)


def test_forward_mode_that_torch_does_not_have_is_not_asked():
    """torch.func.jvp gives such an operator zeros, which says nothing of its backward."""
    asked = comparisons.compare_engines(silu, "silu", engines=["reverse", "jvp", "forward_ad"])

    assert list(asked) == ["reverse"]


def test_an_operator_that_is_not_computed_by_torch_is_refused():
    """What numpy computes has no derivative that could be read off."""
    with pytest.raises(Refused, match="computed outside torch's operators"):
        comparisons.check(in_numpy, X)
