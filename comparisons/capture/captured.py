"""A capture: the graph, and the user's code to run beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import keystr, tree_flatten_with_path, tree_map

from comparisons.capture.arrays.axes import Shape
from comparisons.capture.calls.operators import LOSSY
from comparisons.capture.reads import Read
from comparisons.capture.running.code import Code
from comparisons.capture.running.place import Place
from comparisons.dtypes import Float64Array
from symdiff.expression.differentiate import differentiate
from symdiff.graph import Graph, Input, Node, topological
from symdiff.graph.arrays.steps import Roundings
from symdiff.graph.kinds.elementwise import Elementwise
from symdiff.graph.template import placeholder

# What makes 0 and 1 of numbers; `to_copy` makes floats of what was compared.
A_COMPARISON = "a comparison"  # what code that compares is called where it is locally constant
_COMPARISONS = frozenset(("gt", "ge", "lt", "le", "eq", "ne", "to_copy", "heaviside", "where"))


@dataclass(frozen=True, eq=False)
class Captured:
    """Torch code as a graph, valid at the inputs that it ran at.

    Args:
        graph: what the code computes; its inputs and outputs have no axes of length 1.
        inputs: the values that it ran at, in the shapes of the user's tensors.
        shapes: of the inputs and the outputs, as the user's tensors have them.
        fixed: what holds at these inputs only: branches taken, random draws, each with its line.
        places: the line of the user's code that made a node.
        types: the type of what was held in less than float64, which rounds to it.
        operations: the name of the operator that made a node.
        draws: whether random numbers were drawn.
        strides: whether it names the strides that memory is read by.
        solves: the operators that solve equations, whose errors are small beside the largest entry.
        looked_up: at how many positions, which are rounded, it looks up pixels.
        stores: whether it stores at places by their index, of which none may be there twice.
        writes: whether something that an input reaches was written into.
        doubles: the nodes that were held in float64 and nothing less; a node that is neither here
            nor in `types` is a step inside an operator.
        written: whether a backward written by hand leads to an output.
        ones: whether a triangle is read that has ones on its diagonal which are not given.
        computed: constants that operators compute themselves, with the roundings of each.
        reads: lines that take numbers out of tensors, on which the outputs depend; torch's
            gradients have them for constants.
    """

    name: str
    graph: Graph
    inputs: Mapping[str, Float64Array]
    shapes: Mapping[str, Shape]
    fixed: tuple[tuple[str, Place | None], ...]
    places: Mapping[Node, Place] = field(repr=False)
    types: Mapping[Node, torch.dtype] = field(repr=False)
    operations: Mapping[Node, str] = field(repr=False)
    code: Code = field(repr=False)
    draws: bool = False
    strides: bool = False
    solves: tuple[str, ...] = ()
    looked_up: int = 0
    stores: bool = False
    writes: bool = False
    doubles: frozenset[Node] = field(default=frozenset(), repr=False)
    written: bool = False
    ones: bool = False
    computed: Mapping[Node, Roundings] = field(default_factory=dict, repr=False)
    reads: tuple[Read, ...] = ()

    def __repr__(self) -> str:
        return f"<Captured {self.name}: {', '.join(self.outputs)} of {', '.join(self.inputs)}>"

    @property
    def by_memory(self) -> str:
        """In words why the numbers depend on how tensors lie in memory; empty if they do not."""
        if self.draws:
            return "draws random numbers, which go by the order of memory"
        return "reads memory by strides of its own" if self.strides else ""

    @property
    def inexact(self) -> str:
        """In words what bounds the errors where no entry is right by itself; empty otherwise."""
        if self.solves:
            return f"{', '.join(self.solves)} is right to the size of the largest entry"
        return "of a rounded position the pixel beside it has a share" if self.looked_up else ""

    @property
    def lossy(self) -> dict[str, str]:
        """The operators by whose gradients torch loses digits, each with why, in words.

        A backward that is written by hand is its author's, and none by its formula.
        """
        return {} if self.written else {n: LOSSY[n] for n in self.solves if n in LOSSY}

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the outputs."""
        return tuple(self.graph.outputs)

    @property
    def arrays(self) -> dict[str, Float64Array]:
        """The input arrays in the shapes that the graph's axes have."""
        return {name: squeezed(value) for name, value in self.inputs.items()}

    def call(self, **values: Tensor) -> dict[str, Tensor]:
        """Run the user's own code at other tensors of any type: its outputs by name.

        The random numbers drawn are those of the capture, and buffers are as they were before it.
        Gradients flow back to the tensors given, which may have the graph's shapes or the user's.

        Raises: TypeError if an input is missing; whatever the code raises.
        """
        shaped = {
            name: v if v.shape == self.shapes[name] else v.reshape(self.shapes[name])
            for name, v in values.items()
        }
        found = real_outputs(self.code(shaped))
        return dict(zip(self.outputs, (t for _, t in found), strict=True))

    @property
    def source_lines(self) -> tuple[tuple[str, str], ...]:
        """The user's lines that made nodes, each with its place, in the order in which they ran."""
        seen = dict.fromkeys(place for place in self.places.values())
        return tuple((str(p), p.text) for p in seen if p.text)

    def locally_constant(self) -> tuple[str, ...]:
        """The operations whose derivative is 0 wherever it exists, each with its place."""
        found: dict[str, None] = {}
        nodes = topological(self.graph.output_nodes)
        if not any(isinstance(node, Input) for node in nodes):
            found |= {f"{what} ({at})" if at else what: None for what, at in self.fixed}
        for node in nodes:
            if is_flat(node) and node in self.operations:
                name, where = self.operations[node], self.source(node)
                name = A_COMPARISON if name in _COMPARISONS else name
                found[f"{name} ({where})" if where else name] = None
        return tuple(found)

    def source(self, node: Node | str) -> str:
        """The `file:line` of the user's code that made a node or a named line; empty if unknown."""
        place = self.places.get(self.graph.nodes[node] if isinstance(node, str) else node)
        return "" if place is None else str(place)


def is_flat(node: Node) -> bool:
    """Whether a node has operands, and its derivative by each of them is 0."""
    return (
        isinstance(node, Elementwise)
        and bool(node.operands)
        and all(
            (differentiate(node.expr, placeholder(i)) if slope is None else slope) == 0
            for i, slope in enumerate(node.partials)
        )
    )


def functions_in(outputs: Iterable[Tensor]) -> Iterator[type[torch.autograd.Function]]:
    """Each `autograd.Function` in the autograd graph that leads to the tensors.

    The user's, and those that torch makes of a backward that is registered for an operator.
    """
    for node in function_nodes_in(outputs):
        yield type(node)._forward_cls


def function_nodes_in(outputs: Iterable[Tensor]) -> Iterator[Any]:
    """The calls of Functions in the autograd graph: the `ctx` of each."""
    seen: set[object] = set()
    left = [output.grad_fn for output in outputs]
    while left:
        node = left.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if hasattr(type(node), "_forward_cls"):
            yield node
        left += [before for before, _ in node.next_functions]


def squeezed(value: Float64Array) -> Float64Array:
    """The array without its axes of length 1, as a graph has it."""
    return value.reshape([n for n in value.shape if n != 1])


def _opened(leaf: Any) -> Any:
    """A dataclass as a dict of its fields; anything else as it is."""
    if not is_dataclass(leaf) or isinstance(leaf, type):
        return leaf
    return {f.name: tree_map(_opened, getattr(leaf, f.name)) for f in fields(leaf)}


def real_outputs(found: Any) -> list[tuple[str, Tensor]]:
    """The floating-point tensors that a function returned, each with its place in the result."""
    leaves, _ = tree_flatten_with_path(tree_map(_opened, found))
    return [
        (keystr(path), leaf)
        for path, leaf in leaves
        if isinstance(leaf, Tensor) and (leaf.is_floating_point() or leaf.is_complex())
    ]
