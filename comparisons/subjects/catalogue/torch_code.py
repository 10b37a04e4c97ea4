"""Hold one line of torch as a function and as text: what is judged is what is shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TorchCode:
    """An expression in `torch` and named tensors, such as `torch.nn.functional.elu(z, 1.0)`.

    The text is the project's own, never a user's: it is compiled.
    """

    code: str
    operands: tuple[str, ...] = ("z",)

    def __call__(self, *tensors: Tensor, **named: Tensor) -> Tensor:
        """The expression of the operands, given in order or by name."""
        arguments = (*tensors, *(named[name] for name in self.operands[len(tensors) :]))
        result: Tensor = self.function(*arguments)
        return result

    @property
    def of_torch(self) -> bool:
        """Whether it is one call of torch's, of operands as they are or laid out otherwise."""
        whole = ast.parse(self.code, mode="eval").body
        called = whole.value if isinstance(whole, ast.Subscript) else whole
        inside = [node for node in ast.walk(called) if node is not called]
        computing = any(isinstance(node, ast.BinOp) or _calls_torch(node) for node in inside)
        return _calls_torch(called) and not computing

    @property
    def function(self) -> Callable[..., Any]:
        """The expression as a bare function of its operands."""
        return _compiled(self.code, self.operands)


def _calls_torch(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("torch.")


def filled_in(template: str, operands: tuple[str, ...], values: Mapping[str, float]) -> TorchCode:
    """The template with `F.` spelt out and each parameter's name replaced by its value."""
    text = re.sub(r"\bF\.", "torch.nn.functional.", template)
    for name, value in values.items():
        number = repr(value).replace("inf", "torch.inf")
        number = f"({number})" if value < 0 else number
        text = _word(name).sub(number, text)
    return TorchCode(text, operands)


def mentions(template: str, name: str) -> bool:
    """Whether the template uses the parameter called `name`."""
    return _word(name).search(template) is not None


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.]){name}(?![\w=])")  # not F.threshold, not threshold=


@lru_cache(maxsize=4096)
def _compiled(code: str, operands: tuple[str, ...]) -> Callable[..., Any]:
    import torch

    source = f"lambda {', '.join(operands)}: {code}"
    function: Callable[..., Any] = eval(source, {"torch": torch})  # noqa: S307 - the project's text
    return function
