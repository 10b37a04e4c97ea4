"""Right functions of one variable in torch: value and slope, each accurate at every number.

Wrong entries differ from these in one thing only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import exact
import torch
import torch.nn.functional as F
from entries import hand_written
from exact import Exact
from torch import Tensor


@dataclass(frozen=True)
class Base:
    """A function with its derivative, in torch and in mpmath."""

    exact: Exact
    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]

    def right(self) -> Callable[[Tensor], Tensor]:
        """Value and gradient as they should be."""
        return hand_written(self.value, lambda z, v: v * self.slope(z))


def _logistic_slope(z: Tensor) -> Tensor:
    return torch.exp(-z.abs()) * torch.sigmoid(z.abs()) ** 2  # σ(−z) is 0 from 709.8 on


def _silu_slope(z: Tensor) -> Tensor:
    near = z.clamp(-800, 800)  # beyond, the product is 0, and at ∞ it would be NaN
    return torch.sigmoid(z) * (1 + near * torch.sigmoid(-z))


def _phi(z: Tensor) -> Tensor:
    return torch.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def _gelu_slope(z: Tensor) -> Tensor:
    return torch.special.ndtr(z) + z.clamp(-40, 40) * _phi(z)


TANH = Base(exact.TANH, torch.tanh, lambda z: 4 * _logistic_slope(2 * z))
SIGMOID = Base(exact.SIGMOID, torch.sigmoid, _logistic_slope)
SILU = Base(exact.SILU, F.silu, _silu_slope)
GELU = Base(exact.GELU, F.gelu, _gelu_slope)
SOFTPLUS = Base(exact.SOFTPLUS, lambda z: torch.logaddexp(z, z.new_zeros(())), torch.sigmoid)
EXP = Base(exact.EXP, torch.exp, torch.exp)
EXPM1 = Base(exact.EXPM1, torch.expm1, torch.exp)
LOG = Base(exact.LOG, torch.log, lambda z: 1 / z)
SQRT = Base(exact.SQRT, torch.sqrt, lambda z: 0.5 / torch.sqrt(z))
SQUARE = Base(exact.SQUARE, torch.square, lambda z: 2 * z)
SIN = Base(exact.SIN, torch.sin, torch.cos)
COS = Base(exact.COS, torch.cos, lambda z: -torch.sin(z))
ATAN = Base(exact.ATAN, torch.atan, lambda z: 1 / (1 + z * z))
ERF = Base(exact.ERF, torch.erf, lambda z: 2 / math.sqrt(math.pi) * torch.exp(-z * z))
RELU = Base(exact.RELU, F.relu, lambda z: (z > 0).to(z.dtype))
ABS = Base(exact.ABS, torch.abs, torch.sign)
IDENTITY = Base(exact.IDENTITY, torch.clone, torch.ones_like)
AFFINE = Base(exact.AFFINE, lambda z: 3 * z + 1, lambda z: torch.full_like(z, 3))

ALL = (
    TANH, SIGMOID, SILU, GELU, SOFTPLUS, EXP, EXPM1, LOG, SQRT, SQUARE, SIN, COS, ATAN, ERF, RELU,
    ABS, IDENTITY, AFFINE,
)  # fmt: skip
