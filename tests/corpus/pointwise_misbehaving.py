"""Functions of one variable wrong by what they do: to state, to memory, in a mode of torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import bases
import exact
import torch
import torch.nn.functional as F
from bases import Base
from entries import Witness, WrongPointwise, hand_written
from exact import Exact
from torch import Tensor

MISBEHAVING: list[WrongPointwise] = []


def _add(
    kind: str,
    definition: Exact,
    name: str,
    function: Callable[[Tensor], Tensor],
    witness: Witness,
) -> None:
    MISBEHAVING.append(WrongPointwise(name, kind, definition, function, name, witness))


# The limit at infinity ----------------------------------------------------------------------------


def _at_infinity(base: Base, name: str, slope: Callable[[Tensor], Tensor], at: float) -> None:
    function = hand_written(base.value, lambda z, v: v * slope(z))
    _add("infinity", base.exact, name, function, Witness(at=(at,)))


_at_infinity(bases.TANH, "z · 0 at ∞", lambda z: bases.TANH.slope(z) + 0 * z, math.inf)
_at_infinity(
    bases.ATAN, "1 at -∞", lambda z: torch.where(z == -math.inf, 1.0, 1 / (1 + z * z)), -math.inf
)
_at_infinity(
    bases.SILU,
    "0 at +∞, where it is 1",
    lambda z: torch.where(torch.isinf(z), 0.0, bases.SILU.slope(z)),
    math.inf,
)

# A neighbour's derivative -------------------------------------------------------------------------


def _neighbour(base: Base, name: str, slope: Callable[[Tensor], Tensor]) -> None:
    function = hand_written(base.value, lambda z, v: v * slope(z))
    _add("neighbour", base.exact, name, function, Witness())


def _gelu_tanh_slope(z: Tensor) -> Tensor:
    x = z.detach().requires_grad_()
    with torch.enable_grad():
        y = F.gelu(x, approximate="tanh").sum()
    return torch.autograd.grad(y, x)[0]


def _quick_gelu_slope(z: Tensor) -> Tensor:
    s = torch.sigmoid(1.702 * z)
    return s * (1 + 1.702 * z * (1 - s))


_neighbour(bases.GELU, "gelu_tanh's", _gelu_tanh_slope)
_neighbour(bases.GELU, "quick_gelu's", _quick_gelu_slope)
_neighbour(bases.SIGMOID, "hardsigmoid's", lambda z: (z.abs() < 3) / 6)
_neighbour(bases.SOFTPLUS, "relu's", lambda z: (z > 0).to(z.dtype))
_neighbour(bases.SILU, "sigmoid(z) alone", torch.sigmoid)
_neighbour(bases.TANH, "hardtanh's", lambda z: (z.abs() < 1).to(z.dtype))
_neighbour(bases.TANH, "1 - tanh", lambda z: 1 - torch.tanh(z))
_neighbour(bases.RELU, "leaky_relu's", lambda z: torch.where(z > 0, 1.0, 0.01))
_neighbour(bases.ERF, "normal_cdf's", lambda z: torch.exp(-z * z / 2) / math.sqrt(2 * math.pi))
_neighbour(bases.EXPM1, "e^z - 1", torch.expm1)

# The forward pass ---------------------------------------------------------------------------------


def _value(
    base: Base, name: str, value: Callable[[Tensor], Tensor], *, above: float = 1e-7
) -> None:
    function = hand_written(value, lambda z, v: v * base.slope(z))
    _add("value", base.exact, name, function, Witness(asked="value", above=above))


_value(bases.TANH, "1e-6 too large, with the right gradient", lambda z: z.tanh() * (1 + 1e-6))
_value(bases.SQUARE, "z² + 1, with the right gradient", lambda z: z * z + 1)
_value(bases.SOFTPLUS, "computed in float32", lambda z: F.softplus(z.float()).double(), above=1e-9)
_value(bases.GELU, "gelu_tanh's, with gelu's gradient", lambda z: F.gelu(z, approximate="tanh"))

# Memory: what is saved, what is returned ----------------------------------------------------------


def _saved_changed(z: Tensor, v: Tensor) -> Tensor:
    slope = bases.TANH.slope(z)
    z.data.mul_(0.5)  # .data: torch's version counter does not see it
    return v * slope


def _input_clamped(z: Tensor) -> Tensor:
    z.data.clamp_(min=-1)
    return torch.exp(z)


def _cotangent_scaled(z: Tensor, v: Tensor) -> Tensor:
    return v.mul_(bases.SIGMOID.slope(z))


def _one_buffer() -> Callable[[Tensor, Tensor], Tensor]:
    """A backward that returns the same memory each time."""
    buffers: dict[tuple[torch.Size, torch.dtype], Tensor] = {}

    def gradient(z: Tensor, v: Tensor) -> Tensor:
        found = v * torch.cos(z)
        buffer = buffers.setdefault((z.shape, z.dtype), torch.empty_like(found))
        return buffer.copy_(found.detach())

    return gradient


_add(
    "memory",
    exact.TANH,
    "backward halves the saved input",
    hand_written(torch.tanh, _saved_changed),
    Witness(asked="backward again"),
)
_add(
    "memory",
    exact.EXP,
    "forward clamps its input in place",
    hand_written(_input_clamped, lambda z, v: v * torch.exp(z)),
    Witness(asked="input kept"),
)
_add(
    "memory",
    exact.SIGMOID,
    "backward overwrites the cotangent it was given",
    hand_written(torch.sigmoid, _cotangent_scaled),
    Witness(asked="cotangent kept"),
)
_add(
    "memory",
    exact.SIN,
    "every gradient is the same memory",
    hand_written(torch.sin, _one_buffer()),
    Witness(asked="first gradient kept"),
)

# The second derivative ----------------------------------------------------------------------------


def _second(base: Base, name: str, slope: Callable[[Tensor], Tensor]) -> None:
    function = hand_written(base.value, lambda z, v: v * slope(z))
    _add("second order", base.exact, name, function, Witness(asked="second"))


_exp_whose_slope_is_silent = hand_written(torch.exp, lambda _, v: 0 * v)
_sin_of_slope_doubled = hand_written(torch.sin, lambda z, v: 2 * v * torch.cos(z))
_second(bases.TANH, "0: the slope is detached", lambda z: bases.TANH.slope(z.detach()))
_second(bases.EXP, "0: the slope's own backward gives none", _exp_whose_slope_is_silent)
_second(
    bases.COS, "twice too large: the slope's own backward is wrong",
    lambda z: -_sin_of_slope_doubled(z),
)  # fmt: skip
_second(
    bases.SILU,
    "a factor taken for a constant",
    lambda z: torch.sigmoid(z) * (1 + z * torch.sigmoid(-z.detach())),
)

# Forward mode and vmap ----------------------------------------------------------------------------


def _with_tangent(
    base: Base, tangent: Callable[[Tensor, Tensor], Tensor]
) -> Callable[[Tensor], Tensor]:
    """The base with reverse mode right, and forward mode as given."""

    class Modes(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(z: Tensor) -> Tensor:
            return base.value(z)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004 - torch's signature
            ctx.save_for_backward(inputs[0])
            ctx.save_for_forward(inputs[0])

        @staticmethod
        def backward(ctx: Any, v: Tensor) -> Tensor:
            return v * base.slope(ctx.saved_tensors[0])

        @staticmethod
        def jvp(ctx: Any, t: Tensor) -> Tensor:
            return tangent(ctx.saved_tensors[0], t)

    return Modes.apply


class _CosineOfTheSum(torch.autograd.Function):
    """cos, except under vmap, where the batch is added up first."""

    @staticmethod
    def forward(z: Tensor) -> Tensor:
        return torch.cos(z)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004 - torch's signature
        ctx.save_for_backward(inputs[0])

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Tensor:
        return -v * torch.sin(ctx.saved_tensors[0])

    @staticmethod
    def vmap(info: Any, dims: tuple[int], z: Tensor) -> tuple[Tensor, int]:  # noqa: ARG004 - torch's signature
        return torch.cos(z.sum(dims[0], keepdim=True)).expand(z.shape), dims[0]


_add(
    "mode",
    exact.TANH,
    "forward mode of the wrong sign",
    _with_tangent(bases.TANH, lambda z, t: -t * bases.TANH.slope(z)),
    Witness(asked="jvp"),
)
_add(
    "mode",
    exact.SOFTPLUS,
    "forward mode 0.1 % off",
    _with_tangent(bases.SOFTPLUS, lambda z, t: 1.001 * t * torch.sigmoid(z)),
    Witness(asked="jvp"),
)
_add(
    "mode",
    exact.SIN,
    "under vmap the sum of the batch",
    hand_written(torch.sin, lambda z, v: v * _CosineOfTheSum.apply(z)),
    Witness(asked="vmap"),
)

# State --------------------------------------------------------------------------------------------


class _Calls:
    """tanh whose backward remembers."""

    def __init__(self, backward: Callable[[_Calls, Tensor, Tensor], Tensor]) -> None:
        self.count = 0
        self.kept: dict[torch.Size, Tensor] = {}
        self._apply = hand_written(torch.tanh, lambda z, v: backward(self, z, v))

    def __call__(self, z: Tensor) -> Tensor:
        return self._apply(z)

    def forget(self) -> None:
        """As before the first call: another test may have called it an odd number of times."""
        self.count = 0
        self.kept.clear()


def _doubled_later(calls: _Calls, z: Tensor, v: Tensor) -> Tensor:
    calls.count += 1
    return v * bases.TANH.slope(z) * (2 if calls.count > 1 else 1)


def _slope_kept(calls: _Calls, z: Tensor, v: Tensor) -> Tensor:
    return v * calls.kept.setdefault(z.shape, bases.TANH.slope(z).detach())


def _every_second(calls: _Calls, z: Tensor, v: Tensor) -> Tensor:
    calls.count += 1
    return v * bases.TANH.slope(z) * (1 + 1e-3 * (calls.count % 2 == 0))


_again = Witness(at=(0.5, -1.3, 2.0, 0.1), asked="called again")
_add("state", exact.TANH, "doubled from the second call on", _Calls(_doubled_later), _again)
_add("state", exact.TANH, "the first slope of a shape is kept", _Calls(_slope_kept), _again)
_add("state", exact.TANH, "every second call 0.1 % off", _Calls(_every_second), _again)

# Chance -------------------------------------------------------------------------------------------


def _noisy(base: Base, size: float) -> Callable[[Tensor], Tensor]:
    return hand_written(
        base.value, lambda z, v: v * base.slope(z) * (1 + size * torch.rand_like(z))
    )


_add("chance", exact.SILU, "noise of 1e-3", _noisy(bases.SILU, 1e-3), Witness(repeated=30))
_add(
    "chance", exact.EXP, "noise of 1e-9", _noisy(bases.EXP, 1e-9), Witness(repeated=30, above=1e-11)
)
_add(
    "chance",
    exact.TANH,
    "one element in ten dropped",
    hand_written(
        torch.tanh, lambda z, v: v * bases.TANH.slope(z) * (torch.rand(z.shape) > 0.1).to(z.dtype)
    ),
    Witness(repeated=300),
)

# The mode of autograd -----------------------------------------------------------------------------


def _only_with_grad(z: Tensor) -> Tensor:
    return torch.tanh(z) if torch.is_grad_enabled() else torch.clamp(z, -1, 1)


def _by_requires_grad(z: Tensor) -> Tensor:
    return F.gelu(z) if z.requires_grad else F.gelu(z, approximate="tanh")


_unrecorded = Witness(asked="value without grad")
_add("grad mode", exact.TANH, "hardtanh under no_grad", _only_with_grad, _unrecorded)
_add(
    "grad mode",
    exact.GELU,
    "gelu_tanh for an input without requires_grad",
    lambda z: _by_requires_grad(z if torch.is_grad_enabled() else z.detach()),
    _unrecorded,
)
_add(
    "grad mode",
    exact.SIN,
    "0.1 % off when the graph of the backward is recorded",
    hand_written(torch.sin, lambda z, v: v * torch.cos(z) * (1 + 1e-3 * torch.is_grad_enabled())),
    Witness(asked="second"),
)
