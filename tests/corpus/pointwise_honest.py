"""Honest functions of one variable: torch's own, textbook formulas, other algorithms.

None may be called wrong. Whether the gradient keeps its relative accuracy or loses it by formula
(1 − tanh², σ(1 − σ): the error is small beside 1, not beside the gradient) is marked. A formula
that over- or underflows to a wrong number somewhere is wrong there, and is no part of this list.
"""
# ruff: noqa: E501 - a row of a table a line

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

import bases
import exact
import torch
import torch.nn.functional as F
from algorithms import (
    exp_by_polynomial,
    expm1_by_series,
    log1p_by_kahan,
    log_by_series,
    sine_by_polynomial,
    sqrt_by_newton,
    tabulated,
)
from entries import FLOATS, HonestPointwise, hand_written
from exact import Exact
from torch import Tensor
from torch.utils.checkpoint import checkpoint

HONEST: list[HonestPointwise] = []

_Function = Callable[[Tensor], Tensor]
_WIDE = (torch.float64, torch.float32, torch.bfloat16)  # float16 overflows at 65,504
_NARROW = (torch.float16, torch.bfloat16)
_FLOAT64 = (torch.float64,)
_PRECISE = (torch.float64, torch.float32)


def _add(
    kind: str,
    definition: Exact,
    name: str,
    function: _Function,
    digits: Literal["accurate", "loses digits"] = "accurate",
    dtypes: tuple[torch.dtype, ...] = FLOATS,
) -> None:
    HONEST.append(HonestPointwise(name, kind, definition, function, digits, dtypes))


# torch's own --------------------------------------------------------------------------------------
_OWN: tuple[tuple[Exact, str, _Function], ...] = (
    (exact.EXP, "torch.exp", torch.exp),
    (exact.LOG, "torch.log", torch.log),
    (exact.LOG1P, "torch.log1p", torch.log1p),
    (exact.LOG2, "torch.log2", torch.log2),
    (exact.LOG10, "torch.log10", torch.log10),
    (exact.SQRT, "torch.sqrt", torch.sqrt),
    (exact.RECIPROCAL, "torch.reciprocal", torch.reciprocal),
    (exact.SQUARE, "torch.square", torch.square),
    (exact.SIN, "torch.sin", torch.sin),
    (exact.COS, "torch.cos", torch.cos),
    (exact.ATAN, "torch.atan", torch.atan),
    (exact.ERF, "torch.erf", torch.erf),
    (exact.ERFC, "torch.erfc", torch.erfc),
    (exact.RELU, "F.relu", F.relu),
    (exact.ABS, "torch.abs", torch.abs),
    (exact.LEAKY_RELU, "F.leaky_relu", lambda z: F.leaky_relu(z, 0.125)),
    (exact.HARDTANH, "F.hardtanh", F.hardtanh),
    (exact.LOGSIGMOID, "F.logsigmoid", F.logsigmoid),
    (exact.ELU, "F.elu", F.elu),
    (exact.TAN, "torch.tan", torch.tan),
)
for _definition, _name, _function in _OWN:
    _add("torch", _definition, _name, _function)

_OWN_LOSING: tuple[tuple[Exact, str, _Function], ...] = (
    (exact.TANH, "torch.tanh", torch.tanh),
    (exact.SIGMOID, "torch.sigmoid", torch.sigmoid),
    (exact.SILU, "F.silu", F.silu),
    (exact.MISH, "F.mish", F.mish),
    (exact.TANHSHRINK, "F.tanhshrink", F.tanhshrink),
    (exact.SOFTSIGN, "F.softsign", F.softsign),
    (exact.EXPM1, "torch.expm1", torch.expm1),
    (exact.GELU, "F.gelu", F.gelu),
)
for _definition, _name, _function in _OWN_LOSING:
    _add("torch", _definition, _name, _function, "loses digits")

# Hand-written backwards, right --------------------------------------------------------------------
for _base in bases.ALL:
    # where e^-|z| is subnormal the products of silu' and gelu' have lost it
    _add(
        "written",
        _base.exact,
        f"{_base.exact} by its slope",
        _base.right(),
        "loses digits" if _base in {bases.SILU, bases.GELU} else "accurate",
    )
_add(
    "written",
    exact.TANH,
    "1 - y² from the saved output",
    hand_written(torch.tanh, lambda z, v: v * (1 - torch.tanh(z) ** 2)),
    "loses digits",
)
_add(
    "written",
    exact.SIGMOID,
    "y (1 - y) from the saved output",
    hand_written(torch.sigmoid, lambda z, v: v * torch.sigmoid(z) * (1 - torch.sigmoid(z))),
    "loses digits",
)
_add(
    "written",
    exact.GELU,
    "erf and a Gaussian",
    hand_written(
        F.gelu,
        lambda z, v: (
            v
            * (
                0.5 * (1 + torch.erf(z * math.sqrt(0.5)))
                + z * torch.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
            )
        ),
    ),
    "loses digits",
    _PRECISE,
)

# Textbook formulas --------------------------------------------------------------------------------


def _sigmoid_by_minimum(z: Tensor) -> Tensor:
    below = torch.exp(z.clamp(max=0))  # 1 at positive numbers
    above = torch.exp((-z).clamp(max=0))
    return torch.where(z >= 0, 1 / (1 + above), below / (1 + below))


def _tanh_by_expm1(z: Tensor) -> Tensor:
    t = torch.expm1((-2 * z).clamp(max=0))
    s = torch.expm1((2 * z).clamp(max=0))
    return torch.where(z >= 0, -t / (2 + t), s / (2 + s))


def _softplus_by_maximum(z: Tensor) -> Tensor:
    return torch.maximum(z, z.new_zeros(())) + torch.log1p(torch.exp(-z.abs()))


def _logsigmoid_by_minimum(z: Tensor) -> Tensor:
    return torch.minimum(z, z.new_zeros(())) - torch.log1p(torch.exp(-z.abs()))


def _elu_guarded(z: Tensor) -> Tensor:
    return torch.where(z > 0, z, torch.expm1(z.clamp(max=0)))


def _gelu_by_erf(z: Tensor) -> Tensor:
    return 0.5 * z * (1 + torch.erf(z * math.sqrt(0.5)))


def _gelu_by_erfc(z: Tensor) -> Tensor:
    return 0.5 * z * torch.erfc(-z * math.sqrt(0.5))


def _mish_composed(z: Tensor) -> Tensor:
    return z * torch.tanh(F.softplus(z, threshold=50))  # tanh is 1 long before


_TEXTBOOK: tuple[tuple[Exact, str, _Function, str, tuple[torch.dtype, ...]], ...] = (
    (exact.SIGMOID, "by cases, clamped", _sigmoid_by_minimum, "accurate", _PRECISE),
    (exact.SIGMOID, "½ (1 + tanh(z/2))", lambda z: 0.5 * (1 + torch.tanh(z / 2)), "loses digits", _PRECISE),
    (exact.SIGMOID, "exp(-log(1 + e^-z))", lambda z: torch.exp(-torch.logaddexp(-z, z.new_zeros(()))), "accurate", _FLOAT64),
    (exact.TANH, "by expm1", _tanh_by_expm1, "loses digits", _PRECISE),
    (exact.TANH, "2 sigmoid(2z) - 1", lambda z: 2 * torch.sigmoid(2 * z) - 1, "loses digits", _FLOAT64),
    (exact.SILU, "z · sigmoid(z)", lambda z: z * torch.sigmoid(z), "loses digits", _PRECISE),
    (exact.GELU, "with erf", _gelu_by_erf, "loses digits", _PRECISE),
    (exact.GELU, "with erfc", _gelu_by_erfc, "accurate", _PRECISE),
    (exact.GELU, "z · ndtr(z)", lambda z: z * torch.special.ndtr(z), "loses digits", _PRECISE),
    (exact.MISH, "z tanh(softplus(z))", _mish_composed, "loses digits", _FLOAT64),
    (exact.SOFTPLUS, "logaddexp(z, 0)", lambda z: torch.logaddexp(z, z.new_zeros(())), "accurate", _PRECISE),
    (exact.SOFTPLUS, "-logsigmoid(-z)", lambda z: -F.logsigmoid(-z), "accurate", FLOATS),
    (exact.SOFTPLUS, "max(z, 0) + log1p(e^-|z|)", _softplus_by_maximum, "accurate", _PRECISE),
    (exact.LOGSIGMOID, "min(z, 0) - log1p(e^-|z|)", _logsigmoid_by_minimum, "accurate", _PRECISE),
    (exact.LOGSIGMOID, "-logaddexp(-z, 0)", lambda z: -torch.logaddexp(-z, z.new_zeros(())), "accurate", _PRECISE),
    (exact.ELU, "a guarded where", _elu_guarded, "loses digits", _PRECISE),
    (exact.TANHSHRINK, "z - tanh(z)", lambda z: z - torch.tanh(z), "loses digits", _PRECISE),
    (exact.EXP, "2^(z log₂e)", lambda z: torch.exp2(z * math.log2(math.e)), "accurate", _FLOAT64),
    (exact.EXP, "(e^(z/2))²", lambda z: torch.exp(z / 2) * torch.exp(z / 2), "accurate", _FLOAT64),
    (exact.RSQRT, "1/√z", lambda z: 1 / torch.sqrt(z), "accurate", _PRECISE),
    (exact.SQRT, "z^½", lambda z: z**0.5, "accurate", _PRECISE),
    (exact.RECIPROCAL, "1/z", lambda z: 1 / z, "accurate", _PRECISE),
    (exact.RECIPROCAL, "z^-1", lambda z: z**-1, "accurate", _PRECISE),
    (exact.SQUARE, "z · z", lambda z: z * z, "accurate", FLOATS),
    (exact.SQUARE, "z^2", lambda z: z**2, "accurate", FLOATS),
    (exact.SQUARE, "einsum", lambda z: torch.einsum("...,...->...", z, z), "accurate", _PRECISE),
    (exact.CUBE, "z · z · z", lambda z: z * z * z, "accurate", _PRECISE),
    (exact.CUBE, "z^3", lambda z: z**3, "accurate", _PRECISE),
    (exact.CUBIC, "Horner", lambda z: (z * z - 2) * z, "accurate", _FLOAT64),
    (exact.SIN, "2 sin(z/2) cos(z/2)", lambda z: 2 * torch.sin(z / 2) * torch.cos(z / 2), "accurate", _FLOAT64),
    (exact.COS, "1 - 2 sin²(z/2)", lambda z: 1 - 2 * torch.sin(z / 2) ** 2, "accurate", _FLOAT64),
    (exact.TAN, "sin/cos", lambda z: torch.sin(z) / torch.cos(z), "accurate", _FLOAT64),
    (exact.ERF, "1 - erfc(z)", lambda z: 1 - torch.erfc(z), "accurate", _FLOAT64),
    (exact.NORMAL_CDF, "½ erfc(-z/√2)", lambda z: 0.5 * torch.erfc(-z * math.sqrt(0.5)), "accurate", _FLOAT64),
    (exact.NORMAL_CDF, "ndtr", torch.special.ndtr, "accurate", _PRECISE),
    (exact.GAUSSIAN, "exp(-z²)", lambda z: torch.exp(-z * z), "accurate", _FLOAT64),
    (exact.HYPOT, "hypot(z, 1)", lambda z: torch.hypot(z, torch.ones_like(z)), "accurate", _PRECISE),
    (exact.ATAN, "atan2(z, 1)", lambda z: torch.atan2(z, torch.ones_like(z)), "accurate", _FLOAT64),
    (exact.RELU, "clamp(min=0)", lambda z: z.clamp(min=0), "accurate", FLOATS),
    (exact.RELU, "maximum(z, 0)", lambda z: torch.maximum(z, z.new_zeros(())), "accurate", FLOATS),
    (exact.RELU, "where(z > 0, z, 0)", lambda z: torch.where(z > 0, z, 0), "accurate", FLOATS),
    (exact.RELU, "-min(-z, 0)", lambda z: -torch.minimum(-z, z.new_zeros(())), "accurate", FLOATS),
    (exact.ABS, "max(z, -z)", lambda z: torch.maximum(z, -z), "accurate", FLOATS),
    (exact.ABS, "z · sign(z)", lambda z: z * torch.sign(z), "accurate", FLOATS),
    (exact.HARDTANH, "two clamps", lambda z: z.clamp(min=-1).clamp(max=1), "accurate", FLOATS),
    (exact.AFFINE, "z + z + z + 1", lambda z: z + z + z + 1, "accurate", FLOATS),
)  # fmt: skip
for _definition, _name, _function, _digits, _dtypes in _TEXTBOOK:
    _add("textbook", _definition, _name, _function, _digits, _dtypes)  # type: ignore[arg-type]

# Other algorithms ---------------------------------------------------------------------------------
_add("algorithm", exact.EXP, "a polynomial after reduction", exp_by_polynomial, dtypes=_FLOAT64)
_add("algorithm", exact.EXPM1, "a series near zero", expm1_by_series, "loses digits", _FLOAT64)
_add("algorithm", exact.LOG, "frexp and the series of atanh", log_by_series, dtypes=_FLOAT64)
_add("algorithm", exact.LOG1P, "Kahan's quotient", log1p_by_kahan, dtypes=_FLOAT64)
_add("algorithm", exact.SQRT, "Newton's iteration", sqrt_by_newton, dtypes=_FLOAT64)
_add("algorithm", exact.SIN, "Taylor on |z| < 1", sine_by_polynomial, dtypes=_FLOAT64)
for _base in (bases.TANH, bases.GELU, bases.SIGMOID):
    _add("algorithm", _base.exact, f"{_base.exact} by a table", tabulated(_base), dtypes=_NARROW)

# Other ways to run the same -----------------------------------------------------------------------


def _upcast(function: _Function) -> _Function:
    return lambda z: function(z.float()).to(z.dtype)


def _in_halves(z: Tensor) -> Tensor:
    flat = z.flatten()
    return torch.cat([torch.exp(part) for part in flat.chunk(2)]).reshape(z.shape)


def _in_place(z: Tensor) -> Tensor:
    return z.clone().mul_(3).add_(1)


def _element_by_element(z: Tensor) -> Tensor:
    """vmap over a flat tensor."""
    return torch.func.vmap(torch.sin)(z.flatten()).reshape(z.shape)


def _masked(z: Tensor) -> Tensor:
    result = torch.zeros_like(z)
    positive = z > 0
    result[positive] = z[positive]
    return result


_add("run", exact.TANH, "checkpointed", lambda z: checkpoint(torch.tanh, z, use_reentrant=False), "loses digits", _PRECISE)  # fmt: skip
_add("run", exact.SILU, "computed in float32", _upcast(F.silu), "loses digits", _NARROW)
_add("run", exact.GELU, "computed in float32 ", _upcast(F.gelu), dtypes=_NARROW)
_add("run", exact.EXP, "in two halves", _in_halves, dtypes=_PRECISE)
_add("run", exact.AFFINE, "in place", _in_place)
_add("run", exact.SIN, "vmap", _element_by_element, dtypes=_PRECISE)
_add("run", exact.RELU, "by a mask", _masked)
