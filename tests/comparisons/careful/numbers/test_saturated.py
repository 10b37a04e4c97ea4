"""A softmax written by hand, where it saturates: its gradient is nearly 0, and rounds to little."""

from __future__ import annotations

import math

import pytest
import torch

import comparisons

_TILE = 2


class _Tiled(torch.autograd.Function):
    """Attention a tile of keys at a time, with its running maximum, as FlashAttention has it."""

    @staticmethod
    def forward(ctx, q, k, v):
        scale = 1 / math.sqrt(q.shape[-1])
        top = q.new_full((len(q), 1), -math.inf)
        total, out = q.new_zeros(len(q), 1), torch.zeros_like(q)
        for keys, values in zip(k.split(_TILE), v.split(_TILE), strict=True):
            scores = q @ keys.T * scale
            higher = torch.maximum(top, scores.amax(-1, keepdim=True))
            weights, kept = (scores - higher).exp(), (top - higher).exp()
            total, out = kept * total + weights.sum(-1, keepdim=True), kept * out + weights @ values
            top = higher
        out = out / total
        ctx.save_for_backward(q, k, v, out, top + total.log())
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, dout):
        q, k, v, out, log_total = ctx.saved_tensors
        scale = 1 / math.sqrt(q.shape[-1])
        p = (q @ k.T * scale - log_total).exp()
        ds = p * (dout @ v.T - (dout * out).sum(-1, keepdim=True)) * scale
        return ds @ k, ds.T @ q, p.T @ dout


class _Dropped(_Tiled):
    @staticmethod
    def backward(ctx, dout):
        dq, dk, dv = _Tiled.backward(ctx, dout)
        q, k = ctx.saved_tensors[:2]
        return dq * ((q @ k.T).amax(-1, keepdim=True) < 40), dk, dv


def _drawn(width, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(6, width, generator=draw, dtype=torch.float64) for _ in range(3)]


@pytest.mark.parametrize(
    ("width", "seed"), [(2, 0), (2, 1), (2, 2), (2, 7), (3, 5), (4, 0), (4, 5)]
)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_rounds_off_where_it_saturates_is_no_mistake(width, seed, dtype):
    """Of entries eight times as large all weight is on one key: p (dp − Σ p dp) is a rounding."""
    comparisons.check(_Tiled.apply, *_drawn(width, seed), dtype=dtype)


def test_a_gradient_that_is_dropped_for_large_scores_is_rejected():
    """At the entries given none is so large."""
    with pytest.raises(comparisons.GradientMismatch, match="at entries"):
        comparisons.check(_Dropped.apply, *(x / 3 for x in _drawn(24)))
