"""Backwards as torch and other packages had them when they were reported, written by hand.

The forward is right; torch 2.13 is right too. Each is a report and the backward that it is about.
"""
# ruff: noqa: ARG005 - every backward takes the inputs and the cotangent

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from backwards import Backward, Function, written

Before = tuple[str, Function, Backward, tuple[Any, ...]]
_FIRST, _TIES = torch.tensor([0, 0]), torch.tensor([0, 1, 0])


def _reduced(x: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return x.scatter_reduce(0, _TIES, s, "prod")


def _last_wins(x: tuple[torch.Tensor, ...], v: torch.Tensor) -> list[torch.Tensor]:
    return [torch.zeros_like(x[0]).index_put((_FIRST,), v)]


BEFORE: list[Before] = [
    ("pytorch#51408: hardsigmoid, 1/6 below −3 too", F.hardsigmoid,
     lambda x, v: [torch.where(x[0] < 3, v / 6, 0.0)], ([-4.6, -3.4, -2.97],)),
    ("pytorch#82644: prod by a division", torch.prod,
     lambda x, v: [v * x[0].prod() / x[0]], ([2.0, 0.0, 3.0],)),
    ("pytorch#53711: cumprod by a division", lambda x: torch.cumprod(x, 0),
     lambda x, v: [(v * x[0].cumprod(0)).flip(0).cumsum(0).flip(0) / x[0]], ([2.0, 0.0, 3.0],)),
    ("pytorch#76523: scatter_reduce's prod, 0 where the source is", _reduced,
     lambda x, v: [(v * _reduced(*x) / x[0]),
                   ((v * _reduced(*x))[_TIES] / x[1]).masked_fill(x[1] == 0, 0)],
     ([1.5, 2.0], [1.0, 0.0, 3.0])),
    ("pytorch#8940: x⁰ is NaN at 0", lambda x: x**0,
     lambda x, v: [v * 0 * x[0] ** -1], ([0.0, 1.0],)),
    ("pytorch#2421: the norm is NaN at 0", torch.linalg.norm,
     lambda x, v: [v * x[0] / x[0].norm()], ([0.0, 0.0],)),
    ("pytorch#41779: the greatest |x| without its sign", lambda x: x.abs().max(),
     lambda x, v: [v * (x[0].abs() == x[0].abs().max()).to(x[0])], ([1.0, -3.0, 2.0],)),
    ("pytorch#53989: sinc is NaN at 0", torch.sinc,
     lambda x, v: [v * ((math.pi * x[0]).cos() * math.pi * x[0] - (math.pi * x[0]).sin())
                   / (math.pi * x[0] ** 2)], ([0.0, 0.5],)),
    ("pytorch#59615: renorm's factor as a constant", lambda x: torch.renorm(x, 2, 0, 1.0),
     lambda x, v: [v * (1 / x[0].norm(dim=1, keepdim=True)).clamp(max=1)], ([[1.0, 2], [3, 4]],)),
    ("pytorch#65466: kl_div's target without the 1",
     lambda x, y: F.kl_div(x, y, reduction="sum"),
     lambda x, v: [-v * x[1], v * (x[1].log() - x[0])], ([-0.5, -1.0], [0.3, 0.7])),
    ("pytorch#2298: binary_cross_entropy_with_logits by |x|",
     lambda x: F.binary_cross_entropy_with_logits(x, torch.zeros_like(x), reduction="sum"),
     lambda x, v: [v * ((x[0] > 0).to(x[0]) - x[0].sign() * torch.sigmoid(-x[0].abs()))],
     ([0.0, 1.0],)),
    ("pytorch#47671: elu by the sign of its output", lambda x: F.elu(x, alpha=-2.0),
     lambda x, v: [v * torch.where(F.elu(x[0], -2.0) <= 0, F.elu(x[0], -2.0) - 2, 1.0)],
     ([-2.0, -1.0, 0.5],)),
    ("pytorch#4320: std is NaN of equal numbers", torch.std,
     lambda x, v: [v * (x[0] - x[0].mean()) / (x[0].std() * (x[0].numel() - 1))],
     ([1.0, 1.0, 1.0],)),
    ("pytorch#1631: of an index given twice the last wins", lambda x: x[_FIRST], _last_wins,
     ([0.1, 0.4],)),
    ("pytorch#8626: of an expanded input the first row", lambda x: x.expand(3, 2) * 2.0,
     lambda x, v: [6 * v[0]], ([0.1, 0.4],)),
    ("pytorch#11750: ctc_loss forgets its cotangent", lambda x: torch.logsumexp(x, 0),
     lambda x, v: [torch.softmax(x[0], 0)], ([0.1, 0.4],)),
    ("pytorch#187297: NaN of the case not taken", lambda x: torch.where(x > 0, x.sqrt(), x),
     lambda x, v: [torch.where(x[0] > 0, v, 0.0) / (2 * x[0].sqrt())
                   + torch.where(x[0] > 0, 0.0, v)], ([-1.0, 4.0],)),
    ("attorch#13: smooth_l1_loss by the signed difference",
     lambda x: F.smooth_l1_loss(x, torch.zeros_like(x), reduction="sum"),
     lambda x, v: [v * torch.where(x[0] < 1, x[0], 1.0)], ([-3.0, 0.5, 3.0],)),
    ("FlagGems#5220: embedding_bag's max gets the mean",
     lambda w: F.embedding_bag(torch.tensor([[0, 1], [2, 0]]), w, mode="max"),
     lambda x, v: [torch.zeros_like(x[0]).index_add(
         0, torch.tensor([0, 1, 2, 0]), v.repeat_interleave(2, 0) / 2)],
     ([[1.0, 2], [3, 0], [5, 6]],)),
    ("tinygrad#17861: erf is flat at 0", torch.erf,
     lambda x, v: [v * x[0].sign() ** 2 * 2 / math.sqrt(math.pi) * (-x[0] ** 2).exp()],
     ([0.0, 1.0],)),
    ("tt-metal#53215: layer_norm subtracts its mean twice", lambda x: F.layer_norm(x, (3,)),
     lambda x, v: [(v - 2 * v.mean(-1, keepdim=True)
                    - F.layer_norm(x[0], (3,))
                    * (v * F.layer_norm(x[0], (3,))).mean(-1, keepdim=True))
                   * (x[0].var(-1, correction=0, keepdim=True) + 1e-5).rsqrt()],
     ([[1.0, 2, 4], [0, 3, 1]],)),
]  # fmt: skip


def function_of(before: Before) -> Function:
    """The forward with the backward that was reported."""
    return written(before[1], before[2])
