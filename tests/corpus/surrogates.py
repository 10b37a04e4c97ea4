"""Straight-through and surrogate gradients: the backward is meant to be another function's.

By the letter each is wrong: what is rounded or a step is locally constant, so its derivative is 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from entries import Surrogate, hand_written
from torch import Tensor

SURROGATES: list[Surrogate] = []


def _add(
    name: str, value: Callable[[Tensor], Tensor], intended: Callable[[Tensor], Tensor], source: str
) -> None:
    function = hand_written(value, lambda z, v: v * intended(z))
    SURROGATES.append(Surrogate(name, function, intended, source))


def _step(z: Tensor) -> Tensor:
    return (z > 0).to(z.dtype)


_BENGIO = "Bengio et al. 2013, arXiv:1308.3432"
_add("round, straight through", torch.round, torch.ones_like, _BENGIO)
_add("floor, straight through", torch.floor, torch.ones_like, _BENGIO)
_add(
    "sign, straight through in [-1, 1]",
    torch.sign,
    lambda z: (z.abs() <= 1).to(z.dtype),
    "Hubara et al. 2016, arXiv:1602.02830",
)
_add(
    "eight bits, straight through in range",
    lambda z: torch.round(z.clamp(-1, 1) * 127) / 127,
    lambda z: (z.abs() <= 1).to(z.dtype),
    "Jacob et al. 2018, arXiv:1712.05877",
)
_add(
    "spike, arc tangent",
    _step,
    lambda z: 1 / (1 + (math.pi * z) ** 2),
    "Fang et al. 2021, arXiv:2007.05785; snntorch.surrogate.atan with alpha=2",
)
_add(
    "spike, fast sigmoid",
    _step,
    lambda z: 1 / (1 + 25 * z.abs()) ** 2,
    "Zenke and Ganguli 2018, arXiv:1705.11146; snntorch.surrogate.fast_sigmoid",
)
_add(
    "spike, triangle",
    _step,
    lambda z: (1 - z.abs()).clamp(min=0),
    "Bellec et al. 2018, arXiv:1803.09574",
)
_add(
    "spike, logistic",
    _step,
    lambda z: 4 * torch.sigmoid(4 * z) * torch.sigmoid(-4 * z),
    "Neftci, Mostafa and Zenke 2019, arXiv:1901.09948",
)
_add(
    "spike, rectangle",
    _step,
    lambda z: (z.abs() < 0.5).to(z.dtype),
    "Wu et al. 2018, arXiv:1706.02609",
)


class _Detached:
    """z + (round(z) − z).detach(): straight through without a Function."""

    def __call__(self, z: Tensor) -> Tensor:
        return z + (torch.round(z) - z).detach()


SURROGATES.append(
    Surrogate("round by a detached difference", _Detached(), torch.ones_like, _BENGIO)
)
