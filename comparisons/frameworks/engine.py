"""Ask a framework as an engine: the same cases, truth and judge as torch has."""

from __future__ import annotations

from typing import Any

import numpy as np

from comparisons.dtypes import FloatType
from comparisons.engines.call import leaf_values
from comparisons.engines.engine import Engine, Gradients, Setting
from comparisons.engines.snippet import AmongPoints, Snippet
from comparisons.frameworks.arrays import Arrays
from comparisons.frameworks.framework import WAYS
from comparisons.inputs.values import COTANGENT, Inputs
from comparisons.subjects.subject import Subject


class FrameworkEngine(Engine):
    """An engine that differentiates in one of a framework's ways."""

    def __init__(self, framework: Arrays, way: str) -> None:
        """An engine of a framework, by one of its ways."""
        self.of, self.way = framework, way
        self.name = f"{framework.name} {way}"
        self.summary = f"{framework.title}: {WAYS[way]}."
        self.framework = framework.name
        self.imports, self.joint = framework.imports, framework.joint

    def unavailable(self) -> str | None:
        """In words that the framework is not installed, or cannot be imported; None if it can."""
        reason = self.of.missing()
        if reason is not None:
            return reason
        try:
            _ = self.of.names
        except (ImportError, OSError) as error:
            return (
                f"{self.of.title} is installed, and importing it fails: {error}; {self.of.install}"
            )
        return None

    def refuses(self, subject: Subject) -> str | None:
        """Refuse arrays where a way serves functions applied point by point only."""
        if self.way in ("forward", "value") and not subject.pointwise:
            return f"{subject} has arrays; this engine takes functions applied point by point"
        return None

    def read(self, inputs: Inputs, dtype: FloatType) -> Inputs:
        """The inputs, with ±0 for subnormal numbers where the framework reads them as 0."""
        tiny = dtype.smallest_normal
        small = [((v != 0) & (np.abs(v) < tiny)).any() for v in inputs.values()]
        if dtype.name not in self.of.flushes or not any(small):
            return inputs
        return {k: np.where(np.abs(v) < tiny, np.copysign(0.0, v), v) for k, v in inputs.items()}

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The gradient of every input; of the way `value` the output, under the cotangent's name.

        Raises: TypeError or ValueError, one sentence, if the framework has no such type, fails, or
            the subject does not return an array of the shape that its graph says.
        """
        if setting.dtype.name not in self.of.dtypes:
            has = ", ".join(self.of.dtypes)
            raise TypeError(f"{self.of.title} does not differentiate in {setting.dtype}; in {has}")
        values = leaf_values(subject, inputs)
        expected = np.broadcast_shapes(*(v.shape for v in values.values()))
        seed = inputs.get(COTANGENT) if subject.pointwise else None

        def function(*arrays: Any) -> Any:
            found = subject.forward(*arrays)
            if subject.pointwise:
                _check(subject, self.of, found, expected)
            return found

        with np.errstate(all="ignore"):  # some compute by numpy
            arrays = [self.of.array(v, setting.dtype) for v in values.values()]
            cotangent = None if seed is None else self.of.array(seed, setting.dtype)
            try:
                if self.way == "value":
                    return Gradients({COTANGENT: self.of.numbers(self.of.value(function, arrays))})
                differentiate = getattr(self.of, self.way)
                found = differentiate(function, arrays, cotangent)
                numbers = [None if g is None else self.of.numbers(g) for g in found]
            except (TypeError, ValueError):
                raise
            except Exception as error:  # each framework has its own kinds
                why = str(error).partition("\n")[0] or type(error).__name__
                raise TypeError(f"{subject} failed on {setting.dtype} arrays: {why}") from error
        return Gradients(dict(zip(values, numbers, strict=True)))

    def statement(self, shown: Snippet) -> str:
        """The framework's statement for its way."""
        if self.way == "value":
            return f"print(float(({shown.code})[{shown.index}]))"
        return self.of.statement(self.way, shown)

    def options(self, dtype: FloatType, device: str) -> str:  # noqa: ARG002 - the one it has
        """The text of the keywords by which an array is made of a type."""
        return self.of.keywords(dtype)

    def full_like(self, name: str, value: str) -> str:
        """The text of an array of one number in the shape of another."""
        return self.of.full_like(name, value)

    def constant(self, entries: str, options: str) -> str:
        """The text of an array of these entries."""
        return self.of.listed(entries, options)

    def point(self, value: str, options: str, place: AmongPoints) -> tuple[str, str]:  # noqa: ARG002 - the same anywhere
        """The text of an array of one value, long enough for vectors, and an index in it."""
        return self.of.full(value, options), "0"

    def array(self, entries: str, options: str, axes: int) -> str:  # noqa: ARG002 - of any shape
        """The text of an array of these entries that is differentiated by."""
        return self.of.listed(entries, options)


def _check(subject: Subject, framework: Arrays, found: Any, expected: tuple[int, ...]) -> None:
    """Check that the result is an array of the expected shape.

    Raises: TypeError or ValueError if it is no array of the shape that is expected.
    """
    try:
        shape = framework.shape(found)
    except AttributeError:
        raise TypeError(
            f"{subject} returned {type(found).__name__}; an array of {framework.title} was "
            "expected: does it return?"
        ) from None
    if shape != expected:
        raise ValueError(
            f"{subject} returned shape {shape} where {expected} was expected; "
            "an elementwise function keeps the shape of its input"
        )
