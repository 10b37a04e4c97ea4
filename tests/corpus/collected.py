"""Collects wrong backwards of functions of arrays beside the right function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from backwards import Backward, Function, Gradients, backward_of, changed, of_size, written
from entries import Arrays, WrongArrays
from torch import Tensor

Change = Callable[[list[Tensor], tuple[Tensor, ...], Tensor], Gradients]
_Example = Callable[[], Arrays]


class Collected(list[WrongArrays]):
    """Entries; each method adds one, with the forward `value` and a backward that is wrong."""

    def add(
        self,
        kind: str,
        name: str,
        value: Function,
        backward: Backward,
        example: _Example,
        wrong: str,
        *,
        asked: Literal["gradient", "second", "inputs kept", "value"] = "gradient",
    ) -> None:
        """With that backward; its error can be made smaller where a gradient is asked."""

        def sized(size: float) -> Function:
            return written(value, of_size(value, backward, size))

        function = written(value, backward)
        small = sized if asked == "gradient" else None
        self.append(WrongArrays(name, kind, function, value, example, wrong, asked, small))

    def like(
        self, kind: str, name: str, value: Function, other: Function, example: _Example, wrong: str
    ) -> None:
        """With the backward pass of `other`."""
        self.add(kind, name, value, backward_of(other), example, wrong)

    def change(
        self, kind: str, name: str, value: Function, change: Change, example: _Example, wrong: str
    ) -> None:
        """With the right gradients changed: `change(gradients, inputs, cotangent)`."""
        self.add(kind, name, value, changed(value, change), example, wrong)
