"""What an entry of the corpus is: plain data around a torch callable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import torch
from exact import Exact
from torch import Tensor
from torch.autograd.function import once_differentiable

Layout = Literal[
    "contiguous", "strided", "offset", "expanded", "transposed", "channels last", "0-d"
]
Asked = Literal[
    "gradient",  # of reverse mode, beside cotangent · f'(z)
    "value",  # of the forward pass
    "value without grad",  # the same under torch.no_grad()
    "second",  # reverse over reverse, beside cotangent · f''(z)
    "jvp",  # forward mode
    "vmap",  # torch.func.vmap of torch.func.grad
    "called again",  # the gradient of a second call, at the inputs in reverse order
    "backward again",  # the gradient of a second backward pass through one graph
    "first gradient kept",  # the first call's gradient, after a second call
    "input kept",  # the input after the call, beside what was given
    "cotangent kept",  # the cotangent after the backward pass, beside what was given
]


@dataclass(frozen=True)
class Witness:
    """An input at which something wrong can be shown, and how."""

    at: tuple[float, ...] = (0.5, -1.3, 2.0)
    cotangent: tuple[float, ...] = (1.0,)  # repeated to the length of the input
    repeated: int = 1  # how often `at` is repeated
    layout: Layout = "contiguous"
    dtype: torch.dtype = torch.float64
    threads: int = 1
    asked: Asked = "gradient"
    above: float = 1e-7  # the relative error is larger than this


@dataclass(frozen=True)
class WrongPointwise:
    """A torch function of one variable that is not what its definition says."""

    name: str
    kind: str
    exact: Exact
    function: Callable[[Tensor], Tensor]
    wrong: str  # in one line, what is
    witness: Witness

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    @property
    def definition(self) -> str:
        """The text that `comparisons.check` takes."""
        return self.exact.definition

    @property
    def dtypes(self) -> tuple[torch.dtype, ...]:
        """The types in which it is to be found wrong."""
        return (self.witness.dtype,)


FLOATS = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class HonestPointwise:
    """A torch function of one variable that is what its definition says."""

    name: str
    kind: str
    exact: Exact
    function: Callable[[Tensor], Tensor]
    digits: Literal["accurate", "loses digits"]  # of the gradient, in the relative sense
    dtypes: tuple[torch.dtype, ...] = FLOATS

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"

    @property
    def definition(self) -> str:
        """The text that `comparisons.check` takes."""
        return self.exact.definition


Arrays = tuple[Tensor, ...]


@dataclass(frozen=True)
class WrongArrays:
    """A function of arrays with a wrong backward, and the right function in plain torch."""

    name: str
    kind: str
    function: Callable[..., Tensor]
    right: Callable[..., Tensor]
    example: Callable[[], Arrays]  # seeded; the arguments that are float64 are differentiable
    wrong: str
    asked: Literal["gradient", "second", "inputs kept", "value", "call"] = "gradient"
    of_size: Callable[[float], Callable[..., Tensor]] | None = None  # wrong by a relative size
    # Of a call in which it is wrong, and is right else: what differs there.
    shows: Callable[[Callable[..., Tensor], Arrays], Tensor] | None = None

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class HonestArrays:
    """One function of arrays, and honest algorithms for it."""

    name: str
    kind: str
    algorithms: Mapping[str, Callable[..., Tensor]]
    example: Callable[[int, torch.dtype], Arrays]  # about so many entries, seeded
    sizes: tuple[int, ...] = (100, 10_000, 1_000_000)
    dtypes: tuple[torch.dtype, ...] = (torch.float64, torch.float32, torch.bfloat16)

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@dataclass(frozen=True)
class Unstable:
    """A formula that is right and loses its digits, and the one that keeps them."""

    name: str
    function: Callable[..., Tensor]
    line: str  # the line of `function` at which the digits are lost, as it is written
    lost: Literal["value", "gradient", "both"]
    stable: Callable[..., Tensor]
    stable_name: str  # what to write instead
    example: Callable[[], Arrays]  # where digits are lost
    exact: Callable[..., list[Any]]  # lists of mpmath numbers → the output's entries

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Surrogate:
    """A function whose gradient is meant to be another function's."""

    name: str
    function: Callable[[Tensor], Tensor]
    intended: Callable[[Tensor], Tensor]  # what its gradient is meant to be, for a cotangent of 1
    source: str


def hand_written(
    value: Callable[[Tensor], Tensor],
    gradient: Callable[[Tensor, Tensor], Tensor],
    *,
    once: bool = False,
) -> Callable[[Tensor], Tensor]:
    """An autograd.Function: `value` forward, `gradient(z, cotangent)` backward.

    Args: once, whether it says that it has no second derivative.
    """

    class Written(torch.autograd.Function):
        generate_vmap_rule = True

        @staticmethod
        def forward(z: Tensor) -> Tensor:
            return value(z)

        @staticmethod
        def setup_context(ctx: Any, inputs: tuple[Tensor], output: Tensor) -> None:  # noqa: ARG004 - torch's signature
            ctx.save_for_backward(inputs[0])

        @staticmethod
        def backward(ctx: Any, cotangent: Tensor) -> Tensor:
            (z,) = ctx.saved_tensors
            return gradient(z, cotangent)

    if once:
        Written.backward = staticmethod(once_differentiable(Written.backward))
    return Written.apply
