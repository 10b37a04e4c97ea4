"""Functions of arrays, each by honest algorithms that differ: none may be called wrong.

Other orders of summation, fused and unfused, chunked and whole, recomputed, hand-written.
"""
# ruff: noqa: E501 - a function and its algorithms are two or three rows of a table

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import algorithms_arrays as other
import plain
import torch
import torch.nn.functional as F
from entries import Arrays, HonestArrays
from plain import SEED
from torch import Tensor
from torch.utils.checkpoint import checkpoint

HONEST: list[HonestArrays] = []

_Example = Callable[[int, torch.dtype], Arrays]
_LAST: dict[str, Any] = {"dim": -1}


def _add(
    kind: str,
    name: str,
    example: _Example,
    most: int = 1_000_000,
    **algorithms: Callable[..., Tensor],
) -> None:
    """`most`: the largest size at which every one of the algorithms is quick enough."""
    sizes = tuple(n for n in (100, 10_000, 1_000_000) if n <= most)
    HONEST.append(HonestArrays(name, kind, algorithms, example, sizes))


def _normal(*shapes: Callable[[int], tuple[int, ...]]) -> _Example:
    """Normal arrays whose shapes follow from m = √n."""

    def example(n: int, dtype: torch.dtype) -> Arrays:
        draw = torch.Generator().manual_seed(SEED)
        m = round(n**0.5)
        return tuple(
            torch.randn(shape(m), dtype=torch.float64, generator=draw).to(dtype).requires_grad_()
            for shape in shapes
        )

    return example


def _with_index(
    shape: Callable[[int], tuple[int, ...]], index: Callable[[int], tuple[tuple[int, ...], int]]
) -> _Example:
    """A normal array, and integers of a shape below a bound."""

    def example(n: int, dtype: torch.dtype) -> Arrays:
        draw = torch.Generator().manual_seed(SEED + 1)
        of, below = index(round(n**0.5))
        return (*_normal(shape)(n, dtype), torch.randint(below, of, generator=draw))

    return example


def _row(m: int) -> tuple[int, ...]:
    return (m,)


def _long(m: int) -> tuple[int, ...]:
    return (m * m,)


def _square(m: int) -> tuple[int, ...]:
    return (m, m)


# Sums and products --------------------------------------------------------------------------------
_add("sum", "sum", _normal(_long), whole=torch.sum, in_chunks=other.sum_in_chunks,
     by_rows=lambda x: x.reshape(10, -1).sum(1).sum())  # fmt: skip
_add("sum", "mean of squares", _normal(_long), whole=lambda x: (x * x).mean(),
     product=lambda x: x @ x / x.numel(), norm=lambda x: F.mse_loss(x, torch.zeros_like(x)))  # fmt: skip
_add("product", "dot", _normal(_long, _long), sum=lambda a, b: (a * b).sum(), dot=torch.dot,
     einsum=lambda a, b: torch.einsum("i,i->", a, b))  # fmt: skip
_add("product", "matrix times vector", _normal(_square, _row), mv=torch.mv,
     sum=lambda a, x: (a * x).sum(1), einsum=lambda a, x: torch.einsum("ij,j->i", a, x))  # fmt: skip
_add("product", "matmul", _normal(_square, _square), matmul=torch.matmul,
     einsum=lambda a, b: torch.einsum("ij,jk->ik", a, b), outer_sums=other.matmul_by_chunks)  # fmt: skip
_add("product", "bmm", _normal(lambda m: (4, m // 2, m // 2), lambda m: (4, m // 2, m // 2)),
     bmm=torch.bmm, einsum=lambda a, b: torch.einsum("bij,bjk->bik", a, b),
     loop=lambda a, b: torch.stack([x @ y for x, y in zip(a, b, strict=True)]))  # fmt: skip
_add("product", "linear", _normal(_square, _square, _row), linear=F.linear,
     matmul=lambda x, w, b: x @ w.mT + b, addmm=lambda x, w, b: torch.addmm(b, x, w.mT))  # fmt: skip
_add("product", "outer product", _normal(_row, _row), outer=torch.outer,
     broadcast=lambda a, b: a[:, None] * b, einsum=lambda a, b: torch.einsum("i,j->ij", a, b))  # fmt: skip
_add("product", "trace of a product", _normal(_square, _square),
     trace=lambda a, b: torch.trace(a @ b), sum=lambda a, b: (a * b.mT).sum(),
     einsum=lambda a, b: torch.einsum("ij,ji->", a, b))  # fmt: skip
_add("product", "bilinear form", _normal(_square, _square, _square),
     einsum=lambda x, a, y: torch.einsum("bi,ij,bj->b", x, a, y),
     matmul=lambda x, a, y: ((x @ a) * y).sum(-1),
     other_order=lambda x, a, y: (x * (y @ a.mT)).sum(-1))  # fmt: skip
_add("product", "squared distances", _normal(lambda m: (m, 4), lambda m: (m, 4)),
     broadcast=lambda x, y: ((x[:, None] - y) ** 2).sum(-1),
     rows=lambda x, y: torch.stack([((r - y) ** 2).sum(-1) for r in x]),
     features=lambda x, y: sum((x[:, k, None] - y[:, k]) ** 2 for k in range(4)))  # fmt: skip

# Softmax and its relatives ------------------------------------------------------------------------
_add("softmax", "softmax", _normal(_square), torch=partial(F.softmax, **_LAST),
     shifted=other.softmax_shifted, by_log=lambda x: F.log_softmax(x, -1).exp(),
     online=other.softmax_online)  # fmt: skip
_add("softmax", "log_softmax", _normal(_square), torch=partial(F.log_softmax, **_LAST),
     minus_logsumexp=lambda x: x - x.logsumexp(-1, keepdim=True),
     shifted=other.log_softmax_shifted)  # fmt: skip
_add("softmax", "logsumexp", _normal(_square), torch=partial(torch.logsumexp, **_LAST),
     shifted=other.logsumexp_shifted, halves=other.logsumexp_by_halves)  # fmt: skip

# Normalisation ------------------------------------------------------------------------------------
_add("norm", "layer_norm", _normal(_square, _row, _row),
     torch=lambda x, g, b: F.layer_norm(x, x.shape[-1:], g, b), two_passes=plain.layer_norm,
     var_mean=other.layer_norm_by_var_mean, written=other.layer_norm_written)  # fmt: skip
_add("norm", "rms_norm", _normal(_square, _row),
     torch=lambda x, g: F.rms_norm(x, x.shape[-1:], g, 1e-5), plain=plain.rms_norm,
     written=other.rms_norm_written)  # fmt: skip
_add("norm", "batch_norm", _normal(_square, _row, _row),
     torch=lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True),
     plain=plain.batch_norm, transposed=other.batch_norm_transposed)  # fmt: skip
_add("norm", "group_norm", _normal(lambda m: (m // 5, 10, m // 2)),
     torch=partial(F.group_norm, num_groups=5), grouped=partial(plain.group_norm, groups=5),
     loop=other.group_norm_by_loop)  # fmt: skip
_add("norm", "variance", _normal(_square), torch=partial(torch.var, **_LAST),
     two_passes=lambda x: ((x - x.mean(-1, keepdim=True)) ** 2).sum(-1) / (x.shape[-1] - 1),
     merged=other.variance_merged)  # fmt: skip
_add("norm", "vector norm", _normal(_square), torch=partial(torch.linalg.vector_norm, **_LAST),
     root=lambda x: (x * x).sum(-1).sqrt(), scaled=other.norm_scaled)  # fmt: skip
_add("norm", "normalize", _normal(_square), torch=partial(F.normalize, **_LAST),
     divided=lambda x: x / x.norm(dim=-1, keepdim=True),
     rsqrt=lambda x: x * (x * x).sum(-1, keepdim=True).rsqrt())  # fmt: skip
_add("norm", "cosine similarity", _normal(_square, _square),
     torch=partial(F.cosine_similarity, **_LAST),
     quotient=lambda a, b: (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)),
     normalised=lambda a, b: (F.normalize(a, dim=-1) * F.normalize(b, dim=-1)).sum(-1))  # fmt: skip

# Attention ----------------------------------------------------------------------------------------
_qkv = _normal(*[lambda m: (2, m, 5)] * 3)
_add("attention", "attention", _qkv, torch=F.scaled_dot_product_attention, plain=plain.attention,
     chunked=other.attention_online, einsum=other.attention_by_einsum)  # fmt: skip
_add("attention", "causal attention", _qkv, 10_000,
     torch=partial(F.scaled_dot_product_attention, is_causal=True), plain=plain.causal_attention,
     row_by_row=other.causal_attention_by_rows)  # fmt: skip
_add("attention", "rope", _normal(lambda m: (m, m // 10, 10)), halves=plain.rope,
     stacked=other.rope_by_matrices, turned=other.rope_by_half_turn)  # fmt: skip

# Gates --------------------------------------------------------------------------------------------
_pair = _normal(_square, _square)
_add("gate", "swiglu", _pair, torch=lambda a, b: F.silu(a) * b,
     product=lambda a, b: a * torch.sigmoid(a) * b, written=other.swiglu_written)  # fmt: skip
_add("gate", "geglu", _pair, torch=lambda a, b: F.gelu(a) * b,
     cdf=lambda a, b: a * torch.special.ndtr(a) * b, erf=lambda a, b: other.gelu_by_erf(a) * b)  # fmt: skip
_add("gate", "glu", _normal(lambda m: (m, 2 * (m // 2))), torch=F.glu,
     chunk=lambda x: x.chunk(2, -1)[0] * x.chunk(2, -1)[1].sigmoid(), slices=other.glu_by_slices)  # fmt: skip
_add("gate", "dropout of a fixed mask", _normal(_square), product=other.dropped,
     where=other.dropped_by_where, index=other.dropped_by_index)  # fmt: skip

# Losses -------------------------------------------------------------------------------------------
_logits = _with_index(_square, lambda m: ((m,), m))
_add("loss", "cross_entropy", _logits, torch=F.cross_entropy,
     nll=lambda x, t: F.nll_loss(F.log_softmax(x, -1), t), picked=other.cross_entropy_picked,
     written=other.cross_entropy_written)  # fmt: skip
_add("loss", "bce_with_logits", _pair,
     torch=partial(F.binary_cross_entropy_with_logits, reduction="sum"),
     softplus=lambda x, t: (torch.logaddexp(x, x.new_zeros(())) - t * x).sum(),
     stable=lambda x, t: (x.clamp(min=0) - x * t + torch.log1p(torch.exp(-x.abs()))).sum())  # fmt: skip
_add("loss", "mse", _pair, torch=F.mse_loss, square=lambda x, t: ((x - t) ** 2).mean(),
     dot=lambda x, t: torch.dot((x - t).flatten(), (x - t).flatten()) / x.numel())  # fmt: skip
_add("loss", "huber", _pair, torch=partial(F.huber_loss, reduction="sum"),
     where=other.huber_by_where, clamped=other.huber_by_clamp)  # fmt: skip
_add("loss", "kl_div", _pair, torch=partial(F.kl_div, reduction="sum", log_target=True),
     product=lambda x, t: (t.exp() * (t - x)).sum(),
     rows=lambda x, t: (t.exp() * (t - x)).sum(-1).sum())  # fmt: skip

# Convolution and pooling --------------------------------------------------------------------------
_add("convolution", "conv1d", _normal(lambda m: (2, 3, m * 2), lambda _: (4, 3, 3)),
     torch=F.conv1d, unfolded=other.conv1d_unfolded, shifted=other.conv1d_shifted)  # fmt: skip
_add("convolution", "conv2d", _normal(lambda m: (1, 2, m, m), lambda _: (3, 2, 3, 3)),
     torch=F.conv2d, unfolded=other.conv2d_unfolded, shifted=other.conv2d_shifted)  # fmt: skip
_add("convolution", "avg_pool", _normal(lambda m: (m, 2 * (m // 2))),
     torch=lambda x: F.avg_pool1d(x[None], 2)[0], reshaped=lambda x: x.unflatten(-1, (-1, 2)).mean(-1),
     halves=lambda x: 0.5 * (x[:, ::2] + x[:, 1::2]))  # fmt: skip
_add("convolution", "max_pool", _normal(lambda m: (m, 2 * (m // 2))),
     torch=lambda x: F.max_pool1d(x[None], 2)[0], reshaped=lambda x: x.unflatten(-1, (-1, 2)).amax(-1),
     maximum=lambda x: torch.maximum(x[:, ::2], x[:, 1::2]))  # fmt: skip
_add("convolution", "nearest upsampling", _normal(_square),
     torch=lambda x: F.interpolate(x[None], scale_factor=2.0)[0],
     repeated=lambda x: x.repeat_interleave(2, -1),
     stacked=lambda x: torch.stack([x, x], -1).flatten(-2))  # fmt: skip
_add("convolution", "reflection pad", _normal(_square),
     torch=lambda x: F.pad(x, (2, 2), mode="reflect"),
     joined=lambda x: torch.cat([x[:, 1:3].flip(-1), x, x[:, -3:-1].flip(-1)], -1),
     index=other.reflected_by_index)  # fmt: skip

# Moving and choosing ------------------------------------------------------------------------------
_add("index", "embedding", _with_index(_square, lambda m: ((3 * m,), m)),
     torch=lambda w, i: F.embedding(i, w), index=lambda w, i: w[i],
     one_hot=lambda w, i: F.one_hot(i, len(w)).to(w.dtype) @ w)  # fmt: skip
_add("index", "gather", _with_index(_square, lambda m: ((m, 3), m)),
     torch=lambda x, i: x.gather(1, i), along=lambda x, i: torch.take_along_dim(x, i, 1),
     index=lambda x, i: x[torch.arange(len(x))[:, None], i])  # fmt: skip
_add("index", "cumsum", _normal(_square), 10_000, torch=partial(torch.cumsum, **_LAST),
     product=lambda x: x @ torch.ones_like(x).triu(), loop=other.cumsum_by_loop)  # fmt: skip
_add("index", "sum of the largest", _normal(_square), topk=lambda x: x.topk(3).values.sum(-1),
     sort=lambda x: x.sort(-1).values[:, -3:].sum(-1), mask=other.largest_by_mask)  # fmt: skip

# Recurrence and depth -----------------------------------------------------------------------------
_cell = _normal(*[_square] * 3, *[lambda m: (4 * m, m)] * 2)
_add("recurrence", "LSTM cell", _cell, plain=plain.lstm_cell, gates=other.lstm_cell_by_gates,
     joined=other.lstm_cell_joined)  # fmt: skip
_add("recurrence", "GRU cell", _normal(*[_square] * 2, *[lambda m: (3 * m, m)] * 2),
     plain=plain.gru_cell, interpolated=other.gru_cell_interpolated,
     gates=other.gru_cell_by_gates)  # fmt: skip
_add("recurrence", "RNN", _normal(lambda m: (m, 4, 3), lambda _: (3, 5), lambda _: (5, 5)), 10_000,
     plain=plain.rnn, projected=other.rnn_projected, joined=other.rnn_joined)  # fmt: skip
_mlp = _normal(_square, _square, _square)
_add("depth", "MLP", _mlp, plain=other.mlp, chunked=lambda x, a, b: torch.cat([other.mlp(c, a, b) for c in x.chunk(3)]),
     checkpointed=partial(checkpoint, other.mlp, use_reentrant=False))  # fmt: skip
for _depth in (4, 16, 64):
    _add("depth", f"{_depth} residual blocks", _normal(_square, _square, _row, _row), 10_000,
         plain=partial(other.residual, depth=_depth),
         checkpointed=partial(other.residual, depth=_depth, recompute=True),
         written=partial(other.residual, depth=_depth, norm=other.layer_norm_written))  # fmt: skip
