"""A framework of functions of arrays: its engines, and functions of it as subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import symdiff
from comparisons.engines.engine import Engine
from comparisons.frameworks.arrays import Array, Arrays, Function
from comparisons.frameworks.engine import FrameworkEngine
from comparisons.subjects.functions import from_function
from comparisons.subjects.subject import Subject
from symdiff import Definition


class ArrayFramework(Arrays):
    """The base of every framework beside torch; a library's file says how that one is called."""

    def engine(self, way: str) -> Engine:
        """The engine that differentiates in one of the framework's ways.

        Raises: ValueError if it does not differentiate in this way.
        """
        return FrameworkEngine(self, way if way == "value" else self.checked_way(way))

    @property
    def engines(self) -> Sequence[Engine]:
        """One engine for each of the framework's ways to differentiate."""
        return [self.engine(way) for way in self.ways]

    def subject(self, name: str) -> Subject:
        """The framework's own function of a name, with the formula that it documents."""
        found = self.own(name)
        return self.written(found.code, found.definition(name))

    def written(self, code: str, definition: Definition) -> Subject:
        """The project's own code in this framework, with its definition."""
        source = f"lambda {', '.join(definition.variables)}: {code}"

        def forward(*arrays: Array) -> Array:
            return eval(source, dict(self.names))(*arrays)  # noqa: S307 - the project's text

        return Subject(
            str(definition),
            symdiff.pointwise(definition),
            forward,
            code,
            definition=definition,
            framework=self.name,
        )

    def of_user(self, function: Function, definition: Definition) -> Subject:
        """A user's function of this framework's arrays, with its definition."""
        return replace(from_function(function, definition), framework=self.name)
