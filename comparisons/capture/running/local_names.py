"""Find what the user calls values: the local variables of the captured function."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor, nn

from comparisons.capture.running.operator import codes_of_operator


@contextmanager
def local_names(function: Callable[..., Any]) -> Iterator[dict[str, Tensor]]:
    """The floating-point tensors among a function's local variables when it returned, by name.

    A name that was bound several times means the last value. Nothing is found of a builtin.
    """
    found: dict[str, Tensor] = {}
    code = _code(function)

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is code:
            found.clear()  # of a function that calls itself the outermost call is meant
            found.update(
                (name, value)
                for name, value in frame.f_locals.items()
                if isinstance(value, Tensor) and value.is_floating_point()
            )

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _code(function: Callable[..., Any]) -> CodeType | None:
    """The code that has the local variables: a module's, a Function's or an operator's."""
    owner = getattr(function, "__self__", None)
    target: Any = next(iter(codes_of_operator(function)), function)
    if isinstance(function, nn.Module):
        target = function.forward
    elif isinstance(owner, type) and issubclass(owner, torch.autograd.Function):
        target = owner.forward
    return getattr(inspect.unwrap(target), "__code__", None)
