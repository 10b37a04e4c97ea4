"""Compute Σ v · J t by torch's forward mode, first without the modules that torch loads for it.

Of what does not move torch 2.13 makes a tangent of zeros without memory, whose arithmetic is by way
of meta kernels in Python that import `torch._dynamo`: 0.6 s, for all code that has a constant or a
number in it. Zeros with memory need none, and differ in 0 · ∞ alone, which ends as NaN.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad
from torch.utils._python_dispatch import TorchDispatchMode

from comparisons.careful.running.calls import Calls
from comparisons.dtypes import Float64Array
from comparisons.engines.engine import float64

# What has no formula for a tangent, but a decomposition that `make_dual` scripts (0.2 s); without
# one it is refused, or its tangent left out.
# Source: torch 2.13, torch/_decomp/decompositions_for_jvp.py
DECOMPOSED = frozenset(
    {
        "trace",
        "log_sigmoid_forward",
        "nll_loss_backward",
        "nll_loss2d_backward",
        "_log_softmax_backward_data",
        "_softmax_backward_data",
        "native_layer_norm_backward",
        "native_batch_norm_backward",
        "cudnn_batch_norm_backward",
        "batch_norm_backward",
        "miopen_batch_norm_backward",
    }
)
_REFUSED = "Trying to use forward AD"  # how torch begins to say that it has no tangent


class Pushed(NamedTuple):
    """The sum Σ v · J t, and that of the absolute terms, over the entries that are numbers."""

    total: float
    size: float


class _DenseZeros(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's class is untyped
    """Zeros with memory for those without."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's class is untyped
        self.decomposed = False  # whether an operator was met whose tangent is by a decomposition

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch is to import its compiler so as to keep out of what runs here."""
        return False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operator on the dense zeros."""
        self.decomposed |= func.overloadpacket.__name__ in DECOMPOSED
        if func is torch.ops.aten._efficientzerotensor.default:  # noqa: SLF001 - its name in torch
            return torch.zeros(*args, **(kwargs or {}))
        return func(*args, **(kwargs or {}))


def pushed_lightly(calls: Calls, name: str, tangent: Float64Array) -> Pushed | None:
    """The same as `pushed` at less cost, or None where only `pushed` can tell.

    Nothing is spared where `torch._dynamo` is there already.
    Raises: NotImplementedError if torch has no tangent for an operator, nor a decomposition.
    """
    if _is_loaded():
        return None
    zeros = _DenseZeros()
    fwd: Any = forward_ad  # its functions have no types
    try:
        with fwd.dual_level() as level:
            leaves = calls.leaves()
            moving = calls.case.setting.tensor(tangent)
            with zeros:
                # `make_dual` without the decompositions
                dual = torch._make_dual(leaves[name], moving, level=level)  # noqa: SLF001 - as above
                outputs = calls.outputs({**leaves, name: dual})
            found = _terms(calls, outputs)
    except NotImplementedError as error:
        known = any(name in str(error) for name in DECOMPOSED)
        if zeros.decomposed or known or not str(error).startswith(_REFUSED):
            return None
        raise  # with decompositions torch would say the same
    except Exception:  # noqa: BLE001 - code need not run under a mode
        return None
    return None if zeros.decomposed else found


def _is_loaded() -> bool:
    return "torch._dynamo" in sys.modules


def pushed(calls: Calls, name: str, tangent: Float64Array) -> Pushed:
    """Σ v · J t by `torch.autograd.forward_ad`, as a user gets it."""
    fwd: Any = forward_ad  # its functions have no types
    with fwd.dual_level():
        leaves = calls.leaves()
        dual = fwd.make_dual(leaves[name], calls.case.setting.tensor(tangent))
        return _terms(calls, calls.outputs({**leaves, name: dual}))


def _terms(calls: Calls, outputs: Mapping[str, Tensor]) -> Pushed:
    """The two sums of outputs with tangents."""
    fwd: Any = forward_ad  # its functions have no types
    seeds = calls.cotangents(outputs)
    total, size = 0.0, 0.0
    for output, y in outputs.items():
        slope = fwd.unpack_dual(y).tangent
        if slope is not None:
            parts = float64(seeds[output]) * float64(slope)
            total, size = total + float(parts.sum()), size + float(np.abs(parts).sum())
    return Pushed(total, size if np.isfinite(size) else 0.0)
