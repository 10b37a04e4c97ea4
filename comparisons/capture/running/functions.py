"""Watch what an `autograd.Function` is given while code is recorded, and what goes to numpy.

Neither is an operator: no dispatch shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from torch import Tensor


@contextmanager
def functions_given(
    given: Callable[[Tensor], Tensor], inside: Callable[[], AbstractContextManager[None]]
) -> Iterator[None]:
    """Pass each Function's tensors through `given`, and run its forward within `inside`."""
    base: Any = torch.autograd.function._SingleLevelFunction

    def apply(kind: Any, *args: Any, **kwargs: Any) -> Any:
        taken = [given(a) if isinstance(a, Tensor) else a for a in args]
        with inside():
            return super(base, kind).apply(*taken, **kwargs)

    with _instead(base, "apply", classmethod(apply)):
        yield


@contextmanager
def numbers_leaving(note: Callable[[Tensor], None]) -> Iterator[None]:
    """Call `note` with each tensor that the code turns into a numpy array."""
    own: Any = Tensor.numpy

    def numpy(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
        note(tensor)
        return own(tensor, *args, **kwargs)

    with _instead(Tensor, "numpy", numpy):
        yield


@contextmanager
def _instead(owner: Any, name: str, value: object) -> Iterator[None]:
    """An attribute of a class in place of the one that it has or inherits."""
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
