"""A subject is a torch callable with the graph whose adjoints its gradients should be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.inputs.values import Inputs, Sample
from comparisons.subjects.own.origin import Origin
from symdiff import Definition, Graph
from symdiff.notation.names import barred

if TYPE_CHECKING:
    from comparisons.capture.running.place import Place
    from comparisons.subjects.own.bare import Bare
    from comparisons.subjects.own.entrywise import Entrywise
    from symdiff.graph import Node
    from symdiff.graph.arrays.steps import Roundings


@dataclass(frozen=True)
class Reading:
    """A user's code as a report shows it.

    Args: graph, whose lines are the function's local variables; lines, of the user's source that
        were captured, each with its place, in the order in which they ran.
    """

    graph: Graph
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Subject:
    """A torch callable paired with the graph of what it should compute."""

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
    # the type that each value of captured code is held in; None if only `casts` says of it
    held: Mapping[Node, str] | None = None
    # Constants that the code's operators compute themselves, with the roundings of each.
    computed: Mapping[Node, Roundings] = field(default_factory=dict)
    bare: Bare | None = None  # captured code as it is called
    draws: bool = False  # whether the code draws random numbers
    # Operators of it by which no entry is right by itself, in words, and beside what it is right.
    inexact: str = ""
    # Operators of it whose gradients lose digits by torch's own formulas, each with why, in words.
    lossy: Mapping[str, str] = field(default_factory=dict)
    shared: Literal["matrix", "neighbours"] | None = None
    # of a gradient's own gradient: by each input the one that weights its first derivative
    weights: Mapping[str, str] = field(default_factory=dict)
    by_memory: str = ""  # why other layouts give other numbers, in words: "draws random numbers"
    no_double: str = ""  # why it is judged in its tensors' own type and not in float64, in words
    reads: Sequence[str] = ()  # lines whose numbers, taken out of tensors, are held constant
    surrogate: bool = False  # whether it is judged by a gradient that is no derivative
    # Why gradient= says nothing of other tensors, in words; asked of so many of the first axes.
    tied: Callable[[int], str] = lambda _: ""
    origin: Origin = field(default_factory=Origin)  # of the user's function; empty of torch's own
    flat: Callable[[], Sequence[str]] = field(default=tuple, repr=False)  # see `Captured`
    entrywise: Callable[[], Entrywise | None] = field(default=lambda: None, repr=False)
    reading: Callable[[], Reading] | None = field(default=None, repr=False)  # for a report
    framework: str = "torch"  # that it is written in
    places: Mapping[Node, Place] = field(default_factory=dict)  # the user's lines, of nodes
    alone: Callable[[], Subject] | None = None  # the same, as a function of one number
    labels: Mapping[str, str] = field(default_factory=dict)  # of adjoints, where not as z̄
    # of inputs, as the user's tensors have them: a graph has no axes of length 1
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def label(self, name: str) -> str:
        """The name of a value's adjoint in print, such as z̄ or `x.grad`."""
        return self.labels.get(name) or barred(name)

    @property
    def pointwise(self) -> bool:
        """Whether all inputs are scalars: arrays of them are then many problems at once."""
        return not any(i.axes for i in self.graph.inputs)

    def shape_of(self, name: str, found: tuple[int, ...]) -> tuple[int, ...] | None:
        """The shape of an adjoint as its user's tensor has it; None for points.

        Args: found, its shape in the graph.
        """
        return None if self.pointwise else self.shapes.get(name, found)

    def types(self, dtype: FloatType) -> set[FloatType]:
        """The types that any of its values is known to be held in, `dtype` among them."""
        return {dtype, *map(float_type, (self.held or {}).values()), *map(float_type, self.casts)}

    def sampled_beside(self, given: Mapping[str, Any], dtype: FloatType) -> Inputs:
        """The arrays given by name, and the default sample of every other input."""
        assert self.sample is not None  # noqa: S101 - captured code has one
        sampled = self.sample(dtype)
        own = {
            name: np.reshape(_array(values), sampled[name].shape)
            for name, values in given.items()
            if name in sampled
        }
        return {**sampled, **own}


def _array(values: Any) -> Float64Array:
    """An array's or a tensor's numbers."""
    tensor = hasattr(values, "detach")
    found = values.detach().cpu().double().numpy() if tensor else values
    return np.asarray(found, dtype=np.float64)
