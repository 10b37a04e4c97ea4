"""Backwards wrong in a circumstance only: a layout, a batch of one, the second derivative."""
# ruff: noqa: ARG005, ARG001 - every change of gradients takes the same three arguments

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from backwards import (
    Backward,
    Function,
    Gradients,
    backward_of,
    gradients,
    written,
)
from collected import Collected
from entries import Arrays, WrongArrays
from plain import (
    attention,
    drawn,
    layer_norm,
)
from torch import Tensor

CIRCUMSTANCES = Collected()
_pair = drawn((4, 6), (4, 6))
_normed = drawn((4, 8), (8,), (8,))
_qkv = drawn((2, 5, 4), (2, 5, 4), (2, 5, 4))


def _swiglu(a: Tensor, b: Tensor) -> Tensor:
    return F.silu(a) * b


# The same call, another circumstance --------------------------------------------------------------


def _as_stored(x: Tensor) -> Tensor:
    """The numbers in the order of memory."""
    return torch.as_strided(x, x.shape, torch.empty(x.shape).stride(), x.storage_offset())


def _column_stored() -> Arrays:
    x, w = drawn((4, 6), (4, 3))()
    return x.detach().t().requires_grad_(), w


CIRCUMSTANCES.add(
    "circumstance", "matmul", torch.matmul,
    lambda x, v: [v @ x[1].mT, _as_stored(x[0].detach()).mT @ v], _column_stored,
    "right only for contiguous input",
)  # fmt: skip


def _last_of_batch(g: list[Tensor], x: tuple[Tensor, ...], v: Tensor) -> Gradients:
    return [g[0], g[1] if x[0].shape[0] > 1 else torch.zeros_like(g[1])]


CIRCUMSTANCES.change(
    "circumstance", "matmul", torch.matmul, _last_of_batch, drawn((1, 4), (4, 3)),
    "no gradient of the weight for a batch of one",
)  # fmt: skip


def _dropped(x: Tensor, seed: int) -> Tensor:
    draw = torch.Generator().manual_seed(seed)
    return x * (torch.rand(x.shape, generator=draw) > 0.3) / 0.7


CIRCUMSTANCES.like(
    "circumstance", "dropout", partial(_dropped, seed=1), partial(_dropped, seed=2),
    drawn((8, 8)), "the mask is drawn anew",
)  # fmt: skip


def _scaled_in_place(x: Tensor, w: Tensor) -> Tensor:
    x.data.mul_(1 / math.sqrt(x.shape[-1]))
    return x @ w


CIRCUMSTANCES.add(
    "circumstance", "scaled matmul", _scaled_in_place,
    lambda x, v: [v @ x[1].mT / math.sqrt(x[0].shape[-1]), x[0].mT @ v], drawn((4, 4), (4, 4)),
    "scales its input in place", asked="inputs kept",
)  # fmt: skip


def _keeps_alias() -> Function:
    """x + w that returns its input's own memory, written over."""
    return written(
        lambda x, w: x.data.add_(w.data),
        lambda x, v: [v, v],
    )


CIRCUMSTANCES.append(
    WrongArrays(
        "x + w", "circumstance", _keeps_alias(), torch.add, drawn((4, 4), (4, 4)),
        "returns its input's memory, written over", "inputs kept",
    )
)  # fmt: skip
CIRCUMSTANCES.append(
    WrongArrays(
        "linear", "circumstance",
        written(lambda x, w: x @ w.mT * (1 + 1e-6), backward_of(F.linear)), F.linear,
        drawn((4, 3), (5, 3)), "a value 1e-6 too large, with the right gradient", "value",
    )
)  # fmt: skip

# Second derivatives -------------------------------------------------------------------------------


def _with_constants(value: Function, which: Sequence[int]) -> Backward:
    """The right gradients, differentiable by the cotangent but not by the inputs in `which`."""
    return lambda inputs, v: gradients(
        value, [x.detach() if k in which else x for k, x in enumerate(inputs)], v
    )


def _second(
    name: str, value: Function, which: Sequence[int], example: Callable[[], Arrays]
) -> None:
    wrong = "the first is right, the second is none: what was saved is detached"
    CIRCUMSTANCES.add(
        "second order", name, value, _with_constants(value, which), example, wrong, asked="second"
    )  # fmt: skip


_second("swiglu", _swiglu, (0, 1), _pair)
_second("layer_norm", layer_norm, (0,), _normed)
_second("attention", attention, (0, 1, 2), _qkv)
CIRCUMSTANCES.add(
    "second order", "sum of squares", lambda x: (x * x).sum(-1),
    lambda x, v: [written(lambda z: 2 * z, lambda _, u: [3 * u])(x[0]) * v[..., None]],
    drawn((3, 4)), "the first is right, the second 3/2 of what it is", asked="second",
)  # fmt: skip
