"""Wrong backwards of functions of arrays, by kind, beside the right function in plain torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from backwards import (
    Backward,
    Function,
    Gradients,
    backward_of,
    changed,
    gradients,
    of_size,
    written,
)
from entries import Arrays, WrongArrays
from plain import (
    attention,
    batch_norm,
    causal_attention,
    drawn,
    drawn_with,
    gru_cell,
    group_norm,
    layer_norm,
    lstm_cell,
    rms_norm,
    rnn,
    rope,
)
from torch import Tensor

WRONG: list[WrongArrays] = []


def _wrong(
    kind: str,
    name: str,
    value: Function,
    backward: Backward,
    example: Callable[[], Arrays],
    wrong: str,
    *,
    numeric: bool = True,
    asked: Literal["gradient", "second", "inputs kept", "value"] = "gradient",
) -> None:
    def sized(size: float) -> Function:
        return written(value, of_size(value, backward, size))

    WRONG.append(
        WrongArrays(
            name,
            kind,
            written(value, backward),
            value,
            example,
            wrong,
            asked,
            sized if numeric and asked == "gradient" else None,
        )
    )


def _like(
    kind: str,
    name: str,
    value: Function,
    other: Function,
    example: Callable[[], Arrays],
    wrong: str,
) -> None:
    """Add `value` with the backward pass of `other`."""
    _wrong(kind, name, value, backward_of(other), example, wrong)


_Change = Callable[[list[Tensor], tuple[Tensor, ...], Tensor], Gradients]


def _change(
    kind: str,
    name: str,
    value: Function,
    change: _Change,
    example: Callable[[], Arrays],
    wrong: str,
) -> None:
    """Add `value` with its gradients changed."""
    _wrong(kind, name, value, changed(value, change), example, wrong)


# Gates ------------------------------------------------------------------------------------------------


def _swiglu(a: Tensor, b: Tensor) -> Tensor:
    return F.silu(a) * b


_pair = drawn((4, 6), (4, 6))
_change("gate", "swiglu", _swiglu, lambda g, x, v: g[::-1], _pair, "the two gradients are swapped")
_like("gate", "swiglu", _swiglu, lambda a, b: torch.sigmoid(a) * b, _pair, "sigmoid's for silu's")
_like(
    "gate", "geglu", lambda a, b: F.gelu(a) * b,
    lambda a, b: F.gelu(a, approximate="tanh") * b, _pair, "gelu_tanh's",
)  # fmt: skip
_like(
    "gate", "glu", lambda x: F.glu(x, -1),
    lambda x: (x[..., :3].detach() * torch.sigmoid(x[..., 3:])), drawn((4, 6)),
    "the linear half has no gradient",
)  # fmt: skip

# Broadcasting -----------------------------------------------------------------------------------------
_change(
    "broadcast", "x + b", torch.add, lambda g, x, v: [g[0], v[0]], drawn((5, 3), (3,)),
    "the bias takes the first row, not the sum",
)  # fmt: skip
_change(
    "broadcast", "x · s", torch.mul, lambda g, x, v: [g[0], g[1] / 5], drawn((5, 3), (3,)),
    "the scale takes the mean, not the sum",
)  # fmt: skip
_change(
    "broadcast", "outer product", lambda a, b: a[:, None] * b,
    lambda g, x, v: [(v * x[1]).sum(0), g[1]], drawn((4,), (4,)), "summed over the wrong axis",
)  # fmt: skip
_change(
    "broadcast", "column minus row", lambda a, b: a[:, None] - b,
    lambda g, x, v: [g[0], -g[1]], drawn((4,), (3,)), "the sign of what is subtracted",
)  # fmt: skip

# Softmax and its relatives ----------------------------------------------------------------------------
_softmax = partial(F.softmax, dim=-1)
_square = drawn((5, 5))
_like("softmax", "softmax", _softmax, partial(F.softmax, dim=0), _square, "over the wrong axis")
_like(
    "softmax", "softmax", _softmax, lambda x: x.exp() / x.exp().sum(-1, keepdim=True).detach(),
    _square, "the normaliser taken for a constant",
)  # fmt: skip
_like(
    "softmax", "log_softmax", partial(F.log_softmax, dim=-1), torch.clone, _square,
    "the term Σ ȳ is missing",
)  # fmt: skip
_like(
    "softmax", "logsumexp", partial(torch.logsumexp, dim=-1),
    lambda x: (x - x.amax(-1, keepdim=True).detach()).exp().sum(-1), _square, "not normalised",
)  # fmt: skip

# Normalisation ----------------------------------------------------------------------------------------
_normed = drawn((4, 8), (8,), (8,))
_like(
    "norm", "layer_norm", layer_norm, partial(layer_norm, keep_mean=True), _normed,
    "the mean taken for a constant",
)  # fmt: skip
_like(
    "norm", "layer_norm", layer_norm, partial(layer_norm, keep_deviation=True), _normed,
    "the deviation taken for a constant",
)  # fmt: skip
_change(
    "norm", "layer_norm", layer_norm, lambda g, x, v: [g[0], (v * x[0]).sum(0), g[2]], _normed,
    "the gain's gradient with x for x̂",
)  # fmt: skip
_like(
    "norm", "rms_norm", rms_norm, partial(rms_norm, keep_scale=True), drawn((4, 8), (8,)),
    "the term of the root mean square is missing",
)  # fmt: skip
_like(
    "norm", "rms_norm", rms_norm, partial(rms_norm, eps=1e-2), drawn((4, 8), (8,)),
    "ε of 1e-2 for 1e-5",
)  # fmt: skip
_like(
    "norm", "batch_norm", batch_norm, partial(batch_norm, keep=True), _normed,
    "the batch's statistics taken for constants",
)  # fmt: skip
_like(
    "norm", "group_norm", partial(group_norm, groups=4), partial(group_norm, groups=2),
    drawn((2, 8, 5)), "two groups for four",
)  # fmt: skip
_like(
    "norm", "variance", partial(torch.var, dim=-1), partial(torch.var, dim=-1, correction=0),
    drawn((4, 8)), "n for n − 1",
)  # fmt: skip
_like(
    "norm", "normalize", partial(F.normalize, dim=-1),
    lambda x: x / x.norm(dim=-1, keepdim=True).detach(), drawn((4, 8)), "not projected",
)  # fmt: skip
_like(
    "norm", "vector norm", partial(torch.linalg.vector_norm, dim=-1),
    lambda x: (x * x).sum(-1) / 2, drawn((4, 8)), "not divided by the norm",
)  # fmt: skip
_like(
    "norm", "cosine similarity", partial(F.cosine_similarity, dim=-1),
    lambda a, b: (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).detach(),
    drawn((4, 8), (4, 8)), "the norms taken for constants",
)  # fmt: skip

# Attention --------------------------------------------------------------------------------------------
_qkv = drawn((2, 5, 4), (2, 5, 4), (2, 5, 4))
_like("attention", "attention", attention, partial(attention, scale=1.0), _qkv, "without the scale")
_like("attention", "causal attention", causal_attention, attention, _qkv, "the mask forgotten")
_change(
    "attention", "attention", attention, lambda g, x, v: [g[0], g[2], g[1]], _qkv,
    "the gradients of keys and values are swapped",
)  # fmt: skip
_like(
    "attention", "attention", attention, partial(attention, keep_weights=True), _qkv,
    "the weights taken for constants",
)  # fmt: skip
_like(
    "attention", "rope", rope, partial(rope, direction=-1), drawn((2, 6, 8)),
    "turned forward, not back",
)  # fmt: skip

# Products ---------------------------------------------------------------------------------------------


def _reshaped_unless_square(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    b = x[1]
    square = b.shape[-1] == b.shape[-2]
    transposed = b.mT if square else b.reshape(b.shape[0], b.shape[2], b.shape[1])
    return [v @ transposed, g[1]]


_change(
    "product", "bmm", torch.bmm, _reshaped_unless_square, drawn((2, 3, 4), (2, 4, 5)),
    "an operand transposed by reshape: right only for square matrices",
)  # fmt: skip
_change(
    "product", "matmul", torch.matmul, lambda g, x, v: [v @ x[1], g[1]], drawn((4, 4), (4, 4)),
    "v B for v Bᵀ",
)  # fmt: skip
_change(
    "product", "bilinear form", lambda x, a, y: torch.einsum("bi,ij,bj->b", x, a, y),
    lambda g, x, v: [g[0], g[1].mT, g[2]], drawn((3, 4), (4, 4), (3, 4)),
    "the matrix's gradient is transposed",
)  # fmt: skip
_change(
    "product", "linear", F.linear, lambda g, x, v: [g[0], g[1], v.mean(0)],
    drawn((4, 3), (5, 3), (5,)), "the bias takes the mean over the batch",
)  # fmt: skip
_change(
    "product", "masked product", lambda x, w: x @ w.tril(),
    lambda g, x, v: [g[0], x[0].mT @ v], drawn((4, 4), (4, 4)), "the weight's mask is forgotten",
)  # fmt: skip

# Convolution and pooling ------------------------------------------------------------------------------
_conv = partial(F.conv2d, padding=1)
_image = drawn((2, 3, 5, 4), (4, 3, 3, 3), (4,))
_change(
    "convolution", "conv2d", _conv, lambda g, x, v: [g[0], g[1], v.sum((0, 2))[:, 0]], _image,
    "the bias summed over one axis too few",
)  # fmt: skip
_like(
    "convolution", "conv2d", _conv, lambda x, w, b: _conv(x, w.flip(-1, -2), b), _image,
    "the kernel turned round",
)  # fmt: skip
_change(
    "convolution", "conv1d", partial(F.conv1d, padding=1),
    lambda g, x, v: [g[0].roll(1, -1), g[1]], drawn((2, 3, 7), (4, 3, 3)), "shifted by one",
)  # fmt: skip
_like(
    "convolution", "strided conv1d", partial(F.conv1d, stride=2, padding=1),
    lambda x, w: F.conv1d(x, w.flip(0), stride=2, padding=1), drawn((2, 3, 8), (4, 3, 3)),
    "the output channels in reverse",
)  # fmt: skip
_like(
    "convolution", "max_pool1d", lambda x: F.max_pool1d(x, 2), lambda x: x[..., ::2],
    drawn((2, 3, 8)), "to the first of a window",
)  # fmt: skip
_like(
    "convolution", "avg_pool1d", lambda x: F.avg_pool1d(x, 2),
    lambda x: 2 * F.avg_pool1d(x, 2), drawn((2, 3, 8)), "the sum for the mean",
)  # fmt: skip
_like(
    "convolution", "nearest upsampling", lambda x: x.repeat_interleave(2, -1),
    lambda x: x.repeat_interleave(2, -1) / 2, drawn((2, 3, 4)), "the mean for the sum",
)  # fmt: skip
_like(
    "convolution", "reflection pad", lambda x: F.pad(x, (2, 2), mode="reflect"),
    lambda x: F.pad(x, (2, 2)), drawn((2, 3, 6)), "what was reflected is forgotten",
)  # fmt: skip

# Moving and choosing ----------------------------------------------------------------------------------


def _overwritten(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    weight, index = x
    return [torch.zeros_like(weight).index_put((index,), v), None]


_table = drawn_with(lambda: torch.tensor([0, 2, 2, 5, 0]), (6, 3))
_change(
    "index", "embedding", lambda w, i: F.embedding(i, w), _overwritten, _table,
    "a repeated index is overwritten, not summed",
)  # fmt: skip
_change("index", "x[i]", lambda x, i: x[i], _overwritten, _table, "the same in advanced indexing")
_change(
    "index", "cumsum", partial(torch.cumsum, dim=-1), lambda g, x, v: [v.cumsum(-1)],
    drawn((3, 6)), "summed from the front",
)  # fmt: skip
_change(
    "index", "roll", partial(torch.roll, shifts=1, dims=-1), lambda g, x, v: [v.roll(1, -1)],
    drawn((3, 6)), "rolled on, not back",
)  # fmt: skip
_change(
    "index", "sort", lambda x: x.sort(-1).values, lambda g, x, v: [v], drawn((3, 6)),
    "not put back in order",
)  # fmt: skip
_change(
    "index", "max", lambda x: x.amax(-1),
    lambda g, x, v: [v[:, None] * (x[0] == x[0].amax(-1, keepdim=True))],
    lambda: (torch.tensor([[1.0, 3, 3], [2, 2, 2], [5, 0, 1]], dtype=torch.float64),),
    "the whole cotangent to each of the tied",
)  # fmt: skip
_like(
    "index", "mean", partial(torch.mean, dim=-1), partial(torch.sum, dim=-1), drawn((3, 6)),
    "not divided by the count",
)  # fmt: skip

# Losses -----------------------------------------------------------------------------------------------
_labels = drawn_with(lambda: torch.tensor([1, -100, 3, 0, -100]), (5, 4))
_kept_labels = drawn_with(lambda: torch.tensor([1, 2, 3, 0, 2]), (5, 4))
_weights = torch.tensor([0.2, 1.0, 3.0, 0.5], dtype=torch.float64)
_like(
    "loss", "cross_entropy", F.cross_entropy,
    lambda x, t: F.cross_entropy(x, t.clamp(min=0)), _labels, "ignore_index is forgotten",
)  # fmt: skip
_change(
    "loss", "cross_entropy", F.cross_entropy, lambda g, x, v: [g[0] * 3 / 5, None], _labels,
    "divided by all targets, not by those that count",
)  # fmt: skip
_like(
    "loss", "smoothed cross_entropy", partial(F.cross_entropy, label_smoothing=0.1),
    F.cross_entropy, _kept_labels, "the smoothing is forgotten",
)  # fmt: skip
_like(
    "loss", "weighted cross_entropy", partial(F.cross_entropy, weight=_weights),
    F.cross_entropy, _kept_labels, "the classes' weights are forgotten",
)  # fmt: skip
_change(
    "loss", "cross_entropy", F.cross_entropy, lambda g, x, v: [g[0] / v, None], _kept_labels,
    "the cotangent is ignored: made in the forward pass",
)  # fmt: skip
_like(
    "loss", "huber_loss", partial(F.huber_loss, delta=0.5, reduction="none"),
    lambda x, t: F.smooth_l1_loss(x, t, beta=0.5, reduction="none"), _pair, "divided by δ",
)  # fmt: skip
_like(
    "loss", "mse_loss", F.mse_loss, lambda x, t: ((x - t) ** 2).sum() / len(x), _pair,
    "the mean over the batch only",
)  # fmt: skip
_like(
    "loss", "kl_div", partial(F.kl_div, reduction="sum", log_target=True),
    lambda x, t: F.kl_div(t, x, reduction="sum", log_target=True), _pair,
    "of the divergence the other way round",
)  # fmt: skip
_like(
    "loss", "bce_with_logits", partial(F.binary_cross_entropy_with_logits, reduction="none"),
    lambda x, t: F.binary_cross_entropy_with_logits(x, t.detach(), reduction="none"),
    _pair, "the target has no gradient",
)  # fmt: skip

# Recurrence -------------------------------------------------------------------------------------------
_cell = drawn((3, 4), (3, 5), (3, 5), (20, 4), (20, 5))
_like(
    "recurrence", "LSTM cell", lstm_cell, partial(lstm_cell, order=(1, 0, 2, 3)), _cell,
    "input and forget gates are swapped",
)  # fmt: skip
_like(
    "recurrence", "GRU cell", gru_cell, partial(gru_cell, keep_old=True),
    drawn((3, 4), (3, 5), (15, 4), (15, 5)), "the path through the old state is missing",
)  # fmt: skip
_like(
    "recurrence", "RNN", rnn, partial(rnn, truncated=True), drawn((6, 2, 3), (3, 4), (4, 4)),
    "only the last step is followed back",
)  # fmt: skip

# The same call, another circumstance --------------------------------------------------------------------


def _as_stored(x: Tensor) -> Tensor:
    """The numbers in the order of memory."""
    return torch.as_strided(x, x.shape, torch.empty(x.shape).stride(), x.storage_offset())


def _column_stored() -> Arrays:
    x, w = drawn((4, 6), (4, 3))()
    return x.detach().t().requires_grad_(), w


_wrong(
    "circumstance", "matmul", torch.matmul,
    lambda x, v: [v @ x[1].mT, _as_stored(x[0].detach()).mT @ v], _column_stored,
    "right only for contiguous input",
)  # fmt: skip


def _last_of_batch(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    return [g[0], g[1] if x[0].shape[0] > 1 else torch.zeros_like(g[1])]


_change(
    "circumstance", "matmul", torch.matmul, _last_of_batch, drawn((1, 4), (4, 3)),
    "no gradient of the weight for a batch of one",
)  # fmt: skip


def _dropped(x: Tensor, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return x * (torch.rand(x.shape, generator=draw) > 0.3) / 0.7


_like(
    "circumstance", "dropout", partial(_dropped, seed=1), partial(_dropped, seed=2),
    drawn((8, 8)), "the mask is drawn anew",
)  # fmt: skip


def _scaled_in_place(x: Tensor, w: Tensor) -> Tensor:
    x.data.mul_(1 / math.sqrt(x.shape[-1]))
    return x @ w


_wrong(
    "circumstance", "scaled matmul", _scaled_in_place,
    lambda x, v: [v @ x[1].mT / math.sqrt(x[0].shape[-1]), x[0].mT @ v], drawn((4, 4), (4, 4)),
    "scales its input in place", asked="inputs kept",
)  # fmt: skip


def _keeps_alias() -> Function:
    """x + w that returns its input's own memory, written over."""
    return written(
        lambda x, w: x.data.add_(w.data),
        lambda x, v: [v, v],  # noqa: ARG005 - a sum's backward
    )


WRONG.append(
    WrongArrays(
        "x + w", "circumstance", _keeps_alias(), torch.add, drawn((4, 4), (4, 4)),
        "returns its input's memory, written over", "inputs kept",
    )
)  # fmt: skip
WRONG.append(
    WrongArrays(
        "linear", "circumstance",
        written(lambda x, w: x @ w.mT * (1 + 1e-6), backward_of(F.linear)), F.linear,
        drawn((4, 3), (5, 3)), "a value 1e-6 too large, with the right gradient", "value",
    )
)  # fmt: skip

# Second derivatives -----------------------------------------------------------------------------------


def _with_constants(value: Function, which: Sequence[int]) -> Backward:
    """The right gradients, differentiable by the cotangent but not by the inputs in `which`."""
    return lambda inputs, v: gradients(
        value, [x.detach() if k in which else x for k, x in enumerate(inputs)], v
    )


def _second(
    name: str, value: Function, which: Sequence[int], example: Callable[[], Arrays]
) -> None:
    wrong = "the first is right, the second is none: what was saved is detached"
    _wrong(
        "second order", name, value, _with_constants(value, which), example, wrong, asked="second"
    )  # fmt: skip


_second("swiglu", _swiglu, (0, 1), _pair)
_second("layer_norm", layer_norm, (0,), _normed)
_second("attention", attention, (0, 1, 2), _qkv)
_wrong(
    "second order", "sum of squares", lambda x: (x * x).sum(-1),
    lambda x, v: [written(lambda z: 2 * z, lambda _, u: [3 * u])(x[0]) * v[..., None]],
    drawn((3, 4)), "the first is right, the second 3/2 of what it is", asked="second",
)  # fmt: skip
