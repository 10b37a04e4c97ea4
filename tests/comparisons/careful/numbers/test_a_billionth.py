"""Backwards of several arguments, a billionth off in one gradient, which gradcheck passes.

Twenty functions of the kinds that are written by hand: gates, norms, losses, attention, layers.
"""

import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons

OFF = 1 + 1e-9


def _attention(q, k, v):
    return torch.softmax(q @ k.mT / q.shape[-1] ** 0.5, -1) @ v


def _gru(x, h, w, u):
    r, z, n = (x @ w).chunk(3, -1)
    a, b, c = (h @ u).chunk(3, -1)
    update = torch.sigmoid(z + b)
    return (1 - update) * torch.tanh(n + torch.sigmoid(r + a) * c) + update * h


# by name the function, and the shapes of its arguments
FUNCTIONS = {
    "swiglu": (lambda a, b: F.silu(a) * b, (3, 4), (3, 4)),
    "geglu": (lambda a, b: F.gelu(a) * b, (3, 4), (3, 4)),
    "tanh gate": (lambda a, b: torch.tanh(a) * torch.sigmoid(b), (3, 4), (3, 4)),
    "bias broadcast": (lambda x, b: F.silu(x + b), (3, 4), (4,)),
    "scale and shift": (lambda x, s, b: x * s + b, (3, 4), (4,), (3, 1)),
    "linear": (F.linear, (3, 4), (5, 4), (5,)),
    "bilinear": (lambda x, y, w: torch.einsum("bi,oij,bj->bo", x, w, y), (3, 4), (3, 2), (5, 4, 2)),
    "low rank": (lambda x, a, b: (x @ a) @ b, (3, 4), (4, 2), (2, 5)),
    "layer norm": (lambda x, g, b: F.layer_norm(x, (4,), g, b), (3, 4), (4,), (4,)),
    "rms norm": (lambda x, g: F.rms_norm(x, (4,), g), (3, 4), (4,)),
    "group norm": (lambda x, g, b: F.group_norm(x, 2, g, b), (2, 4, 3), (4,), (4,)),
    "attention": (_attention, (3, 4), (5, 4), (5, 4)),
    "convolution": (lambda x, w: F.conv1d(x, w, padding=1), (2, 3, 6), (4, 3, 3)),
    "planes": (F.conv2d, (1, 2, 4, 4), (3, 2, 2, 2)),
    "gru cell": (_gru, (2, 3), (2, 4), (3, 12), (4, 12)),
    "cosine": (lambda x, y: F.cosine_similarity(x, y, -1), (3, 4), (3, 4)),
    "mse": (F.mse_loss, (3, 4), (3, 4)),
    "smooth l1": (F.smooth_l1_loss, (3, 4), (3, 4)),
    "soft cross entropy": (lambda x, t: -(F.log_softmax(x, -1) * t).sum(-1).mean(), (3, 4), (3, 4)),
    "log-sum-exp of two": (torch.logaddexp, (3, 4), (3, 4)),
}


def _drawn(shapes):
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(s, dtype=torch.float64, generator=draw, requires_grad=True) for s in shapes]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_billionth_of_one_gradient_is_seen(name):
    """In the last argument's gradient; `gradcheck` sees neither slowly nor fast."""
    forward, *shapes = FUNCTIONS[name]
    given = _drawn(shapes)
    wrong = with_backward(forward, lambda g, *_: [*g[:-1], g[-1] * OFF])

    assert torch.autograd.gradcheck(wrong, given)
    assert torch.autograd.gradcheck(wrong, given, fast_mode=True)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(wrong, *given)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_same_without_it_passes(name):
    """By hand as torch has it."""
    forward, *shapes = FUNCTIONS[name]
    result = comparisons.check(with_backward(forward, lambda g, *_: g), *_drawn(shapes))

    assert str(result.verdict) in ("accurate", "agrees")
