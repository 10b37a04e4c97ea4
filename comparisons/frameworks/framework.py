"""A framework has functions of its own by name, and ways to differentiate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from comparisons.engines.engine import Engine
from comparisons.frameworks.own import Own
from comparisons.subjects.subject import Subject

WAYS: Mapping[str, str] = MappingProxyType(
    {
        "reverse": "reverse mode",
        "forward": "forward mode",
        "compiled": "reverse mode, compiled",
        "value": "the function's values, without differentiating",
    }
)


class Framework(ABC):
    """A framework that differentiates: its name, its functions, its ways.

    Its module is imported when something is computed, and not before.
    """

    name: str  # as in framework="jax"
    title: str  # as its makers write it
    distribution: str  # what is installed
    dtypes: Sequence[str]  # the types that it differentiates in
    ways: Sequence[str]  # of WAYS
    functions: Mapping[str, Own]  # by the catalogue's names
    flushes: Sequence[str] = ()  # types of which its kernels read subnormal numbers as 0, by design

    def __str__(self) -> str:
        return self.name

    @property
    def version(self) -> str | None:
        """The version installed; None if it is not."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None

    def compilers(self) -> Mapping[str, str]:
        """The compilers that also decide its numbers, each with its version."""
        return {}

    @property
    def install(self) -> str:
        """The line for the shell that installs the framework."""
        return f"pip install 'symdiff-autograd[{self.name}]'"

    def missing(self) -> str | None:
        """In words why the framework cannot be asked; None if it can."""
        if self.version is not None:
            return None
        return f"{self.title} is not installed; {self.install}"

    @abstractmethod
    def engine(self, way: str) -> Engine:
        """The engine that differentiates in one of the framework's ways.

        Raises: ValueError if it does not differentiate in this way.
        """

    @abstractmethod
    def subject(self, name: str) -> Subject:
        """The framework's own function of a name, with the formula that it documents.

        Raises: ValueError, naming those known, if it has none.
        """

    def own(self, name: str) -> Own:
        """The framework's function of a name.

        Raises: ValueError, naming those known, if it has none.
        """
        if name not in self.functions:
            known = ", ".join(self.functions)
            raise ValueError(f"{self.title} has no function for {name!r}; known are {known}")
        return self.functions[name]

    def checked_way(self, way: str) -> str:
        """The way to differentiate that was named, if the framework has it.

        Raises: ValueError, naming those known, if it is none of its own.
        """
        if way not in self.ways:
            known = ", ".join(self.ways)
            raise ValueError(f"{self.title} has no engine {way!r}; it has {known}")
        return way
