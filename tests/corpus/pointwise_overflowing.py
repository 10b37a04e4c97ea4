"""Plain torch formulas that over- or underflow, or have a kink, where the function does not."""

from __future__ import annotations

from collections.abc import Callable

import exact
import torch
import torch.nn.functional as F
from entries import Witness, WrongPointwise, hand_written
from exact import Exact
from torch import Tensor

OVERFLOWING: list[WrongPointwise] = []


def _add(
    kind: str,
    definition: Exact,
    name: str,
    function: Callable[[Tensor], Tensor],
    witness: Witness,
) -> None:
    OVERFLOWING.append(WrongPointwise(name, kind, definition, function, name, witness))


# A formula that overflows where the function does not ---------------------------------------------


def _plain(definition: Exact, name: str, function: Callable[[Tensor], Tensor], at: float) -> None:
    _add("overflow", definition, name, function, Witness(at=(at,)))


def _sigmoid_by_cases(z: Tensor) -> Tensor:
    e = torch.exp(-z.abs())
    return torch.where(z >= 0, 1 / (1 + e), e / (1 + e))


_plain(exact.SIGMOID, "e^z/(1 + e^z): ∞/∞ from 710 on", lambda z: z.exp() / (1 + z.exp()), 720)
_plain(exact.SIGMOID, "1/(1 + e^-z): 0 · ∞ below -709", lambda z: 1 / (1 + torch.exp(-z)), -720)
_plain(
    exact.TANH,
    "(e^z - e^-z)/(e^z + e^-z): ∞/∞",
    lambda z: (z.exp() - (-z).exp()) / (z.exp() + (-z).exp()),
    720,
)
_plain(exact.SOFTPLUS, "log(1 + e^z): ∞ from 710 on", lambda z: torch.log(1 + z.exp()), 720)
_plain(exact.LOGSIGMOID, "log(sigmoid(z)): log 0", lambda z: torch.sigmoid(z).log(), -800)
_plain(
    exact.ELU,
    "where(z > 0, z, e^z - 1): 0 · ∞ in the branch not taken",
    lambda z: torch.where(z > 0, z, z.exp() - 1),
    720,
)
_plain(exact.HYPOT, "√(1 + z²): z² overflows", lambda z: torch.sqrt(1 + z * z), 1e160)
_plain(
    exact.MISH,
    "z n/(n + 2), n = e^z (e^z + 2): ∞/∞",
    lambda z: z * (z.exp() * (z.exp() + 2)) / (z.exp() * (z.exp() + 2) + 2),
    400,
)
_plain(exact.SINH, "(e^z - e^-z)/2 a step too early", lambda z: (z.exp() - (-z).exp()) / 2, 710)
# SLEEF's vectorised sinh and cosh give ∞ beyond |z| = 709 (sleef.org/3-libm, Sleef_sinhd4_u10)
_beyond_709 = Witness(at=(710.0,), repeated=64)  # a tail shorter than a vector is scalar
_add("overflow", exact.SINH, "torch.sinh beyond 709", torch.sinh, _beyond_709)
_add(
    "overflow",
    exact.HARDSWISH,
    "F.hardswish's value beyond 3e307: 6 z overflows",
    F.hardswish,
    Witness(at=(1e308,), asked="value"),
)
# torch multiplies by ½ last (derivatives.yaml: -0.5 * grad * result.pow(3)), a factor too late
_half_too_late = Witness(at=(2.2e-206,))
_add("overflow", exact.RSQRT, "torch.rsqrt from 2.0e-206 to 2.5e-206", torch.rsqrt, _half_too_late)
_add("overflow", exact.RSQRT, "z^-½ from 2.0e-206 to 2.5e-206", lambda z: z**-0.5, _half_too_late)
_add("overflow", exact.COSH, "torch.cosh beyond 709", torch.cosh, _beyond_709)
_add(
    "zero",
    exact.SIGMOID,
    "by cases with e^-|z|: |z| has slope 0 at zero",
    _sigmoid_by_cases,
    Witness(at=(0.0,)),
)
_add(
    "overflow",
    exact.SILU,
    "silu's backward with e^-z/(1 + e^-z)²: ∞/∞",
    hand_written(
        F.silu,
        lambda z, v: v * (torch.sigmoid(z) + z * torch.exp(-z) / (1 + torch.exp(-z)) ** 2),
    ),
    Witness(at=(-400.0,)),
)

# A branch or a kink of the formula where the function is smooth -----------------------------------
_add(
    "zero",
    exact.SOFTPLUS,
    "relu(z) + log1p(e^-|z|): two kinks that do not cancel in torch",
    lambda z: F.relu(z) + torch.log1p(torch.exp(-z.abs())),
    Witness(at=(0.0,)),
)
_add("zero", exact.ABS, "√(z²): 0/0", lambda z: torch.sqrt(z * z), Witness(at=(0.0,)))
_add(
    "zero",
    exact.ASINH,
    "sign(z) log(|z| + √(z² + 1)): |z| has slope 0 at zero",
    lambda z: torch.sign(z) * torch.log(z.abs() + torch.sqrt(z * z + 1)),
    Witness(at=(0.0,)),
)
