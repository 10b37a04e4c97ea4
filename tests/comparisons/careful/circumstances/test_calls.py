"""Code of arrays is asked in other calls: what is wrong in one is said, what cannot be is too."""

from __future__ import annotations

import math

import pytest
import torch
from torch.utils.checkpoint import checkpoint

import comparisons


class _NeedsBoth(torch.autograd.Function):
    """A product whose backward raises unless both gradients are needed."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    def backward(ctx, v):
        if not all(ctx.needs_input_grad):
            raise RuntimeError("both are needed")
        a, b = ctx.saved_tensors
        return v * b, v * a


class _Shortcuts(torch.autograd.Function):
    """Skips what is not needed, materialises nothing, and has a shortcut for ones."""

    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(
            *(x if n else None for x, n in zip((b, a), ctx.needs_input_grad, strict=True))
        )
        ctx.set_materialize_grads(False)
        return a * b

    @staticmethod
    def backward(ctx, v):
        one = bool((v == 1).all())
        return tuple(None if x is None else x if one else v * x for x in ctx.saved_tensors)


def _pair():
    draw = torch.Generator().manual_seed(3)
    return torch.randn(3, 5, generator=draw), torch.randn(3, 5, generator=draw)


def test_a_backward_that_raises_if_one_gradient_is_needed_is_rejected():
    """The sentence says when, and with what."""
    with pytest.raises(comparisons.GradientMismatch, match=r"if only a requires.*both are needed"):
        comparisons.check(_NeedsBoth.apply, *_pair())


def test_an_honest_function_with_shortcuts_passes():
    """For what is needed only, for cotangents of ones."""
    comparisons.check(_Shortcuts.apply, *_pair())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_an_attention_of_one_tensor_passes_in_every_type(dtype):
    """The sum of two gradients is added up in another order."""

    def attention(q, k, v):
        weights = torch.softmax(q @ k.mT / math.sqrt(q.shape[-1]), -1)
        return weights @ v

    draw = torch.Generator().manual_seed(5)
    q, k, v = (torch.randn(2, 4, 4, generator=draw).to(dtype) for _ in range(3))
    comparisons.check(attention, q, k, v, dtype=dtype)


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_what_code_refuses_is_said_and_not_held_against_it():
    """A reentrant checkpoint can be differentiated by `.backward()` only."""
    found = comparisons.check(lambda x: checkpoint(torch.tanh, x, use_reentrant=True), _pair()[0])

    assert "use_reentrant" in " ".join(found.unasked)


class TestSeveralVariables:
    """A function of two variables, judged by a formula, is asked what one of tensors is."""

    @staticmethod
    def _function(backward):
        class Square(torch.autograd.Function):
            @staticmethod
            def forward(ctx, y, t):
                ctx.save_for_backward(y, t)
                return (y - t) ** 2

            @staticmethod
            def backward(ctx, v):
                y, t = ctx.saved_tensors
                return backward(v, y, t)

        return Square.apply

    @pytest.mark.parametrize(
        "backward",
        [
            lambda _, y, t: (2 * (y - t), 2 * (t - y)),
            lambda v, y, t: (2 * v.abs() * (y - t), 2 * v.abs() * (t - y)),
            lambda v, y, t: (2 * v.as_strided(y.shape, (1,)) * (y - t), 2 * v * (t - y)),
        ],
        ids=["no cotangent", "its size", "its memory"],
    )
    def test_wrong_for_other_cotangents(self, backward):
        """Each is right for the ones that it is asked with first."""
        with pytest.raises(comparisons.GradientMismatch):
            comparisons.check(self._function(backward), "mse")

    def test_a_right_gradient_of_a_wrong_value_is_no_pass(self):
        """A thousandth too large."""
        with pytest.raises(comparisons.GradientMismatch, match="the value"):
            comparisons.check(lambda y, t: (y - t) ** 2 + 1e-3, "mse")

    @pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
    def test_a_right_one_passes(self, dtype):
        """By hand and by torch."""
        right = self._function(lambda v, y, t: (2 * v * (y - t), 2 * v * (t - y)))
        assert str(comparisons.check(right, "mse", dtype=dtype).verdict) == "accurate"
        plain = comparisons.check(lambda y, t: (y - t) ** 2, "mse", dtype=dtype)
        assert str(plain.verdict) == "accurate"

    def test_at_the_numbers_given_too(self):
        """Where the caller says which points are meant, at these alone."""
        given = {"y": [0.1, 0.2], "t": [1.0, 2.0]}
        with pytest.raises(comparisons.GradientMismatch, match="the value"):
            comparisons.check(lambda y, t: (y - t) ** 2 + 1e-3, "mse", inputs=given)
        ignoring = self._function(lambda _, y, t: (2 * (y - t), 2 * (t - y)))
        with pytest.raises(comparisons.GradientMismatch, match="2 of 2"):
            comparisons.check(ignoring, "mse", inputs=given)
        assert comparisons.check(lambda y, t: (y - t) ** 2, "mse", inputs=given)


class Asserting(torch.autograd.Function):
    """As a kernel that is started by hand: contiguous rows of eight, and no other."""

    @staticmethod
    def forward(ctx, x):
        """e^x."""
        assert x.is_contiguous(), "x has to be contiguous"
        assert x.dim() == 2
        assert x.shape[1] == 8
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx, v):
        """Of contiguous cotangents alone."""
        assert v.is_contiguous()
        return v * ctx.saved_tensors[0].exp()


def test_what_a_kernel_asserts_is_not_held_against_it():
    """It is called otherwise than it is made for, and that is said."""
    x = torch.sin(torch.arange(1.0, 33.0, dtype=torch.float64)).reshape(4, 8)
    result = comparisons.check(Asserting.apply, x)

    assert result.verdict is comparisons.Verdict.ACCURATE
    assert "noncontiguous (x has to be contiguous)" in result.unasked
    assert any(said.startswith("other points (") for said in result.unasked)
