"""Find the type that each value of a graph, and of its adjoints, is rounded to.

A value that the code holds in less than the type it is judged in, as a bfloat16 cast does, has that
type's roundings, and so has what goes back through it; what lies beside it has not. What a kernel
computes on its way to a result has the result's type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce

from comparisons.dtypes import FloatType, coarser, float_type
from comparisons.judge.graphs.allowance import precision_of
from symdiff.graph import Graph, Node, topological
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.owners import owners
from symdiff.rounding import Precision


def precisions(
    adjoints: Derivation,
    held: Mapping[Node, str] | None,
    casts: Iterable[str],
    dtype: FloatType,
    computed: Iterable[Node] = (),
) -> Precision | Mapping[Node, Precision]:
    """The precision of each value of the adjoints' program; one of all where that is enough.

    Args: held, of the graph's values those of which it is known; casts, types of values of which
        no more is known, where `held` is None; dtype, of what nothing is known; computed, the
        constants of operators, whose steps no type is known of.
    """
    if held is None:
        return precision_of(reduce(coarser, map(float_type, casts), dtype))
    if set(held.values()) <= {dtype.name}:
        return precision_of(dtype)
    types = _of_all(adjoints.graph, {n: float_type(name) for n, name in held.items()}, dtype)
    made: dict[frozenset[FloatType], Precision] = {}

    def of(several: Iterable[Node]) -> Precision:
        kinds = frozenset(types[node] for node in several)
        if kinds not in made:
            made[kinds] = _coarsest(kinds)
        return made[kinds]

    own = dict.fromkeys(computed, precision_of(dtype))
    return {**{node: of(several) for node, several in owners(adjoints).items()}, **own}


def _of_all(
    graph: Graph, held: Mapping[Node, FloatType], dtype: FloatType
) -> dict[Node, FloatType]:
    """The type of every value: an unknown one has the coarsest of what is made of it."""
    types: dict[Node, FloatType] = {}
    behind: dict[Node, FloatType] = {}
    for node in reversed(topological(graph.output_nodes, computed=True)):
        types[node] = held.get(node) or behind.get(node, dtype)
        for need in node.needs:
            behind[need] = coarser(behind.get(need, types[node]), types[node])
    return types


def _coarsest(types: Iterable[FloatType]) -> Precision:
    """The precision as coarse as any: bfloat16 has fewer digits, float16 the shorter range."""
    kinds = [precision_of(t) for t in types]
    return Precision(
        max(k.unit for k in kinds),
        max(k.smallest for k in kinds),
        accumulator=max(k.summing for k in kinds),
    )
