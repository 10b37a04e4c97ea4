"""Map the catalogue's entries to torch code: torch's own function, where it has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

import symdiff
from comparisons.subjects.catalogue.torch_code import TorchCode, filled_in, mentions
from comparisons.subjects.catalogue.written_out import WRITTEN_OUT
from comparisons.subjects.own.origin import origin_of
from symdiff import Definition  # of its activations and losses, which take 0.3 s, when asked

# A parameter that a call does not mention is fixed by torch.
TORCH_CALLS: Mapping[str, str] = MappingProxyType(
    {
        "identity": "torch.nn.Identity()(z)",
        "relu": "F.relu(z)",
        "relu6": "F.relu6(z)",
        "leaky_relu": "F.leaky_relu(z, negative_slope)",
        "prelu": "F.prelu(z, torch.tensor([weight], dtype=z.dtype, device=z.device))",
        "rrelu": "F.rrelu(z, lower, upper, training=False)",
        "elu": "F.elu(z, alpha)",
        "selu": "F.selu(z)",
        "celu": "F.celu(z, alpha)",
        "gelu": "F.gelu(z)",
        "gelu_tanh": "F.gelu(z, approximate='tanh')",
        "silu": "F.silu(z)",
        "mish": "F.mish(z)",
        "softplus": "F.softplus(z, beta, threshold)",
        "softsign": "F.softsign(z)",
        "softshrink": "F.softshrink(z, lambd)",
        "hardshrink": "F.hardshrink(z, lambd)",
        "hardtanh": "F.hardtanh(z, min_val, max_val)",
        "hardsigmoid": "F.hardsigmoid(z)",
        "hardswish": "F.hardswish(z)",
        "logsigmoid": "F.logsigmoid(z)",
        "sigmoid": "F.sigmoid(z)",
        "tanh": "F.tanh(z)",
        "tanhshrink": "F.tanhshrink(z)",
        "threshold": "F.threshold(z, threshold, value)",
        "absolute": "torch.abs(z)",
        "exponential": "torch.exp(z)",
        "arctan": "torch.atan(z)",
        "arcsinh": "torch.asinh(z)",
        "cosine": "torch.cos(z)",
        "erf": "torch.special.erf(z)",
        "normal_cdf": "torch.special.ndtr(z)",
        "normalized_sinc": "torch.sinc(z)",
        "square": "torch.square(z)",
        "mse": "F.mse_loss(y, t, reduction='none')",
        "l1": "F.l1_loss(y, t, reduction='none')",
        "huber": "F.huber_loss(y, t, reduction='none', delta=delta)",
        "smooth_l1": "F.smooth_l1_loss(y, t, reduction='none', beta=beta)",
        "bce": "F.binary_cross_entropy(y, t, reduction='none')",
        "bce_with_logits": "F.binary_cross_entropy_with_logits(y, t, reduction='none')",
    }
)


_POINTS = (-7.0, -0.75, -0.25, 0.0, 0.125, 0.625, 3.0, 25.0)  # two parameters agree at few of them


def comparable() -> tuple[Definition, ...]:
    """The names of the entries with torch code: all but the tutorial's loss."""
    entries = {**symdiff.activations, **symdiff.losses}
    return tuple(d for name, d in entries.items() if name in TORCH_CALLS or name in WRITTEN_OUT)


def torch_call(definition: Definition) -> TorchCode:
    """The torch code of a catalogue entry at its parameters: torch's own, or as people write it.

    Raises: ValueError if there is none, or torch fixes a parameter to another value.
    """
    name = definition.name
    template = TORCH_CALLS.get(name) or WRITTEN_OUT.get(name)
    if template is None:
        raise ValueError(f"torch has no function {name!r}; pass one: compare(function, definition)")
    for parameter, value in definition.parameters.items():
        default = _default(name, parameter)
        if not mentions(template, parameter) and value != default:
            raise ValueError(
                f"torch fixes {parameter} of {name} to {float(default)}; "
                f"{float(value)} was given, so pass a torch function of your own"
            )
    values = {parameter: float(value) for parameter, value in definition.parameters.items()}
    return filled_in(template, definition.variables, values)


def definition_of_torch(function: Callable[..., Any]) -> Definition | None:
    """The catalogue's entry that a function of torch's own is; None if it is none."""
    import torch

    path = origin_of(function).path
    if not path.startswith("torch."):
        return None
    points = torch.tensor(_POINTS)
    for name, template in TORCH_CALLS.items():
        own = template.partition("(")[0].rpartition(".")[2] == path.rpartition(".")[2]
        if not own or name not in symdiff.activations:
            continue
        with suppress(TypeError):  # it needs more than one tensor
            known = symdiff.activations[name]
            if torch.equal(function(points), torch_call(known)(points)):
                return known
    return None


def _default(entry: str, parameter: str) -> Any:
    return {**symdiff.activations, **symdiff.losses}[entry].parameters[parameter]
