"""How far a function is from the truth at a witness: plain torch beside mpmath, nothing else."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import numpy as np
import torch
from entries import Layout, Witness
from exact import Exact, at
from torch import Tensor

_VALUE, _SLOPE, _CURVATURE = range(3)


def relative_error(function: Callable[[Tensor], Tensor], exact: Exact, witness: Witness) -> float:
    """The largest relative error of what the witness asks for; ∞ for a NaN or a wrong zero.

    Where the input or the cotangent is NaN, a gradient that is NaN is right and a number is not.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(witness.threads)
    try:
        got, wanted = _asked(function, exact, witness)
    finally:
        torch.set_num_threads(threads)
    return _furthest(got, wanted)


def laid_out(values: Tensor, layout: Layout) -> Tensor:
    """The values as a leaf that requires grad, in that layout of memory."""
    return _LAID[layout](values).requires_grad_()


def _strided(values: Tensor) -> Tensor:
    spread = values.new_full((2 * values.numel(),), 0.25)
    spread[::2] = values
    return spread[::2]


def _offset(values: Tensor) -> Tensor:
    return torch.cat([values.new_full((3,), 0.25), values])[3:]


def _transposed(values: Tensor) -> Tensor:
    return values.reshape(-1, 2).t()


def _channels_last(values: Tensor) -> Tensor:
    return values.reshape(1, 2, 2, -1).to(memory_format=torch.channels_last)


_LAID: dict[Layout, Callable[[Tensor], Tensor]] = {
    "contiguous": torch.clone,
    "strided": _strided,
    "offset": _offset,
    "expanded": lambda values: values[:1].clone().expand(values.shape),
    "transposed": _transposed,
    "channels last": _channels_last,
    "0-d": lambda values: values[0].clone(),
}


def _asked(
    function: Callable[[Tensor], Tensor], exact: Exact, witness: Witness
) -> tuple[Tensor, Tensor]:
    """What torch computes, and what is true, both in float64."""
    values = torch.tensor(witness.at, dtype=witness.dtype).repeat(witness.repeated)
    z = laid_out(values, witness.layout)
    given = z.detach().clone()
    count = z.numel()
    repeats = -(-count // len(witness.cotangent))
    v = torch.tensor(witness.cotangent, dtype=witness.dtype).repeat(repeats)[:count]
    v = v.reshape(z.shape) if witness.layout == "expanded" else _LAID[witness.layout](v)
    slope = v.double() * _true(exact, given, _SLOPE)

    def gradient(z: Tensor, v: Tensor = v) -> Tensor:
        return torch.autograd.grad(function(z), z, v)[0]

    if witness.asked == "gradient":
        return gradient(z), slope
    if witness.asked == "value":
        return function(z), _true(exact, given, _VALUE)
    if witness.asked == "value without grad":
        with torch.no_grad():
            return function(z), _true(exact, given, _VALUE)
    if witness.asked == "second":
        return _second(function, z, v), v.double() * _true(exact, given, _CURVATURE)
    if witness.asked == "jvp":
        with warnings.catch_warnings():
            # torch 2.13 scripts its own decompositions the first time forward mode is used
            warnings.filterwarnings("ignore", "`torch.jit.script", DeprecationWarning)
            return torch.func.jvp(function, (given,), (v,))[1], slope
    if witness.asked == "vmap":
        return torch.func.vmap(torch.func.grad(function))(given), _true(exact, given, _SLOPE)
    if witness.asked == "called again":
        gradient(z)
        other = given.flip(0).requires_grad_()
        return gradient(other), v.double() * _true(exact, given.flip(0), _SLOPE)
    if witness.asked == "backward again":
        y = function(z)
        torch.autograd.grad(y, z, v, retain_graph=True)
        return torch.autograd.grad(y, z, v)[0], slope
    if witness.asked == "first gradient kept":
        first = gradient(z)
        gradient(given.flip(0).requires_grad_(), 3 * v)
        return first, slope
    if witness.asked == "input kept":
        function(z)
        return z.detach(), given.double()
    kept = v.clone()
    gradient(z, v)
    return v, kept.double()


def _second(function: Callable[[Tensor], Tensor], z: Tensor, v: Tensor) -> Tensor:
    """Zero where torch takes the gradient for a constant: so does what is built on it."""
    (first,) = torch.autograd.grad(function(z), z, v.clone().requires_grad_(), create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), z, allow_unused=True)
    return torch.zeros_like(z) if second is None else second


def _true(exact: Exact, z: Tensor, which: int) -> Tensor:
    flat = [float(x) for x in z.double().flatten()]
    found = {x: float(at(exact, x)[which]) if not math.isnan(x) else x for x in set(flat)}
    return torch.tensor([found[x] for x in flat], dtype=torch.float64).reshape(z.shape)


def _furthest(got: Tensor, wanted: Tensor) -> float:
    a = got.detach().double().numpy().ravel()
    b = wanted.detach().double().numpy().ravel()
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        error = np.where(same, 0.0, np.abs(a - b) / np.abs(b))
    return float(np.nan_to_num(error, nan=np.inf, posinf=np.inf).max(initial=0.0))
