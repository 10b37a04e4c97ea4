"""Derive a graph's adjoints as nodes once; others read or compute them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.adjoints.reverse import ReverseSweep, sweep_from
from symdiff.graph.flat import flat
from symdiff.graph.graph import Graph
from symdiff.graph.kinds.elementwise import constant
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node, topological
from symdiff.graph.signature import Signature

COTANGENT = "v"  # the input that is an array output's cotangent; v_y that of y, one of several
NO_DEPENDENCE = "the output does not depend on it"
CONSTANT = "it depends on no input"


class Derivation:
    """The adjoint of every named value of a graph, as nodes.

    An adjoint is of a value and has its axes. Two names of one value, as `y = x` gives x another
    and as the same line written twice does, have one adjoint, for all uses of either.
    """

    graph: Graph
    cotangents: Mapping[str, Node]  # by the output's name
    nodes: Mapping[str, Node]  # name → adjoint: the lines from the last, then the inputs
    missing: Mapping[str, str]  # name → why no adjoint reaches it

    def __init__(self, graph: Graph) -> None:
        """Derive the adjoints of `graph`.

        The cotangent of its output is 1 for a scalar; for an array it is an input of its own, named
        v. Of several outputs y, h, … each has one, scalars too: v_y, v_h, ….

        Raises: ValueError if the graph has a value called like a cotangent already.
        """
        with acyclic():
            self._derive(graph)

    def _derive(self, graph: Graph) -> None:
        self.graph = graph
        self.cotangents = _cotangents(graph)
        found = sweep_from(
            (graph.lines[name], cotangent) for name, cotangent in self.cotangents.items()
        )
        order = [*list(graph.lines)[::-1], *(i.name for i in graph.inputs)]
        named, fixed = graph.nodes, _fixed(graph)
        self.nodes = {
            name: found.adjoints[named[name]]
            for name in order
            if named[name] not in fixed and named[name] in found.adjoints
        }
        self.missing = {
            name: _why(named[name], found, fixed) for name in order if name not in self.nodes
        }

    def __getstate__(self) -> dict[str, object]:
        """The fields, all nodes in one flat list; what is derived from them is derived again."""
        packed = flat([*self.cotangents.values(), *self.nodes.values()])
        names = tuple(self.cotangents), tuple(self.nodes)
        return {"graph": self.graph, "names": names, "nodes": packed, "missing": self.missing}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.graph, self.missing = state["graph"], state["missing"]
        outputs, names = state["names"]
        nodes = state["nodes"].nodes()
        self.cotangents = dict(zip(outputs, nodes, strict=False))
        self.nodes = dict(zip(names, nodes[len(outputs) :], strict=True))

    @property
    def signature(self) -> Signature:
        """The inputs and parameters that the adjoints are functions of."""
        inputs = {i.name: i.axes for i in self.graph.inputs}
        for cotangent in self.cotangents.values():
            if isinstance(cotangent, Input) and self.nodes:
                inputs[cotangent.name] = cotangent.axes
        return Signature(self.graph.name, inputs, self.graph.parameters, self.graph.lengths)


def requiring_grad(graph: Graph) -> frozenset[str]:
    """The names whose `requires_grad` torch would set: an input reaches them without a stop."""
    fixed = _fixed(graph)
    return frozenset(name for name, node in graph.nodes.items() if node not in fixed)


def _cotangents(graph: Graph) -> dict[str, Node]:
    """The cotangent of each output, by the output's name."""
    if len(graph.outputs) == 1 and not graph.output.axes:
        return {graph.output_name: constant(1)}
    found: dict[str, Node] = {}
    taken = {*graph.nodes, *graph.parameters}
    for name, output in zip(graph.outputs, graph.output_nodes, strict=True):
        alone = len(graph.outputs) == 1 and COTANGENT not in taken
        called = COTANGENT if alone else f"{COTANGENT}_{name}"
        if called in taken:
            raise ValueError(
                f"the cotangent of the output {name!r} is called {called!r}, and so is a value of "
                f"{graph.name}; give that another name"
            )
        found[name] = Input(output.axes, (), called)
    return found


def _fixed(graph: Graph) -> Mapping[Node, str]:
    """The values that no input reaches without a stop, each with the reason."""
    fixed: dict[Node, str] = {}
    for node in topological(graph.nodes.values()):
        if isinstance(node, Stop):
            fixed[node] = _cut_by(node.reason)
        elif not isinstance(node, Input) and all(o in fixed for o in node.operands):
            cuts = [fixed[o] for o in node.operands if fixed[o] != CONSTANT]
            fixed[node] = next(iter(cuts), CONSTANT)
    return fixed


def _cut_by(reason: str) -> str:
    return f"cut by {reason}"


def _why(node: Node, found: ReverseSweep, fixed: Mapping[Node, str]) -> str:
    if node in fixed:
        return fixed[node]
    return _cut_by(found.stopped[node]) if node in found.stopped else NO_DEPENDENCE
