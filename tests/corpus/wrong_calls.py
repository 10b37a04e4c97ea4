"""Backwards that are right in a plain call at the numbers given, and wrong in another call."""
# ruff: noqa: ARG001, ARG004, ARG005 - witnesses and torch's methods have their arguments in common

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from backwards import Function, gradients, written
from entries import Arrays, WrongArrays
from plain import drawn
from torch import Tensor

CALLS: list[WrongArrays] = []
Witness = Callable[[Function, Arrays], Tensor]
_pair, _one = drawn((4, 6), (4, 6)), drawn((4, 7))


def _swiglu(a: Tensor, b: Tensor) -> Tensor:
    return F.silu(a) * b


def _add(
    kind: str, wrong: str, function: Function, shows: Witness, right: Function = _swiglu
) -> None:
    example = _pair if right in (_swiglu, torch.mul) else _one
    name = right.__name__.lstrip("_")
    CALLS.append(WrongArrays(name, kind, function, right, example, wrong, "call", shows=shows))


def _off(factor: Callable[..., Any], right: Function = _swiglu) -> Function:
    """The first gradient times `factor(cotangent, *inputs)`."""

    def backward(inputs: Arrays, v: Tensor) -> list[Any]:
        first, *others = gradients(right, inputs, v)
        return [first * factor(v, *inputs), *others]

    return written(right, backward)


# Witnesses: the first gradient in a circumstance --------------------------------------------------


def _first(function: Function, inputs: Arrays, v: Tensor | None = None, **options: bool) -> Tensor:
    y = function(*inputs)
    v = torch.linspace(-1, 2, y.numel(), dtype=y.dtype).reshape(y.shape) if v is None else v
    return torch.autograd.grad(y, inputs[0], v, **options)[0].detach()


def _of_cotangent(values: Callable[[Tensor], Tensor]) -> Witness:
    return lambda function, inputs: _first(function, inputs, values(inputs[0].detach()))


def _laid_out(layout: Callable[[Tensor], Tensor], which: int) -> Witness:
    def shown(function: Function, inputs: Arrays) -> Tensor:
        given = list(inputs)
        given[which] = layout(given[which].detach()).requires_grad_()
        return _first(function, tuple(given))

    return shown


def _part(x: Tensor) -> Tensor:
    larger = x.new_zeros(x.shape[0] + 1, x.shape[1] + 3)
    return larger[1:, 3:].copy_(x)


def _after_rows(x: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(x), x])[x.shape[0] :]


def _by_columns(x: Tensor) -> Tensor:
    return x.mT.contiguous().mT


_add(
    "call",
    "1 % off for an expanded cotangent",
    _off(lambda v, *_: 1.01 if 0 in v.stride() else 1),
    _of_cotangent(lambda x: x.new_ones(()).expand(x.shape)),
)
_add(
    "call",
    "1 % off for a cotangent of ones",
    _off(lambda v, *_: 1.01 if (v == 1).all() else 1),
    _of_cotangent(torch.ones_like),
)
_add(
    "call",
    "1 % off if the second input alone is transposed",
    _off(lambda v, a, b: 1 if b.is_contiguous() or not a.is_contiguous() else 1.01),
    _laid_out(_by_columns, 1),
)
_add(
    "call",
    "1 % off for a part of a larger matrix",
    _off(lambda v, a, b: 1.01 if a.stride(0) > a.shape[1] else 1),
    _laid_out(_part, 0),
)
_add(
    "call",
    "1 % off for a tensor that starts late in its storage",
    _off(lambda v, a, b: 1.01 if a.storage_offset() else 1),
    _laid_out(_after_rows, 0),
)
_add(
    "call",
    "1 % off if the backward is recorded",
    _off(lambda *_: 1.01 if torch.is_grad_enabled() else 1),
    lambda f, inputs: _first(f, inputs, create_graph=True),
)


class _Alone(torch.autograd.Function):
    """Takes the gradients in another order if only one is needed."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return _swiglu(a, b)

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        of_a, of_b = gradients(_swiglu, ctx.saved_tensors, v)
        return (of_a, of_b) if all(ctx.needs_input_grad) else (of_b, of_a)


_add(
    "call",
    "the other input's gradient if only one is needed",
    _Alone.apply,
    lambda f, inputs: _first(f, (inputs[0], inputs[1].detach())),
)


class _Retained(torch.autograd.Function):
    """Overwrites what it saved."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.a, ctx.b, ctx.s = a.detach(), b.detach(), torch.sigmoid(a.detach())
        return _swiglu(a, b)

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        s = ctx.s
        found = v * ctx.b * s * (1 + ctx.a * (1 - s)), v * ctx.a * s
        s.zero_()
        return found


def _a_second_time(function: Function, inputs: Arrays) -> Tensor:
    y = function(*inputs)
    torch.autograd.grad(y, inputs[0], torch.ones_like(y), retain_graph=True)
    return torch.autograd.grad(y, inputs[0], torch.ones_like(y))[0]


_add("call", "0 in a second pass: what was saved is overwritten", _Retained.apply, _a_second_time)


class _Stale(torch.autograd.Function):
    """Keeps its numbers in the class."""

    kept: tuple[Tensor, ...] = ()

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        _Stale.kept = (a.detach(), b.detach())
        return _swiglu(a, b)

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        return tuple(gradients(_swiglu, _Stale.kept, v))


def _interleaved(function: Function, inputs: Arrays) -> Tensor:
    y = function(*inputs)
    function(*(2 * x for x in inputs))
    return torch.autograd.grad(y, inputs[0], torch.ones_like(y))[0]


_add("call", "the last call's numbers, whichever is differentiated", _Stale.apply, _interleaved)


class _Overwritten(torch.autograd.Function):
    """Writes into the cotangent."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return _swiglu(a, b)

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        found = gradients(_swiglu, ctx.saved_tensors, v)
        v.mul_(2)
        return tuple(found)


def _cotangent_after(function: Function, inputs: Arrays) -> Tensor:
    v = torch.ones_like(inputs[0])
    _first(function, inputs, v)
    return v


_add("call", "doubles the cotangent it was given", _Overwritten.apply, _cotangent_after)


class _Same(torch.autograd.Function):
    """Gives one gradient for two inputs in the same memory."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        ctx.same = a.data_ptr() == b.data_ptr()
        return a * b

    @staticmethod
    def backward(ctx: Any, v: Tensor) -> Any:
        a, b = ctx.saved_tensors
        return v * b, None if ctx.same else v * a


_add(
    "call",
    "half of the gradient if both inputs are one tensor",
    _Same.apply,
    lambda f, inputs: _first(f, (inputs[0], inputs[0])),
    torch.mul,
)


def _in_training(a: Tensor, b: Tensor) -> Tensor:
    return _swiglu(a, b) * (1 if torch.is_grad_enabled() else 1.01)


def _without_grad(function: Function, inputs: Arrays) -> Tensor:
    with torch.no_grad():
        return function(*inputs)


_add("call", "another value where no gradient is recorded", _in_training, _without_grad)

# Other cotangents ---------------------------------------------------------------------------------


def _changed(change: Callable[[Tensor, Tensor], Tensor]) -> Function:
    """The first gradient changed: `change(gradient, cotangent)`."""

    def backward(inputs: Arrays, v: Tensor) -> list[Any]:
        first, *others = gradients(_swiglu, inputs, v)
        return [change(first, v), *others]

    return written(_swiglu, backward)


_add(
    "other cotangent",
    "0.001 for a cotangent of 0",
    _changed(lambda g, v: g + 1e-3 * (v == 0)),
    _of_cotangent(torch.zeros_like),
)
_add(
    "other cotangent",
    "0 for a cotangent below 1e-6",
    _changed(lambda g, v: torch.where(v.abs() < 1e-6, 0.0, g)),
    _of_cotangent(lambda x: 1e-9 * torch.ones_like(x)),
)
_add(
    "other cotangent",
    "held between -100 and 100",
    _changed(lambda g, v: g.clamp(-100, 100)),
    _of_cotangent(lambda x: 1e6 * torch.ones_like(x)),
)
_add(
    "other cotangent",
    "its norm is held to 100",
    _changed(lambda g, v: g * (100 / g.norm()).clamp(max=1)),
    _of_cotangent(lambda x: 1e6 * torch.ones_like(x)),
)
_add(
    "other cotangent",
    "0 for a cotangent of NaN",
    _changed(lambda g, v: g.nan_to_num()),
    lambda f, inputs: _first(f, inputs, torch.full_like(inputs[0], math.nan)).isnan().double(),
)

# Of each entry: other numbers, other shapes -------------------------------------------------------


def _silu(x: Tensor) -> Tensor:
    return x * torch.sigmoid(x)


def _at(*values: float) -> Witness:
    def shown(function: Function, inputs: Arrays) -> Tensor:
        x = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        return _first(function, (x,), torch.ones_like(x))

    return shown


def _entry(wrong: str, factor: Callable[[Tensor, Tensor], Any], shows: Witness) -> None:
    _add("elsewhere", wrong, _off(factor, _silu), shows, _silu)


def _last_of_odd(v: Tensor, x: Tensor) -> Tensor:
    factor = torch.ones(x.numel(), dtype=x.dtype)
    factor[x.numel() - x.numel() % 2 :] = 0
    return factor.reshape(x.shape)


def _after_its_like(v: Tensor, x: Tensor) -> Tensor:
    flat = x.reshape(-1)
    like = torch.cat([flat[:1] * 0, (flat[1:] == flat[:-1]).to(x.dtype)])
    return (1 - like).reshape(x.shape)


_entry("1 % off from 11 on", lambda v, x: torch.where(x > 11, 1.01, 1.0).to(x.dtype), _at(12.0))
_entry("0 beyond -6.5", lambda v, x: (x > -6.5).to(x.dtype), _at(-7.0))
_entry("doubled at 0.5", lambda v, x: 1 + (x == 0.5).to(x.dtype), _at(0.5))
_entry("the last of an odd number of entries is 0", _last_of_odd, _at(1.0, 2.0, 3.0))
_entry("doubled for a single entry", lambda v, x: 1 + (x.numel() == 1), _at(1.0))
_entry("0 for an entry like the one before it", _after_its_like, _at(1.0, 1.0))
_entry(
    "1 % off if all entries are positive", lambda v, x: 1.01 if (x > 0).all() else 1, _at(1.0, 2.0)
)
_entry(
    "1 % off from the 1000th entry on",
    lambda v, x: (1 + 0.01 * (torch.arange(x.numel()) >= 1000)).reshape(x.shape).to(x.dtype),
    _at(*[1.0] * 1001),
)
