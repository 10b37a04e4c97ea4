"""Tell whether a hand-written backward is in float32 only because its caller was given float64.

Of the tensors that code is called with a check makes float64; those that a function holds stay what
they are. Beside a float64 number without axes, such as the cotangent of a loss, torch computes
`v * mask` in the type of a mask that it holds: a loss of digits that nobody has who calls the
code as it was made. Source: the documentation of torch, "Type promotion".
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from comparisons.capture.captured import functions_in, real_outputs
from comparisons.capture.running.code import Code, code_of
from comparisons.capture.running.place import Place, here
from comparisons.capture.running.rounded import rounded
from comparisons.dtypes import FloatType
from comparisons.inputs.values import seeded

_NONE = object()


class _Promotions(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's class is untyped
    """Keeps the first line at which torch lets a wider number go into a narrower tensor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's class is untyped
        self.place: Place | object | None = _NONE

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch is to import its compiler, as of a `Recorder`."""
        return False

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run one operator."""
        found = func(*args, **(kwargs or {}))
        if self.place is _NONE and isinstance(found, Tensor) and found.is_floating_point():
            given = [t for t in tree_leaves((args, kwargs)) if isinstance(t, Tensor)]
            real = [t for t in given if t.is_floating_point()]
            numbers = [t for t in real if t.ndim == 0 and _bits(t) > _bits(found)]
            if numbers and any(t.ndim and t.dtype == found.dtype for t in real):
                self.place = here()
        return found


def _bits(tensor: Tensor) -> int:
    return torch.finfo(tensor.dtype).bits


def narrowed(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], dtype: FloatType
) -> str:
    """In words where a hand-written backward is narrower than `dtype` by what it holds, or "".

    Of code that does not run, or has no backward written by hand, nothing is said.
    """
    try:
        code = code_of(function, args, kwargs, ())
        with warnings.catch_warnings(action="ignore"):  # they are given when it is captured
            return _narrowed(code, dtype)
    except Exception:  # noqa: BLE001 - what it raises is told when it is captured
        return ""


def _narrowed(code: Code, dtype: FloatType) -> str:
    leaves = {n: rounded(t, dtype).requires_grad_() for n, t in code.inputs.items()}
    outputs = [t for _, t in real_outputs(code(leaves)) if t.requires_grad]
    if not any(True for _ in functions_in(outputs)):
        return ""
    draw = seeded()
    cotangents = [torch.from_numpy(draw.normal(size=t.shape)).to(t.dtype) for t in outputs]
    watch = _Promotions()
    with watch:
        torch.autograd.grad(outputs, [*leaves.values()], cotangents, allow_unused=True)
    if watch.place is _NONE:
        return ""
    line = f" in `{watch.place.text}`" if isinstance(watch.place, Place) else ""
    return f"its backward puts a number of {dtype} into narrower tensors that it holds{line}"
