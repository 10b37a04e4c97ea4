"""Count torch's operations that a call runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode


class TooManyOperationsError(RuntimeError):
    """A call runs more operations than were allowed."""


def operations(call: Callable[[], object], most: float = float("inf")) -> int:
    """The number of torch's operations that a call runs, views and allocations included.

    Args: most, after how many the call is left.
    Raises: TooManyOperationsError if there are more; whatever the call raises.
    """
    counter = _Counter(most)
    with counter:
        call()
    return counter.count


class _Counter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own is untyped
    def __init__(self, most: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own is untyped
        self.count = 0
        self._most = most

    def __torch_dispatch__(
        self, function: Any, _: Any, arguments: Any = (), keywords: Any = None
    ) -> Any:
        self.count += 1
        if self.count > self._most:
            raise TooManyOperationsError(f"more than {self._most} operations")
        return function(*arguments, **(keywords or {}))
