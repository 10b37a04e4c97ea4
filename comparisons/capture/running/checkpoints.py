"""Run a module with other parameters, in what its checkpoints compute again as in the forward pass.

`torch.func.functional_call` puts the module's own parameters back when the forward pass is over; a
checkpoint calls the module once more in the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import torch.utils.checkpoint
from torch import Tensor, nn
from torch.nn.utils.stateless import _reparametrize_module

_WITHOUT_REENTRY, _REENTRANT = "_checkpoint_without_reentrant_generator", "CheckpointFunction"


@contextmanager
def recomputed_with(module: nn.Module, state: Mapping[str, Tensor]) -> Iterator[None]:
    """While this is open, what is checkpointed sees these tensors whenever it is called.

    Args: state, the module's parameters and buffers by their dotted names.
    """
    room = torch.utils.checkpoint
    generator, function = getattr(room, _WITHOUT_REENTRY), getattr(room, _REENTRANT)

    def seeing(code: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **keywords: Any) -> Any:
            with _reparametrize_module(module, dict(state)):
                return code(*arguments, **keywords)

        return called

    reentrant = SimpleNamespace(apply=lambda code, *rest: function.apply(seeing(code), *rest))
    with (
        patch.object(
            room, _WITHOUT_REENTRY, lambda code, *rest, **k: generator(seeing(code), *rest, **k)
        ),
        patch.object(room, _REENTRANT, reentrant),
    ):
        yield
