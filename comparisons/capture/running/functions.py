"""Watch what an `autograd.Function` is given while code is recorded, and what numbers leave torch.

Neither is an operator: no dispatch shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

# What takes numbers and dispatches nothing, as item(), float() and int() do. Of one tensor the
# latter make a copy, and that is dispatched.
_OF_ONE = ((Tensor, "numpy"), (Tensor, "tolist"))
_OF_A_LIST = ((Tensor, "new_tensor"), (torch, "tensor"), (torch, "as_tensor"), (torch, "asarray"))
Take = Callable[[list[Tensor], Callable[[], Any]], Any]


@contextmanager
def functions_given(
    given: Callable[[Tensor], Tensor], inside: Callable[[Any], AbstractContextManager[None]]
) -> Iterator[None]:
    """Pass each Function's tensors through `given`, and run its forward within `inside(it)`."""
    base: Any = torch.autograd.function._SingleLevelFunction

    def apply(kind: Any, *args: Any, **kwargs: Any) -> Any:
        taken = [given(a) if isinstance(a, Tensor) else a for a in args]
        with inside(kind):
            return super(base, kind).apply(*taken, **kwargs)

    with _instead(base, "apply", classmethod(apply)):
        yield


@contextmanager
def numbers_leaving(take: Take) -> Iterator[None]:
    """Ask `take` for what is taken out of tensors: x.numpy(), x.tolist(), torch.tensor([a, b]).

    Args: take, of the tensors of numbers and the call as it is.
    """
    with ExitStack() as ways:
        for owner, name in (*_OF_ONE, *_OF_A_LIST):
            listed = (owner, name) in _OF_A_LIST
            ways.enter_context(
                _instead(owner, name, _asking(getattr(owner, name), take, listed=listed))
            )
        yield


def _asking(own: Any, take: Take, *, listed: bool) -> Any:
    """What asks `take` before it does as its own. Args: listed, whether it is given lists."""

    def way(*args: Any, **kwargs: Any) -> Any:
        given = [a for a in args if isinstance(a, list | tuple)] if listed else args
        leaves = [t for t in tree_leaves(given) if isinstance(t, Tensor)]
        numbers = [t for t in leaves if t.is_floating_point()]
        return take(numbers, lambda: own(*args, **kwargs)) if numbers else own(*args, **kwargs)

    return way


@contextmanager
def _instead(owner: Any, name: str, value: object) -> Iterator[None]:
    """An attribute of a class or a module in place of the one that it has or inherits."""
    before = vars(owner).get(name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        if before is None:
            delattr(owner, name)
        else:
            setattr(owner, name, before)
