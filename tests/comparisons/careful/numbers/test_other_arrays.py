"""Backwards that are right for normal numbers and wrong for other arrays, and those that may be."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch
from comparisons.careful.numbers.moves import is_free


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


def _softmax(x):
    return torch.softmax(x, -1)


def _row_norm(x):
    return (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)


def _product(x, w):
    return torch.tanh(x @ w)


WRONG = {
    "a row below 0 is dropped": (
        _softmax,
        lambda g, x, _: [g[0] * (x[0].amax(-1, keepdim=True) > 0)],
    ),
    "a row above 0 is 1 % off": (
        _row_norm,
        lambda g, x, _: [g[0] * torch.where(x[0].amin(-1, keepdim=True) > 0, 1.01, 1.0)],
    ),
    "large numbers are cut off": (
        _softmax,
        lambda g, x, _: [g[0] * (x[0].abs().amax(-1, keepdim=True) < 8)],
    ),
    "a product's gradient by division": (
        lambda x: x.prod(-1),
        lambda _, x, v: [v[0].unsqueeze(-1) * x[0].prod(-1, keepdim=True) / x[0]],
    ),
    "an epsilon for a small variance": (
        _row_norm,
        lambda g, x, _: [g[0] * torch.where(x[0].std(-1, keepdim=True) < 0.1, 0.99, 1.0)],
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_for_other_arrays(name):
    """Right for normal numbers, it is rejected for what it does elsewhere."""
    forward, backward = WRONG[name]
    with pytest.raises(GradientMismatch, match="at entries"):
        comparisons.check(with_backward(forward, backward), _normal(4, 12))


def test_the_weights_stay_where_the_input_looks_chosen():
    """A chosen input stays, and the weights beside it are moved."""
    wrong = with_backward(_product, lambda g, x, _: [g[0], g[1] * (1 if (x[1] > 0).any() else 1.1)])
    with pytest.raises(GradientMismatch, match=r"below 0.*inputs_1\.grad"):
        comparisons.check(wrong, torch.softmax(_normal(4, 6), -1), _normal(6, 3))


class _CrossEntropy(torch.autograd.Function):
    """p − t, which is right where t sums to one."""

    @staticmethod
    def forward(ctx, logits, target):
        ctx.save_for_backward(logits, target)
        return -(target * F.log_softmax(logits, -1)).sum(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        logits, target = ctx.saved_tensors
        p = torch.softmax(logits, -1)
        return v[:, None] * (p - target), -v[:, None] * F.log_softmax(logits, -1)


class _Cosine(torch.autograd.Function):
    """x·y of unit vectors along x: its gradient drops what lies along x, which is 0 there."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.pow(2).sum(-1)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        return 2 * v[:, None] * x / x.pow(2).sum(-1, keepdim=True)


def test_what_the_caller_keeps_is_kept():
    """Two that rest on what the caller keeps are right where it is kept."""
    target = torch.softmax(_normal(4, 6).flip(-1), -1)
    result = comparisons.check(_CrossEntropy.apply, _normal(4, 6), target)
    assert str(result.verdict) == "accurate"
    result = comparisons.check(_Cosine.apply, F.normalize(_normal(4, 6), dim=-1))
    assert any("look chosen" in words for words in result.unasked)


@pytest.mark.parametrize("honest", [_softmax, _row_norm])
def test_right_ones_pass_and_say_so(honest):
    """What was asked besides is said."""
    result = comparisons.check(with_backward(honest, lambda g, *_: g), _normal(4, 6))
    assert any("the same at entries below 0" in words for words in result.also)


_x = np.random.default_rng(0).normal(size=(4, 6))  # the seed is 0


@pytest.mark.parametrize(
    ("x", "free"),
    [
        (_x, True),
        (_x[0], True),
        (np.abs(_x), False),
        (_x - _x.mean(1, keepdims=True), False),
        (_x - _x.mean(0, keepdims=True), False),
        (_x / np.linalg.norm(_x, axis=1, keepdims=True), False),
        (np.sort(_x, 1), False),
        (np.sort(_x, 1)[:, ::-1], False),
        (_x[:, :4] + _x[:, :4].T, False),
        (np.sign(_x), False),
        (np.linspace(-1, 2, 24).reshape(4, 6), False),
        (np.full((2, 2), np.nan), False),
        (np.linalg.qr(_x[:, :4])[0], False),
    ],
)
def test_what_looks_chosen(x, free):
    """Signs, equal sums and norms, order and equal entries are no chance."""
    assert is_free(x) is free
