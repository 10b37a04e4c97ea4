"""Wrong backwards of gates, norms, attention, products, convolutions and choices."""
# ruff: noqa: ARG005, ARG001 - every change of gradients takes the same three arguments

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from backwards import (
    Gradients,
)
from collected import Collected
from entries import Arrays
from plain import (
    attention,
    batch_norm,
    causal_attention,
    drawn,
    drawn_with,
    group_norm,
    layer_norm,
    rms_norm,
    rope,
)
from torch import Tensor

LAYERS = Collected()

# Gates --------------------------------------------------------------------------------------------


def _swiglu(a: Tensor, b: Tensor) -> Tensor:
    return F.silu(a) * b


_pair = drawn((4, 6), (4, 6))
LAYERS.change(
    "gate", "swiglu", _swiglu, lambda g, x, v: g[::-1], _pair, "the two gradients are swapped"
)
LAYERS.like(
    "gate", "swiglu", _swiglu, lambda a, b: torch.sigmoid(a) * b, _pair, "sigmoid's for silu's"
)
LAYERS.like(
    "gate", "geglu", lambda a, b: F.gelu(a) * b,
    lambda a, b: F.gelu(a, approximate="tanh") * b, _pair, "gelu_tanh's",
)  # fmt: skip
LAYERS.like(
    "gate", "glu", lambda x: F.glu(x, -1),
    lambda x: (x[..., :3].detach() * torch.sigmoid(x[..., 3:])), drawn((4, 6)),
    "the linear half has no gradient",
)  # fmt: skip

# Broadcasting -------------------------------------------------------------------------------------
LAYERS.change(
    "broadcast", "x + b", torch.add, lambda g, x, v: [g[0], v[0]], drawn((5, 3), (3,)),
    "the bias takes the first row, not the sum",
)  # fmt: skip
LAYERS.change(
    "broadcast", "x · s", torch.mul, lambda g, x, v: [g[0], g[1] / 5], drawn((5, 3), (3,)),
    "the scale takes the mean, not the sum",
)  # fmt: skip
LAYERS.change(
    "broadcast", "outer product", lambda a, b: a[:, None] * b,
    lambda g, x, v: [(v * x[1]).sum(0), g[1]], drawn((4,), (4,)), "summed over the wrong axis",
)  # fmt: skip
LAYERS.change(
    "broadcast", "column minus row", lambda a, b: a[:, None] - b,
    lambda g, x, v: [g[0], -g[1]], drawn((4,), (3,)), "the sign of what is subtracted",
)  # fmt: skip

# Softmax and its relatives ------------------------------------------------------------------------
_softmax = partial(F.softmax, dim=-1)
_square = drawn((5, 5))
LAYERS.like(
    "softmax", "softmax", _softmax, partial(F.softmax, dim=0), _square, "over the wrong axis"
)
LAYERS.like(
    "softmax", "softmax", _softmax, lambda x: x.exp() / x.exp().sum(-1, keepdim=True).detach(),
    _square, "the normaliser taken for a constant",
)  # fmt: skip
LAYERS.like(
    "softmax", "log_softmax", partial(F.log_softmax, dim=-1), torch.clone, _square,
    "the term Σ ȳ is missing",
)  # fmt: skip
LAYERS.like(
    "softmax", "logsumexp", partial(torch.logsumexp, dim=-1),
    lambda x: (x - x.amax(-1, keepdim=True).detach()).exp().sum(-1), _square, "not normalised",
)  # fmt: skip

# Normalisation ------------------------------------------------------------------------------------
_normed = drawn((4, 8), (8,), (8,))
LAYERS.like(
    "norm", "layer_norm", layer_norm, partial(layer_norm, keep_mean=True), _normed,
    "the mean taken for a constant",
)  # fmt: skip
LAYERS.like(
    "norm", "layer_norm", layer_norm, partial(layer_norm, keep_deviation=True), _normed,
    "the deviation taken for a constant",
)  # fmt: skip
LAYERS.change(
    "norm", "layer_norm", layer_norm, lambda g, x, v: [g[0], (v * x[0]).sum(0), g[2]], _normed,
    "the gain's gradient with x for x̂",
)  # fmt: skip
LAYERS.like(
    "norm", "rms_norm", rms_norm, partial(rms_norm, keep_scale=True), drawn((4, 8), (8,)),
    "the term of the root mean square is missing",
)  # fmt: skip
LAYERS.like(
    "norm", "rms_norm", rms_norm, partial(rms_norm, eps=1e-2), drawn((4, 8), (8,)),
    "ε of 1e-2 for 1e-5",
)  # fmt: skip
LAYERS.like(
    "norm", "batch_norm", batch_norm, partial(batch_norm, keep=True), _normed,
    "the batch's statistics taken for constants",
)  # fmt: skip
LAYERS.like(
    "norm", "group_norm", partial(group_norm, groups=4), partial(group_norm, groups=2),
    drawn((2, 8, 5)), "two groups for four",
)  # fmt: skip
LAYERS.like(
    "norm", "variance", partial(torch.var, dim=-1), partial(torch.var, dim=-1, correction=0),
    drawn((4, 8)), "n for n − 1",
)  # fmt: skip
LAYERS.like(
    "norm", "normalize", partial(F.normalize, dim=-1),
    lambda x: x / x.norm(dim=-1, keepdim=True).detach(), drawn((4, 8)), "not projected",
)  # fmt: skip
LAYERS.like(
    "norm", "vector norm", partial(torch.linalg.vector_norm, dim=-1),
    lambda x: (x * x).sum(-1) / 2, drawn((4, 8)), "not divided by the norm",
)  # fmt: skip
LAYERS.like(
    "norm", "cosine similarity", partial(F.cosine_similarity, dim=-1),
    lambda a, b: (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).detach(),
    drawn((4, 8), (4, 8)), "the norms taken for constants",
)  # fmt: skip

# Attention ----------------------------------------------------------------------------------------
_qkv = drawn((2, 5, 4), (2, 5, 4), (2, 5, 4))
LAYERS.like(
    "attention", "attention", attention, partial(attention, scale=1.0), _qkv, "without the scale"
)
LAYERS.like(
    "attention", "causal attention", causal_attention, attention, _qkv, "the mask forgotten"
)
LAYERS.change(
    "attention", "attention", attention, lambda g, x, v: [g[0], g[2], g[1]], _qkv,
    "the gradients of keys and values are swapped",
)  # fmt: skip
LAYERS.like(
    "attention", "attention", attention, partial(attention, keep_weights=True), _qkv,
    "the weights taken for constants",
)  # fmt: skip
LAYERS.like(
    "attention", "rope", rope, partial(rope, direction=-1), drawn((2, 6, 8)),
    "turned forward, not back",
)  # fmt: skip

# Products -----------------------------------------------------------------------------------------


def _reshaped_unless_square(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    b = x[1]
    square = b.shape[-1] == b.shape[-2]
    transposed = b.mT if square else b.reshape(b.shape[0], b.shape[2], b.shape[1])
    return [v @ transposed, g[1]]


LAYERS.change(
    "product", "bmm", torch.bmm, _reshaped_unless_square, drawn((2, 3, 4), (2, 4, 5)),
    "an operand transposed by reshape: right only for square matrices",
)  # fmt: skip
LAYERS.change(
    "product", "matmul", torch.matmul, lambda g, x, v: [v @ x[1], g[1]], drawn((4, 4), (4, 4)),
    "v B for v Bᵀ",
)  # fmt: skip
LAYERS.change(
    "product", "bilinear form", lambda x, a, y: torch.einsum("bi,ij,bj->b", x, a, y),
    lambda g, x, v: [g[0], g[1].mT, g[2]], drawn((3, 4), (4, 4), (3, 4)),
    "the matrix's gradient is transposed",
)  # fmt: skip
LAYERS.change(
    "product", "linear", F.linear, lambda g, x, v: [g[0], g[1], v.mean(0)],
    drawn((4, 3), (5, 3), (5,)), "the bias takes the mean over the batch",
)  # fmt: skip
LAYERS.change(
    "product", "masked product", lambda x, w: x @ w.tril(),
    lambda g, x, v: [g[0], x[0].mT @ v], drawn((4, 4), (4, 4)), "the weight's mask is forgotten",
)  # fmt: skip

# Convolution and pooling --------------------------------------------------------------------------
_conv = partial(F.conv2d, padding=1)
_image = drawn((2, 3, 5, 4), (4, 3, 3, 3), (4,))
LAYERS.change(
    "convolution", "conv2d", _conv, lambda g, x, v: [g[0], g[1], v.sum((0, 2))[:, 0]], _image,
    "the bias summed over one axis too few",
)  # fmt: skip
LAYERS.like(
    "convolution", "conv2d", _conv, lambda x, w, b: _conv(x, w.flip(-1, -2), b), _image,
    "the kernel turned round",
)  # fmt: skip
LAYERS.change(
    "convolution", "conv1d", partial(F.conv1d, padding=1),
    lambda g, x, v: [g[0].roll(1, -1), g[1]], drawn((2, 3, 7), (4, 3, 3)), "shifted by one",
)  # fmt: skip
LAYERS.like(
    "convolution", "strided conv1d", partial(F.conv1d, stride=2, padding=1),
    lambda x, w: F.conv1d(x, w.flip(0), stride=2, padding=1), drawn((2, 3, 8), (4, 3, 3)),
    "the output channels in reverse",
)  # fmt: skip
LAYERS.like(
    "convolution", "max_pool1d", lambda x: F.max_pool1d(x, 2), lambda x: x[..., ::2],
    drawn((2, 3, 8)), "to the first of a window",
)  # fmt: skip
LAYERS.like(
    "convolution", "avg_pool1d", lambda x: F.avg_pool1d(x, 2),
    lambda x: 2 * F.avg_pool1d(x, 2), drawn((2, 3, 8)), "the sum for the mean",
)  # fmt: skip
LAYERS.like(
    "convolution", "nearest upsampling", lambda x: x.repeat_interleave(2, -1),
    lambda x: x.repeat_interleave(2, -1) / 2, drawn((2, 3, 4)), "the mean for the sum",
)  # fmt: skip
LAYERS.like(
    "convolution", "reflection pad", lambda x: F.pad(x, (2, 2), mode="reflect"),
    lambda x: F.pad(x, (2, 2)), drawn((2, 3, 6)), "what was reflected is forgotten",
)  # fmt: skip

# Moving and choosing ------------------------------------------------------------------------------


def _overwritten(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    weight, index = x
    return [torch.zeros_like(weight).index_put((index,), v), None]


def _with_ties() -> Arrays:
    rows = [[1.0, 3, 3], [2, 2, 2], [5, 0, 1]]
    return (torch.tensor(rows, dtype=torch.float64, requires_grad=True),)


_table = drawn_with(lambda: torch.tensor([0, 2, 2, 5, 0]), (6, 3))
LAYERS.change(
    "index", "embedding", lambda w, i: F.embedding(i, w), _overwritten, _table,
    "a repeated index is overwritten, not summed",
)  # fmt: skip
LAYERS.change(
    "index", "x[i]", lambda x, i: x[i], _overwritten, _table, "the same in advanced indexing"
)
LAYERS.change(
    "index", "cumsum", partial(torch.cumsum, dim=-1), lambda g, x, v: [v.cumsum(-1)],
    drawn((3, 6)), "summed from the front",
)  # fmt: skip
LAYERS.change(
    "index", "roll", partial(torch.roll, shifts=1, dims=-1), lambda g, x, v: [v.roll(1, -1)],
    drawn((3, 6)), "rolled on, not back",
)  # fmt: skip
LAYERS.change(
    "index", "sort", lambda x: x.sort(-1).values, lambda g, x, v: [v], drawn((3, 6)),
    "not put back in order",
)  # fmt: skip
LAYERS.change(
    "index", "max", lambda x: x.amax(-1),
    lambda g, x, v: [v[:, None] * (x[0] == x[0].amax(-1, keepdim=True))],
    _with_ties,
    "the whole cotangent to each of the tied",
)  # fmt: skip
LAYERS.like(
    "index", "mean", partial(torch.mean, dim=-1), partial(torch.sum, dim=-1), drawn((3, 6)),
    "not divided by the count",
)  # fmt: skip
