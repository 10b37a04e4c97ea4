"""Twelve formulas that are right in exact arithmetic and lose their digits, and stable ones.

Each names the line at which the digits go, as it is written.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from entries import Unstable
from mpmath import mp, mpf
from torch import Tensor


def _given(*rows: list[float]) -> tuple[Tensor, ...]:
    return tuple(torch.tensor(row, dtype=torch.float64, requires_grad=True) for row in rows)


def softplus(z: Tensor) -> Tensor:
    """1 + e^z keeps nothing of a small e^z."""
    e = torch.exp(z)
    s = 1 + e
    return torch.log(s)


def mish(z: Tensor) -> Tensor:
    """The same inside."""
    e = torch.exp(z)
    s = 1 + e
    return z * torch.tanh(torch.log(s))


def logsumexp(x: Tensor) -> Tensor:
    """Without the maximum subtracted it over- or underflows; here into subnormals."""
    e = torch.exp(x)
    return torch.log(e.sum(-1))


def softmax(x: Tensor) -> Tensor:
    """The same."""
    e = torch.exp(x)
    return e / e.sum(-1, keepdim=True)


def layer_norm(x: Tensor) -> Tensor:
    """E x² − (E x)² cancels where the mean is large beside the deviation."""
    mean = x.mean(-1, keepdim=True)
    variance = (x * x).mean(-1, keepdim=True) - mean * mean
    return (x - mean) / torch.sqrt(variance + 1e-5)


def logsigmoid(z: Tensor) -> Tensor:
    """σ(z) rounds to 1, and its logarithm to 0."""
    s = torch.sigmoid(z)
    return torch.log(s)


def tanh_slope(z: Tensor) -> Tensor:
    """1 − tanh² is 0 from 19 on, where the truth is 4e-17."""
    t = torch.tanh(z)
    return 1 - t * t


def expm1(z: Tensor) -> Tensor:
    """(e^z − 1)/z: e^z − 1 keeps few digits of a small z."""
    d = torch.exp(z) - 1
    return d / z


def hypot(a: Tensor, b: Tensor) -> Tensor:
    """Squares of small numbers are subnormal or 0."""
    q = a * a + b * b
    return torch.sqrt(q)


def cosine_similarity(a: Tensor, b: Tensor) -> Tensor:
    """Squares again."""
    n = torch.sqrt((a * a).sum(-1)) * torch.sqrt((b * b).sum(-1))
    return (a * b).sum(-1) / n


def huber(z: Tensor) -> Tensor:
    """Pseudo-Huber: √(1 + z²) − 1 cancels at small z."""
    r = torch.sqrt(1 + z * z)
    return r - 1


def erf_tail(z: Tensor) -> Tensor:
    """1 − erf(z) has few digits from 3 on and is 0 from 6 on."""
    c = 1 - torch.erf(z)
    return torch.log(c)


def _pseudo_huber(z: Tensor) -> Tensor:
    return z * z / (torch.hypot(z, torch.ones_like(z)) + 1)


def _log_erfc(z: Tensor) -> Tensor:
    return math.log(2) + torch.special.log_ndtr(-z * math.sqrt(2))


def _sech2(z: Tensor) -> Tensor:
    e = torch.exp(-2 * z.abs())
    return 4 * e / (1 + e) ** 2


def _cosine_scaled(a: Tensor, b: Tensor) -> Tensor:
    a, b = (x / x.detach().abs().amax() for x in (a, b))
    return (a / a.norm() * (b / b.norm())).sum(-1)


class _Expm1Over(torch.autograd.Function):
    """(e^z − 1)/z with the slope's series where it would cancel."""

    @staticmethod
    def forward(ctx: Any, z: Tensor) -> Tensor:
        ctx.save_for_backward(z)
        return torch.expm1(z) / z

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Tensor:
        (z,) = ctx.saved_tensors
        # ((z − 1) e^z + 1)/z² = Σ (k + 1) zᵏ/(k + 2)!
        series = sum((k + 1) / math.factorial(k + 2) * z**k for k in range(18))
        return v * torch.where(z.abs() < 1, series, ((z - 1) * torch.exp(z) + 1) / z**2)


def _exp_sum(x: list[Any]) -> Any:
    return mp.fsum(mp.exp(a) for a in x)


def _exact_layer_norm(x: list[Any]) -> list[Any]:
    mean = mp.fsum(x) / len(x)
    variance = mp.fsum((a - mean) ** 2 for a in x) / len(x)
    return [(a - mean) / mp.sqrt(variance + mpf(1e-5)) for a in x]


def _exact_cosine(a: list[Any], b: list[Any]) -> list[Any]:
    norms = mp.sqrt(mp.fsum(p * p for p in a) * mp.fsum(q * q for q in b))
    return [mp.fsum(p * q for p, q in zip(a, b, strict=True)) / norms]


def _softplus(z: Any) -> Any:
    return mp.log1p(mp.exp(z))


UNSTABLE = (
    Unstable(
        "softplus", softplus, "s = 1 + e", "value", F.softplus, "F.softplus(z)",
        lambda: _given([-30.0, -36.0, -20.0]), lambda z: [_softplus(a) for a in z],
    ),
    Unstable(
        "mish", mish, "s = 1 + e", "both", F.mish, "F.mish(z)",
        lambda: _given([-30.0, -36.0, -20.0]), lambda z: [a * mp.tanh(_softplus(a)) for a in z],
    ),
    Unstable(
        "logsumexp", logsumexp, "e = torch.exp(x)", "both", lambda x: torch.logsumexp(x, -1),
        "torch.logsumexp(x, -1)", lambda: _given([-739.1, -738.3, -740.2]),
        lambda x: [mp.log(_exp_sum(x))],
    ),
    Unstable(
        "softmax", softmax, "e = torch.exp(x)", "both", lambda x: F.softmax(x, -1),
        "F.softmax(x, -1)", lambda: _given([-739.1, -738.3, -740.2]),
        lambda x: [mp.exp(a) / _exp_sum(x) for a in x],
    ),
    Unstable(
        "layer_norm", layer_norm, "variance = (x * x).mean(-1, keepdim=True) - mean * mean",
        "both", lambda x: F.layer_norm(x, x.shape[-1:]), "F.layer_norm(x, x.shape[-1:])",
        lambda: _given([1e5, 1e5 + 0.1, 1e5 - 0.3, 1e5 + 0.7]), _exact_layer_norm,
    ),
    Unstable(
        "logsigmoid", logsigmoid, "s = torch.sigmoid(z)", "both", F.logsigmoid, "F.logsigmoid(z)",
        lambda: _given([30.0, 36.0, 20.0]), lambda z: [-_softplus(-a) for a in z],
    ),
    Unstable(
        "1 - tanh²", tanh_slope, "return 1 - t * t", "both", _sech2,
        "4e/(1 + e)² with e = exp(-2|z|)", lambda: _given([12.0, 15.0, -17.0]),
        lambda z: [mp.sech(a) ** 2 for a in z],
    ),
    Unstable(
        "expm1 over z", expm1, "d = torch.exp(z) - 1", "both", _Expm1Over.apply,
        "torch.expm1(z) / z", lambda: _given([1e-8, -3e-7, 1e-5]),
        lambda z: [mp.expm1(a) / a for a in z],
    ),
    Unstable(
        "hypot", hypot, "q = a * a + b * b", "both", torch.hypot, "torch.hypot(a, b)",
        lambda: _given([3e-160, 1e-161], [4e-160, 2e-161]),
        lambda a, b: [mp.hypot(p, q) for p, q in zip(a, b, strict=True)],
    ),
    Unstable(
        "cosine similarity", cosine_similarity,
        "n = torch.sqrt((a * a).sum(-1)) * torch.sqrt((b * b).sum(-1))", "both",
        _cosine_scaled, "divide by the largest entry first",
        lambda: _given([3e-160, 1e-161, -2e-160], [1.0, 2.0, 0.5]), _exact_cosine,
    ),
    Unstable(
        "pseudo-Huber", huber, "return r - 1", "value", _pseudo_huber,
        "z²/(torch.hypot(z, 1) + 1)", lambda: _given([1e-7, 3e-8, -1e-6]),
        lambda z: [mp.sqrt(1 + a * a) - 1 for a in z],
    ),
    Unstable(
        "erf's tail", erf_tail, "c = 1 - torch.erf(z)", "both", _log_erfc,
        "log 2 + torch.special.log_ndtr(-z √2)", lambda: _given([4.0, 5.0, 5.7]),
        lambda z: [mp.log(mp.erfc(a)) for a in z],
    ),
)  # fmt: skip
