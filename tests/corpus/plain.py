"""Layers in plain torch, with a switch for what a wrong backward forgets; and seeded arguments."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from entries import Arrays
from torch import Tensor

SEED = 20240229


def drawn(*shapes: tuple[int, ...]) -> Callable[[], Arrays]:
    """Normal float64 arrays of these shapes that require grad; the same every time."""

    def example() -> Arrays:
        draw = torch.Generator().manual_seed(SEED)
        return tuple(
            torch.randn(shape, dtype=torch.float64, generator=draw).requires_grad_()
            for shape in shapes
        )

    return example


def drawn_with(index: Callable[[], Tensor], *shapes: tuple[int, ...]) -> Callable[[], Arrays]:
    """The same, and an array of integers after them."""
    return lambda: (*drawn(*shapes)(), index())


def _kept(x: Tensor, keep: bool) -> Tensor:  # noqa: FBT001 - private, and named at every call
    return x.detach() if keep else x


def layer_norm(
    x: Tensor, gain: Tensor, bias: Tensor, *, keep_mean: bool = False, keep_deviation: bool = False
) -> Tensor:
    """γ (x − μ)/σ + β over the last axis."""
    centred = x - _kept(x.mean(-1, keepdim=True), keep_mean)
    variance = _kept((centred * centred).mean(-1, keepdim=True), keep_deviation)
    return gain * centred * torch.rsqrt(variance + 1e-5) + bias


def batch_norm(x: Tensor, gain: Tensor, bias: Tensor, *, keep: bool = False) -> Tensor:
    """The same over the first axis."""
    centred = x - _kept(x.mean(0), keep)
    variance = _kept((centred * centred).mean(0), keep)
    return gain * centred * torch.rsqrt(variance + 1e-5) + bias


def rms_norm(x: Tensor, gain: Tensor, *, keep_scale: bool = False, eps: float = 1e-5) -> Tensor:
    """γ x/√(mean x² + ε)."""
    return gain * x * _kept(torch.rsqrt((x * x).mean(-1, keepdim=True) + eps), keep_scale)


def group_norm(x: Tensor, *, groups: int) -> Tensor:
    """(x − μ)/σ over each group's channels and positions; x is (batch, channel, position)."""
    grouped = x.reshape(x.shape[0], groups, -1)
    variance, mean = torch.var_mean(grouped, -1, correction=0, keepdim=True)
    return ((grouped - mean) * torch.rsqrt(variance + 1e-5)).reshape(x.shape)


def attention(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    *,
    scale: float | None = None,
    causal: bool = False,
    keep_weights: bool = False,
) -> Tensor:
    """softmax(QKᵀ/√d) V."""
    scores = q @ k.mT * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(later, -math.inf)
    return _kept(torch.softmax(scores, -1), keep_weights) @ v


def causal_attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same, no position looking ahead."""
    return attention(q, k, v, causal=True)


def rope(x: Tensor, *, direction: int = 1) -> Tensor:
    """Pairs of features turned by position / 10000^(2i/d). Source: arXiv:2104.09864."""
    half = x.shape[-1] // 2
    frequency = 10_000.0 ** -(torch.arange(half, dtype=torch.float64) / half)
    angle = direction * torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * frequency
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


def lstm_cell(
    x: Tensor,
    h: Tensor,
    c: Tensor,
    w_x: Tensor,
    w_h: Tensor,
    *,
    order: tuple[int, ...] = (0, 1, 2, 3),
) -> Tensor:
    """The next hidden state; `order` says which quarter is the input, forget, cell, output gate."""
    quarters = (x @ w_x.mT + h @ w_h.mT).chunk(4, -1)
    i, f, g, o = (quarters[k] for k in order)
    cell = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(cell)


def gru_cell(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor, *, keep_old: bool = False) -> Tensor:
    """The next hidden state."""
    r_x, z_x, n_x = (x @ w_x.mT).chunk(3, -1)
    r_h, z_h, n_h = (h @ w_h.mT).chunk(3, -1)
    z = torch.sigmoid(z_x + z_h)
    n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
    return (1 - z) * n + z * _kept(h, keep_old)


def rnn(x: Tensor, w_x: Tensor, w_h: Tensor, *, truncated: bool = False) -> Tensor:
    """The last state of h ← tanh(x W + h U), x of shape (step, batch, feature)."""
    h = x.new_zeros(x.shape[1], w_h.shape[0])
    for step in x:
        h = torch.tanh(step @ w_x + _kept(h, truncated) @ w_h)
    return h
