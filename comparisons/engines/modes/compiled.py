"""Run what `torch.compile` makes of the function and of its backward."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from comparisons.engines.backward import backward
from comparisons.engines.engine import Engine, Gradients, Setting, own_deprecations_ignored
from comparisons.engines.snippet import Snippet
from comparisons.inputs.values import Inputs
from comparisons.subjects.catalogue.torch_code import TorchCode
from comparisons.subjects.subject import Subject


class Compiled(Engine):
    """Reverse mode through the kernels that inductor writes."""

    name = "compiled"
    summary = "The subject compiled by inductor, then `Tensor.backward()` once."

    def unavailable(self) -> str | None:
        """Inductor writes C++ for a CPU: without a compiler there is nothing to run."""
        if not any(map(shutil.which, ("c++", "g++", "clang++"))):
            return "torch.compile needs a C++ compiler, and there is none on this machine"
        if importlib.util.find_spec("torch._inductor") is None:
            return "this build of torch has no inductor"
        return None

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input."""
        import torch

        leaves = setting.leaves(subject, inputs)
        with own_deprecations_ignored():
            torch._dynamo.reset()  # noqa: SLF001 - the documented way to forget earlier subjects
            compiled = torch.compile(_plain(subject), dynamic=False)
            called = replace(subject, forward=compiled)
            found = backward(called, leaves, setting.cotangent(inputs))
        return Gradients({name: found.values[name] for name in leaves})

    def statement(self, shown: Snippet) -> str:
        """The statements that compile the function and run `backward`."""
        called = f"torch.compile(lambda {shown.arguments}: {shown.code})({shown.arguments})"
        return f"{replace(shown, code=called).total}.backward({shown.cotangent}); " + shown.printed(
            f"{shown.name}.grad"
        )


def _plain(subject: Subject) -> Callable[..., Any]:
    """A function that dynamo may look into, whatever kind of callable the subject has."""
    called = subject.forward.function if isinstance(subject.forward, TorchCode) else subject.forward

    def function(*tensors: Any, **named: Any) -> Any:
        return called(*tensors, **named)

    return function
