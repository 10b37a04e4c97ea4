"""Elementary functions computed otherwise than torch does: series, iterations, tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from bases import Base
from entries import hand_written
from torch import Tensor


def _horner(coefficients: Sequence[float], x: Tensor) -> Tensor:
    """Σ cₖ xᵏ, the constant first."""
    total = torch.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


_FACTORIALS = [1 / math.factorial(k) for k in range(20)]
# log 2 in two parts, the first with 32 trailing zeros: k · high is exact (Cody and Waite 1980)
_LOG2_HIGH = float.fromhex("0x1.62e42fee00000p-1")
_LOG2_LOW = float.fromhex("0x1.a39ef35793c76p-33")


def _exp(z: Tensor) -> Tensor:
    """2ᵏ times a Taylor polynomial of degree 14 on |r| ≤ ½ log 2, whose rest is 1e-19."""
    bounded = z.clamp(-800, 800)
    k = torch.round(bounded / math.log(2))
    r = (bounded - k * _LOG2_HIGH) - k * _LOG2_LOW
    half = torch.floor(k / 2)  # 2^1024 and 2^-1074 would not do in one step
    found = _horner(_FACTORIALS[:15], r) * torch.exp2(half) * torch.exp2(k - half)
    return torch.where(torch.isnan(z), z, found)


def _expm1(z: Tensor) -> Tensor:
    near = z.clamp(-0.5, 0.5)
    return torch.where(z.abs() < 0.5, near * _horner(_FACTORIALS[1:17], near), torch.exp(z) - 1)


def _log(z: Tensor) -> Tensor:
    """log m + e log 2, log m = 2 atanh((m − 1)/(m + 1)) with √½ ≤ m < √2."""
    m, e = torch.frexp(z)
    low = m < math.sqrt(0.5)
    m = torch.where(low, 2 * m, m)
    e = e.to(z.dtype) - low.to(z.dtype)
    s = (m - 1) / (m + 1)
    odd = [2 / (2 * k + 1) for k in range(13)]  # s² ≤ 0.03: the rest is 1e-20
    found = e * _LOG2_HIGH + (e * _LOG2_LOW + s * _horner(odd, s * s))
    return torch.where(torch.isfinite(z) & (z > 0), found, torch.log(z))


def _log1p(z: Tensor) -> Tensor:
    """log(u) · z/(u − 1) with u = 1 + z rounded. Source: Goldberg 1991, theorem 4 (Kahan's)."""
    u = 1 + z
    found = torch.log(u) * (z / (u - 1))
    return torch.where(u == 1, z, torch.where(torch.isfinite(u), found, torch.log(u)))


def _sqrt(z: Tensor) -> Tensor:
    """Newton's iteration from a linear guess on [½, 2)."""
    m, e = torch.frexp(z)
    odd = torch.remainder(e, 2)
    m = torch.where(odd == 1, 2 * m, m)
    y = 0.45 + 0.6 * m
    for _ in range(6):
        y = 0.5 * (y + m / y)
    found = torch.ldexp(y, torch.div(e - odd, 2, rounding_mode="floor"))
    return torch.where(torch.isfinite(z) & (z > 0), found, torch.sqrt(z))


def _sine(z: Tensor) -> Tensor:
    signs = [(-1) ** k / math.factorial(2 * k + 1) for k in range(10)]
    near = z.clamp(-1, 1)
    return torch.where(z.abs() < 1, near * _horner(signs, near * near), torch.sin(z))


def _cosine(z: Tensor) -> Tensor:
    signs = [(-1) ** k / math.factorial(2 * k) for k in range(11)]
    near = z.clamp(-1, 1)
    return torch.where(z.abs() < 1, _horner(signs, near * near), torch.cos(z))


exp_by_polynomial = hand_written(_exp, lambda z, v: v * _exp(z))
expm1_by_series = hand_written(_expm1, lambda z, v: v * (_expm1(z) + 1))
log_by_series = hand_written(_log, lambda z, v: v / z)
log1p_by_kahan = hand_written(_log1p, lambda z, v: v / (1 + z))
# the mantissa that `frexp` gives has no derivative in torch, so the slope has none either
sqrt_by_newton = hand_written(_sqrt, lambda z, v: v / (2 * _sqrt(z)), once=True)
sine_by_polynomial = hand_written(_sine, lambda z, v: v * _cosine(z))


def tabulated(base: Base) -> Callable[[Tensor], Tensor]:
    """The base, its value and slope looked up by the 16 bits of the number; else computed."""
    tables: dict[torch.dtype, tuple[Tensor, Tensor]] = {}

    def table(dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        if dtype not in tables:
            every = torch.arange(-(2**15), 2**15, dtype=torch.int16).view(dtype).double()
            tables[dtype] = base.value(every).to(dtype), base.slope(every).to(dtype)
        return tables[dtype]

    def look_up(which: int, z: Tensor) -> Tensor:
        if z.element_size() != 2:
            return (base.value, base.slope)[which](z)
        positions = z.contiguous().view(torch.int16).long() + 2**15
        return table(z.dtype)[which][positions]

    return hand_written(lambda z: look_up(0, z), lambda z, v: v * look_up(1, z))
