"""Which torch function is which catalogue entry, and how it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from symdiff import Definition

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TorchCall:
    """`torch.nn.functional.<function>(operands, options)`, as a callable and as code."""

    function: str
    operands: tuple[str, ...] = ("z",)
    options: Mapping[str, Any] = field(default_factory=dict)  # keyword → value

    def __call__(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """The function of the operands, given in order or by name."""
        import torch

        arguments = (*tensors, *(named[name] for name in self.operands[len(tensors) :]))
        options = dict(self.options)
        if self.function == "prelu":  # its slope is a tensor
            options["weight"] = torch.tensor([options["weight"]], dtype=arguments[0].dtype)
        result: Tensor = getattr(torch.nn.functional, self.function)(*arguments, **options)
        return result

    @property
    def code(self) -> str:
        """The call in plain torch."""
        options = {k: repr(v) for k, v in self.options.items()}
        if self.function == "prelu":
            options["weight"] = f"torch.tensor([{options['weight']}], dtype=z.dtype)"
        arguments = [*self.operands, *(f"{k}={v}" for k, v in options.items())]
        return f"torch.nn.functional.{self.function}({', '.join(arguments)})"


@dataclass(frozen=True)
class _Entry:
    """How a catalogue entry maps to torch; parameters not named in `keywords` are torch's fixed."""

    function: str
    parameters: tuple[str, ...] = ()  # passed on by their own names
    fixed: Mapping[str, Any] = field(default_factory=dict)


_PAIR = ("y", "t")
_NO_REDUCTION = {"reduction": "none"}

_ENTRIES: Mapping[str, _Entry] = MappingProxyType(
    {
        "relu": _Entry("relu"),
        "relu6": _Entry("relu6"),
        "leaky_relu": _Entry("leaky_relu", ("negative_slope",)),
        "prelu": _Entry("prelu", ("weight",)),
        "rrelu": _Entry("rrelu", ("lower", "upper"), {"training": False}),
        "elu": _Entry("elu", ("alpha",)),
        "selu": _Entry("selu"),
        "celu": _Entry("celu", ("alpha",)),
        "gelu": _Entry("gelu"),
        "gelu_tanh": _Entry("gelu", fixed={"approximate": "tanh"}),
        "silu": _Entry("silu"),
        "mish": _Entry("mish"),
        "softplus": _Entry("softplus", ("beta", "threshold")),
        "softsign": _Entry("softsign"),
        "softshrink": _Entry("softshrink", ("lambd",)),
        "hardshrink": _Entry("hardshrink", ("lambd",)),
        "hardtanh": _Entry("hardtanh", ("min_val", "max_val")),
        "hardsigmoid": _Entry("hardsigmoid"),
        "hardswish": _Entry("hardswish"),
        "logsigmoid": _Entry("logsigmoid"),
        "sigmoid": _Entry("sigmoid"),
        "tanh": _Entry("tanh"),
        "tanhshrink": _Entry("tanhshrink"),
        "threshold": _Entry("threshold", ("threshold", "value")),
        "mse": _Entry("mse_loss", fixed=_NO_REDUCTION),
        "l1": _Entry("l1_loss", fixed=_NO_REDUCTION),
        "huber": _Entry("huber_loss", ("delta",), _NO_REDUCTION),
        "smooth_l1": _Entry("smooth_l1_loss", ("beta",), _NO_REDUCTION),
        "bce": _Entry("binary_cross_entropy", fixed=_NO_REDUCTION),
        "bce_with_logits": _Entry("binary_cross_entropy_with_logits", fixed=_NO_REDUCTION),
    }
)


def known_to_torch() -> tuple[str, ...]:
    """The catalogue names for which torch has a function."""
    return tuple(_ENTRIES)


def torch_call(definition: Definition) -> TorchCall:
    """torch's call for a catalogue entry at its parameters.

    Raises: ValueError if torch has no such function, or fixes a parameter to another value.
    """
    entry = _ENTRIES.get(definition.name)
    if entry is None:
        raise ValueError(
            f"torch has no function {definition.name!r}; pass one: compare(function, definition)"
        )
    for name, value in definition.parameters.items():
        default = _default(definition.name, name)
        if name not in entry.parameters and value != default:
            raise ValueError(
                f"torch fixes {name} of {definition.name} to {float(default)}; "
                f"{float(value)} was given, so pass a torch function of your own"
            )
    options = {name: float(definition.parameters[name]) for name in entry.parameters}
    return TorchCall(entry.function, definition.variables, {**options, **entry.fixed})


def _default(entry: str, parameter: str) -> Any:
    from symdiff import activations, losses

    return {**activations, **losses}[entry].parameters[parameter]
