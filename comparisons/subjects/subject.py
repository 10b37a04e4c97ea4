"""A subject: a torch callable beside the graph whose adjoints it should have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from comparisons.inputs.values import Sample
from symdiff import Definition, Graph
from symdiff.notation.names import barred


@dataclass(frozen=True, eq=False)
class Subject:
    """A torch callable paired with its definition."""

    name: str
    graph: Graph  # what it computes, as documented
    forward: Callable[..., Any]  # tensors by the graph's input names → output, or named lines
    code: str  # the output in plain torch, in the graph's input names, for reproducing a finding
    definition: Definition | None = None  # where the graph is this one function
    sample: Sample | None = None  # the inputs to judge at; by default chosen from the definition
    of_torch: bool = False  # whether the function judged is torch's own
    of_user: bool = False  # whether it is the user's own
    captured: bool = False  # whether the graph was read off the code
    casts: Iterable[str] = ()  # types that values on the way are held in, beside that of the inputs
    imports: str = ""  # statements that the code needs beside `import torch`
    framework: str = "torch"  # that it is written in
    labels: Mapping[str, str] = field(default_factory=dict)  # of adjoints, where not as z̄

    def __str__(self) -> str:
        return self.name

    def label(self, name: str) -> str:
        """What the adjoint of a named value is called in print."""
        return self.labels.get(name) or barred(name)

    @property
    def pointwise(self) -> bool:
        """Whether all inputs are scalars: arrays of them are then many problems at once."""
        return not any(i.axes for i in self.graph.inputs)
