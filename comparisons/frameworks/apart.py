"""Run a framework in a process of its own: two of them loaded together may crash each other.

Seen with jax 0.10, tensorflow-cpu 2.21, paddlepaddle 3.3, mlx 0.32 and tinygrad 0.14 beside torch
2.13: a segmentation fault. What a framework prints, and how it dies, is then its own affair too.
"""

from __future__ import annotations

import atexit
import os
import pickle
import subprocess
import sys
from contextlib import suppress
from threading import Lock
from typing import Any, BinaryIO

from comparisons.dtypes import float_type
from comparisons.engines.engine import Gradients, Setting
from comparisons.frameworks.array_framework import ArrayFramework
from comparisons.frameworks.engine import FrameworkEngine
from comparisons.frameworks.every import framework_named
from comparisons.inputs.values import Inputs
from comparisons.subjects.subject import Subject


class ApartEngine(FrameworkEngine):
    """An engine of a framework that runs in another process."""

    def __init__(self, framework: ArrayFramework, way: str, function: str) -> None:
        """An engine for the framework's function of this name."""
        super().__init__(framework, way)
        self.function = function

    def unavailable(self) -> str | None:
        """In words that the framework is not installed; whether it can be imported shows there."""
        return self.of.missing()

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:  # noqa: ARG002 - rebuilt there by its name
        """The gradients that the framework's process answers with.

        Raises: TypeError or ValueError, as the engine does there; TypeError if the process dies.
        """
        question = (self.function, self.way, setting.dtype.name, dict(inputs))
        answer = _child(self.of.name).ask(question)
        if isinstance(answer, Exception):
            raise answer
        return Gradients(answer)


class _Child:
    """A process that answers questions to one framework, one at a time."""

    def __init__(self, framework: str) -> None:
        self.framework, self.lock = framework, Lock()
        self.process: subprocess.Popen[bytes] | None = None

    def ask(self, question: tuple[Any, ...]) -> Any:
        """The gradients by name, or the exception that was raised there."""
        with self.lock:
            process = self._running()
            assert process.stdin is not None  # noqa: S101 - both are pipes
            assert process.stdout is not None  # noqa: S101
            try:
                pickle.dump(question, process.stdin)
                process.stdin.flush()
                return pickle.load(process.stdout)  # noqa: S301 - of our own process
            except (EOFError, OSError, pickle.UnpicklingError):
                code = self._ended()
                how = f"signal {-code}" if code < 0 else f"exit code {code}"
                return TypeError(f"the process of {self.framework} died ({how})")

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.process.poll() is not None:
            self.process = subprocess.Popen(  # noqa: S603 - this interpreter, this module
                [sys.executable, "-W", "ignore", "-m", __spec__.name, self.framework],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self.process

    def _ended(self) -> int:
        """Close its pipes and wait for its end; the exit code."""
        process, self.process = self.process, None
        assert process is not None  # noqa: S101 - it was asked
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        return process.wait()

    def end(self) -> None:
        """It ends when its questions do."""
        if self.process is not None:
            self._ended()


_children: dict[str, _Child] = {}


def _child(framework: str) -> _Child:
    if framework not in _children:
        _children[framework] = _Child(framework)
        atexit.register(_children[framework].end)
    return _children[framework]


def answer(framework: ArrayFramework, questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer the questions of the parent process until there are no more."""
    while True:
        try:
            function, way, dtype, inputs = pickle.load(questions)  # noqa: S301 - of our own process
        except EOFError:
            return
        found: Any
        try:
            setting = Setting(float_type(dtype))
            engine = framework.engine(way)
            found = dict(engine.gradients(framework.subject(function), inputs, setting).values)
        except ValueError as error:  # its subclasses may not be known to who asked
            found = ValueError(str(error))
        except Exception as error:  # noqa: BLE001 - to be raised by who asked
            found = TypeError(str(error) or type(error).__name__)
        pickle.dump(found, answers)
        answers.flush()


if __name__ == "__main__":
    _answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a framework prints is no answer
    _named = framework_named(sys.argv[1])
    assert isinstance(_named, ArrayFramework)  # noqa: S101 - torch is never asked apart
    answer(_named, sys.stdin.buffer, _answers)
