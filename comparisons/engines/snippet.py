"""A line of plain torch that prints one gradient, put together by the engine that computed it."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class AmongPoints:
    """Where among the points that an engine was given the shown one was."""

    position: int  # in reading order
    size: int  # of all


@dataclass(frozen=True)
class Snippet:
    """What the statement that differentiates is made of: pieces of torch code, as text."""

    code: str  # the output, in the names of its inputs
    names: tuple[str, ...]  # of the inputs, in order
    name: str  # of the input whose gradient is printed
    index: str  # of the entry that is printed, such as `0` or `2, 3`; empty for all of them
    cotangent: str  # a tensor of the output's shape; empty for ones

    @property
    def arguments(self) -> str:
        """The inputs as a call or a lambda has them."""
        return ", ".join(self.names)

    @property
    def number(self) -> int:
        """Which of the inputs it is."""
        return self.names.index(self.name)

    @property
    def total(self) -> str:
        """The output, summed where the cotangent is ones: what `backward` is called on."""
        if self.cotangent or _is_sum(self.code):
            return f"({self.code})"
        return f"({self.code}).sum()"

    def printed(self, gradient: str) -> str:
        """The statement that prints the entry of a gradient, or all of it, which may be None."""
        if not self.index:
            return f"print({gradient})"
        return f"print({gradient}[{self.index}].item())"


def _is_sum(code: str) -> bool:
    """Whether the text is one call of `.sum()`, whose value is a number already."""
    found = ast.parse(code, mode="eval").body
    return (
        isinstance(found, ast.Call)
        and isinstance(found.func, ast.Attribute)
        and found.func.attr == "sum"
        and not found.args
        and not found.keywords
    )
