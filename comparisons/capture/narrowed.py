"""Where code holds values in less than the type it is given: under autocast it does not say so.

Autocast leaves float64 alone, in which code is captured, so that a run in the type itself tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from comparisons.capture.captured import Captured
from comparisons.capture.running.place import Place, here


class _Narrowed(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch has no types here
    """The coarsest type of what each line makes, where that is coarser than a type."""

    def __init__(self, than: torch.dtype) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # nor here
        self.than = than
        self.found: dict[Place | None, torch.dtype] = {}

    def __torch_dispatch__(
        self,
        func: OpOverload,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor) and tensor.is_floating_point():
                known = self.found.get(place := here(), self.than)
                if torch.finfo(tensor.dtype).eps > torch.finfo(known).eps:
                    self.found[place] = tensor.dtype
        return result


def narrowed(captured: Captured, dtype: torch.dtype) -> Mapping[Place | None, torch.dtype]:
    """By the line of the user's code the coarsest type of its results, if coarser than `dtype`.

    Code that cannot run in `dtype` says nothing here: whoever asks it for gradients will hear.
    """
    given = {n: torch.from_numpy(v.copy()).to(dtype) for n, v in captured.inputs.items()}
    mode = _Narrowed(dtype)
    try:
        with mode:
            captured.call(**given)
    except Exception:  # noqa: BLE001 - the user's code may raise anything
        return {}
    return mode.found
