"""Make one number of arrays, Σ w ∘ y, with an input of its own for the weights of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from comparisons.inputs.values import COTANGENT
from symdiff.graph import Graph, Input, Node, array, constant, contraction, elementwise


def weighted_sum(
    graph: Graph, nodes: Mapping[str, Node], weights: Mapping[str, str], total: str
) -> tuple[dict[str, str], list[Input], str, Node]:
    """The sum Σ w ∘ y over nodes by name, its new names none of the graph's.

    Args:
        graph: whose values the nodes are, or are made of.
        nodes: among them those that are summed.
        weights: by a node's name what its weight is to be called, if that is free.
        total: what the sum is to be called, if that is free.

    Returns: by a node's name that of its weight; the weights; the name of the sum, and the sum.
    """
    taken = {*graph.nodes, *graph.where, *graph.lengths}
    taken |= {axis for node in graph.nodes.values() for axis in node.axes}
    named = {name: _free(wanted, taken) for name, wanted in weights.items()}
    inputs = [array(weight, " ".join(nodes[name].axes)) for name, weight in named.items()]
    parts = [contraction((w, nodes[name]), ()) for w, name in zip(inputs, named, strict=True)]
    return named, inputs, _free(total, {*taken, *named.values()}), _sum(parts)


def total(graph: Graph) -> tuple[Graph, dict[str, str]]:
    """The graph with Σ v ∘ y as its output, and by each y's name that of its v."""
    weights, vs, loss, whole = weighted_sum(
        graph, graph.lines, {y: f"{COTANGENT}_{y}" for y in graph.outputs}, "L"
    )
    lines, inputs = {**graph.lines, loss: whole}, (*graph.inputs, *vs)
    return Graph(
        graph.name, inputs, lines, graph.parameters, graph.where, lengths=graph.lengths
    ), weights


def _sum(parts: Iterable[Node]) -> Node:
    whole: Node = constant(0)
    for part in parts:
        whole = elementwise(lambda a, b: a + b, whole, part)
    return whole


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name
