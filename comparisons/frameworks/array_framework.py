"""A framework of functions of arrays: its engines, its own functions and a user's as subjects."""

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
    """What a file of this room is made of; all that is left to it is to say of what."""

    def engine(self, way: str) -> Engine:
        """It as an engine. Raises: ValueError if it does not differentiate in this way."""
        return FrameworkEngine(self, way if way == "value" else self.checked_way(way))

    @property
    def engines(self) -> Sequence[Engine]:
        """It by each of its ways to differentiate."""
        return [self.engine(way) for way in self.ways]

    def subject(self, name: str) -> Subject:
        """Its own function of a name, beside what it is documented to compute."""
        found = self.own(name)
        return self.written(found.code, found.definition(name))

    def written(self, code: str, definition: Definition) -> Subject:
        """Code of the project's own in this framework, beside its definition."""
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
        """A user's function of this framework's arrays beside its definition."""
        return replace(from_function(function, definition), framework=self.name)
