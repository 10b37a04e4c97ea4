"""Functions of arrays computed otherwise than torch does: chunks, online sums, loops, by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import plain
import torch
import torch.nn.functional as F
from backwards import written
from torch import Tensor
from torch.utils.checkpoint import checkpoint


def sum_in_chunks(x: Tensor) -> Tensor:
    """Ten partial sums."""
    return torch.stack([part.sum() for part in x.chunk(10)]).sum()


def matmul_by_chunks(a: Tensor, b: Tensor) -> Tensor:
    """Sums of products over four parts of the inner axis."""
    parts = zip(a.chunk(4, 1), b.chunk(4, 0), strict=True)
    return torch.stack([x @ y for x, y in parts]).sum(0)


def softmax_shifted(x: Tensor) -> Tensor:
    """e^(x − max)/Σ."""
    e = (x - x.amax(-1, keepdim=True).detach()).exp()
    return e / e.sum(-1, keepdim=True)


def softmax_online(x: Tensor) -> Tensor:
    """Maximum and normaliser kept up over four chunks. Source: arXiv:1805.02867."""
    top = x.new_full((*x.shape[:-1], 1), -math.inf)
    total = torch.zeros_like(top)
    for part in x.chunk(4, -1):
        new = torch.maximum(top, part.amax(-1, keepdim=True)).detach()
        total = total * (top - new).exp() + (part - new).exp().sum(-1, keepdim=True)
        top = new
    return (x - top).exp() / total


def logsumexp_shifted(x: Tensor) -> Tensor:
    """max + log Σ e^(x − max)."""
    top = x.amax(-1, keepdim=True).detach()
    return ((x - top).exp().sum(-1, keepdim=True).log() + top).squeeze(-1)


def log_softmax_shifted(x: Tensor) -> Tensor:
    """x − max − log Σ e^(x − max)."""
    shifted = x - x.amax(-1, keepdim=True).detach()
    return shifted - shifted.exp().sum(-1, keepdim=True).log()


def logsumexp_by_halves(x: Tensor) -> Tensor:
    """logaddexp of the two halves' own."""
    first, second = x.tensor_split(2, -1)
    return torch.logaddexp(first.logsumexp(-1), second.logsumexp(-1))


def layer_norm_by_var_mean(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """Both moments at once."""
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    return (x - mean) / (variance + 1e-5).sqrt() * gain + bias


def _normed(x: Tensor) -> tuple[Tensor, Tensor]:
    variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
    rstd = torch.rsqrt(variance + 1e-5)
    return (x - mean) * rstd, rstd


def _layer_norm_backward(inputs: tuple[Tensor, ...], v: Tensor) -> list[Tensor]:
    """Source: Ba et al. 2016, arXiv:1607.06450; as in torch's native_layer_norm_backward."""
    x, gain, _ = inputs
    x_hat, rstd = _normed(x)
    g = v * gain
    away = g.mean(-1, keepdim=True) + x_hat * (g * x_hat).mean(-1, keepdim=True)
    rows = tuple(range(x.dim() - 1))
    return [rstd * (g - away), (v * x_hat).sum(rows), v.sum(rows)]


def _rms_norm_backward(inputs: tuple[Tensor, ...], v: Tensor) -> list[Tensor]:
    """Source: Zhang and Sennrich 2019, arXiv:1910.07467."""
    x, gain = inputs
    r = torch.rsqrt((x * x).mean(-1, keepdim=True) + 1e-5)
    g = v * gain
    return [r * (g - x * r * r * (g * x).mean(-1, keepdim=True)), (v * x * r).sum(0)]


def _swiglu_backward(inputs: tuple[Tensor, ...], v: Tensor) -> list[Tensor]:
    """Recomputed from the inputs, as fused kernels do."""
    a, b = inputs
    s = torch.sigmoid(a)
    return [v * b * s * (1 + a * (1 - s)), v * a * s]


def cross_entropy_picked(x: Tensor, target: Tensor) -> Tensor:
    """The mean of logsumexp − x at the target."""
    return (x.logsumexp(-1) - x[torch.arange(len(x)), target]).mean()


def _cross_entropy_backward(inputs: tuple[Tensor, ...], v: Tensor) -> list[Tensor | None]:
    x, target = inputs
    away = torch.softmax(x, -1) - F.one_hot(target, x.shape[-1]).to(x.dtype)
    return [v * away / len(x), None]


layer_norm_written = written(plain.layer_norm, _layer_norm_backward)
rms_norm_written = written(plain.rms_norm, _rms_norm_backward)
swiglu_written = written(lambda a, b: F.silu(a) * b, _swiglu_backward)
cross_entropy_written = written(F.cross_entropy, _cross_entropy_backward)


def batch_norm_transposed(x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
    """layer_norm over the columns of the transposed."""
    return F.layer_norm(x.mT, x.shape[:1]).mT * gain + bias


def group_norm_by_loop(x: Tensor) -> Tensor:
    """Five groups, one after the other."""
    return torch.cat([plain.group_norm(part, groups=1) for part in x.chunk(5, 1)], 1)


def variance_merged(x: Tensor) -> Tensor:
    """Of two halves, merged. Source: Chan, Golub and LeVeque 1983, The American Statistician 37."""
    first, second = x.tensor_split(2, -1)
    a, b = first.shape[-1], second.shape[-1]
    moved = second.mean(-1) - first.mean(-1)
    squares = sum(((part - part.mean(-1, keepdim=True)) ** 2).sum(-1) for part in (first, second))
    return (squares + moved**2 * (a * b / (a + b))) / (a + b - 1)


def norm_scaled(x: Tensor) -> Tensor:
    """The root of the sum of squares, scaled by the largest."""
    top = x.abs().amax(-1, keepdim=True).detach()
    return ((x / top) ** 2).sum(-1).sqrt() * top.squeeze(-1)


def attention_online(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Keys and values in three chunks, the softmax online. Source: arXiv:2112.05682."""
    q = q / math.sqrt(q.shape[-1])
    top = q.new_full((*q.shape[:-1], 1), -math.inf)
    total, out = torch.zeros_like(top), torch.zeros_like(q)
    for keys, values in zip(k.chunk(3, -2), v.chunk(3, -2), strict=True):
        scores = q @ keys.mT
        new = torch.maximum(top, scores.amax(-1, keepdim=True)).detach()
        e, kept = (scores - new).exp(), (top - new).exp()
        total = total * kept + e.sum(-1, keepdim=True)
        out = out * kept + e @ values
        top = new
    return out / total


def attention_by_einsum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Scaled after the product."""
    scores = torch.einsum("bqd,bkd->bqk", q, k) / math.sqrt(q.shape[-1])
    return torch.einsum("bqk,bkd->bqd", scores.softmax(-1), v)


def causal_attention_by_rows(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Each query beside the keys up to its own."""
    rows = [
        plain.attention(q[:, i : i + 1], k[:, : i + 1], v[:, : i + 1]) for i in range(q.shape[1])
    ]
    return torch.cat(rows, 1)


def _angles(x: Tensor) -> tuple[Tensor, Tensor]:
    half = x.shape[-1] // 2
    frequency = 10_000.0 ** -(torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(x.shape[-2], dtype=torch.float64)[:, None] * frequency
    return angle.cos().to(x.dtype), angle.sin().to(x.dtype)


def rope_by_matrices(x: Tensor) -> Tensor:
    """Every pair times a rotation of two by two."""
    cos, sin = _angles(x)
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    pairs = torch.stack(x.chunk(2, -1), -1)
    return torch.einsum("shij,...shj->...ish", turn, pairs).movedim(-3, -2).flatten(-2)


def rope_by_half_turn(x: Tensor) -> Tensor:
    """x cos + turned(x) sin, as in transformers' `rotate_half`."""
    cos, sin = (torch.cat([part, part], -1) for part in _angles(x))
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def gelu_by_erf(z: Tensor) -> Tensor:
    """½ z (1 + erf(z/√2))."""
    return 0.5 * z * (1 + torch.erf(z * math.sqrt(0.5)))


def glu_by_slices(x: Tensor) -> Tensor:
    """The halves by slicing; the logistic by tanh."""
    half = x.shape[-1] // 2
    return x[..., :half] * (0.5 + 0.5 * torch.tanh(0.5 * x[..., half:]))


def _mask(x: Tensor) -> Tensor:
    return torch.arange(x.numel()).reshape(x.shape) * 7 % 10 > 2  # seven in ten


def dropped(x: Tensor) -> Tensor:
    """x times the mask, over 0.7."""
    return x * _mask(x).to(x.dtype) / 0.7


def dropped_by_where(x: Tensor) -> Tensor:
    """Zero where the mask is not."""
    return torch.where(_mask(x), x / 0.7, 0)


def dropped_by_index(x: Tensor) -> Tensor:
    """Written into zeros where the mask is."""
    mask, out = _mask(x), torch.zeros_like(x)
    out[mask] = x[mask] / 0.7
    return out


def huber_by_where(x: Tensor, target: Tensor) -> Tensor:
    """Two cases, δ = 1."""
    d = x - target
    return torch.where(d.abs() <= 1, d * d / 2, d.abs() - 0.5).sum()


def huber_by_clamp(x: Tensor, target: Tensor) -> Tensor:
    """c (|d| − c/2), c = min(|d|, 1)."""
    d = (x - target).abs()
    c = d.clamp(max=1)
    return (c * (d - c / 2)).sum()


def conv1d_unfolded(x: Tensor, w: Tensor) -> Tensor:
    """Windows times the kernel as one product."""
    return torch.einsum("nclk,ock->nol", x.unfold(-1, w.shape[-1], 1), w)


def conv1d_shifted(x: Tensor, w: Tensor) -> Tensor:
    """A sum over the kernel's places."""
    long = x.shape[-1] - w.shape[-1] + 1
    return sum(w[:, :, k] @ x[..., k : k + long] for k in range(w.shape[-1]))  # type: ignore[return-value]


def conv2d_unfolded(x: Tensor, w: Tensor) -> Tensor:
    """Columns of patches times the kernel as one product."""
    out = w.flatten(1) @ F.unfold(x, w.shape[-2:])
    return out.unflatten(-1, (x.shape[-2] - w.shape[-2] + 1, -1))


def conv2d_shifted(x: Tensor, w: Tensor) -> Tensor:
    """A sum over the kernel's places."""
    high, wide = x.shape[-2] - w.shape[-2] + 1, x.shape[-1] - w.shape[-1] + 1
    return sum(  # type: ignore[return-value]
        torch.einsum("oc,nchw->nohw", w[:, :, i, j], x[..., i : i + high, j : j + wide])
        for i in range(w.shape[-2])
        for j in range(w.shape[-1])
    )


def reflected_by_index(x: Tensor) -> Tensor:
    """Two more on each side, by their places."""
    places = torch.arange(-2, x.shape[-1] + 2).abs()
    last = x.shape[-1] - 1
    return x[:, last - (last - places).abs()]


def cumsum_by_loop(x: Tensor) -> Tensor:
    """One column after the other."""
    total, columns = torch.zeros_like(x[:, 0]), []
    for column in x.unbind(1):
        total = total + column
        columns.append(total)
    return torch.stack(columns, 1)


def largest_by_mask(x: Tensor) -> Tensor:
    """The sum of those not below the third largest."""
    third = x.detach().sort(-1).values[:, -3:-2]
    return (x * (x >= third).to(x.dtype)).sum(-1)


def lstm_cell_by_gates(x: Tensor, h: Tensor, c: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """A product for every gate."""
    gates = zip(w_x.chunk(4), w_h.chunk(4), strict=True)
    i, f, g, o = (F.linear(x, a) + F.linear(h, b) for a, b in gates)
    return o.sigmoid() * (f.sigmoid() * c + i.sigmoid() * g.tanh()).tanh()


def lstm_cell_joined(x: Tensor, h: Tensor, c: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """One product of input and state together."""
    i, f, g, o = (torch.cat([x, h], -1) @ torch.cat([w_x, w_h], -1).mT).chunk(4, -1)
    return torch.sigmoid(o) * torch.tanh(torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g))


def gru_cell_interpolated(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """n + z (h − n)."""
    r_x, z_x, n_x = F.linear(x, w_x).chunk(3, -1)
    r_h, z_h, n_h = F.linear(h, w_h).chunk(3, -1)
    n = torch.tanh(n_x + torch.sigmoid(r_x + r_h) * n_h)
    return torch.lerp(n, h, torch.sigmoid(z_x + z_h))


def gru_cell_by_gates(x: Tensor, h: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """A product for every gate."""
    (r_x, z_x, n_x), (r_h, z_h, n_h) = w_x.chunk(3), w_h.chunk(3)
    r, z = (x @ r_x.mT + h @ r_h.mT).sigmoid(), (x @ z_x.mT + h @ z_h.mT).sigmoid()
    n = (x @ n_x.mT + r * (h @ n_h.mT)).tanh()
    return n - z * n + z * h


def rnn_projected(x: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """All inputs projected at once."""
    h = x.new_zeros(x.shape[1], w_h.shape[0])
    for step in x @ w_x:
        h = torch.tanh(torch.addmm(step, h, w_h))
    return h


def rnn_joined(x: Tensor, w_x: Tensor, w_h: Tensor) -> Tensor:
    """Input and state in one product, every step recomputed in the backward pass."""
    both = torch.cat([w_x, w_h])

    def step(now: Tensor, h: Tensor) -> Tensor:
        return torch.tanh(torch.cat([now, h], -1) @ both)

    h = x.new_zeros(x.shape[1], w_h.shape[0])
    for now in x:
        h = checkpoint(step, now, h, use_reentrant=False)
    return h


def mlp(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """gelu(x A/√m) B/√m."""
    scale = 1 / math.sqrt(x.shape[-1])
    return F.gelu(x @ a * scale) @ b * scale


def residual(
    x: Tensor,
    w: Tensor,
    gain: Tensor,
    bias: Tensor,
    *,
    depth: int,
    recompute: bool = False,
    norm: Callable[..., Tensor] = plain.layer_norm,
) -> Tensor:
    """x ← x + gelu(norm(x) W/√m)/√depth, so often; all blocks share their weights."""

    def block(x: Tensor) -> Tensor:
        inner = norm(x, gain, bias) @ w / math.sqrt(x.shape[-1])
        return x + F.gelu(inner) / math.sqrt(depth)

    for _ in range(depth):
        x = checkpoint(block, x, use_reentrant=False) if recompute else block(x)
    return x
