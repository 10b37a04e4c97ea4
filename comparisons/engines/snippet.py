"""Put together a line of plain torch that prints one gradient as the engine computed it."""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class AmongPoints:
    """The index of the shown point among those that an engine was given."""

    position: int  # in reading order
    size: int  # of all


@dataclass(frozen=True)
class Snippet:
    """The pieces of torch code that an engine's statement is made of, as text."""

    code: str  # the output, in the names of its inputs
    names: tuple[str, ...]  # of the inputs, in order
    name: str  # of the input whose gradient is printed
    index: str  # of the entry that is printed, such as `0` or `2, 3`; empty for all of them
    cotangent: str  # a tensor of the output's shape; empty for ones

    @property
    def arguments(self) -> str:
        """The inputs as the arguments of a call or a lambda."""
        return ", ".join(self.names)

    @property
    def number(self) -> int:
        """The index of the input that is differentiated by."""
        return self.names.index(self.name)

    @property
    def total(self) -> str:
        """The output that `backward` is called on, summed where the cotangent is ones."""
        if self.cotangent or _is_sum(self.code):
            return f"({self.code})"
        return f"({self.code}).sum()"

    def printed(self, gradient: str) -> str:
        """The statement that prints one entry of a gradient, or all of one that may be None."""
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
