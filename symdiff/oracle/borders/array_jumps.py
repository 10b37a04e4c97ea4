"""Find the entries by which a function of arrays may jump.

The program is run near the point: see `program_near`. If an output's entry ends as several numbers
its function may jump, and what leads to a border there is looked at closely.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

import numpy as np
from flint import arb, ctx

from symdiff.array_types import BoolArray
from symdiff.bridge.interpret import interpret
from symdiff.graph.adjoints.acyclic import acyclic
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.adjoints.reverse import sweep_from
from symdiff.graph.kinds.elementwise import Elementwise, from_template
from symdiff.graph.kinds.input import Input
from symdiff.graph.kinds.largest import Largest
from symdiff.graph.kinds.support import Support
from symdiff.graph.node import Node, topological
from symdiff.graph.template import placeholder
from symdiff.oracle.enclosures.from_float_balls import WORTH, none_is_zero
from symdiff.oracle.neighbourhood.program_near import ProgramNear
from symdiff.oracle.points.nearby import (
    borders_of,
    jumps,
    moving_in,
)
from symdiff.oracle.programs.array_balls import balls_of, compile_reached
from symdiff.oracle.programs.frozen import Frozen
from symdiff.oracle.programs.reach import no_value, steep, terms_of
from symdiff.programs.program import program

_BITS = 512
_TERM, _LINE, _SOURCE, _SEED = "%term", "%line", "%source", "%seed"


def may_jump(adjoints: Derivation) -> bool:
    """Whether a graph has cases between which its value may jump."""
    graphs = (adjoints.graph, *adjoints.graph.before)
    return any(_choosing(n) for g in graphs for n in topological(g.output_nodes, computed=True))


def _choosing(node: Node) -> bool:
    return isinstance(node, Largest) or (isinstance(node, Elementwise) and jumps(node.expr))


def open_to_jumps(adjoints: Derivation, arguments: Mapping[str, Any]) -> dict[str, BoolArray]:
    """By adjoint the entries by which the function may jump; empty if it does not.

    Where it is made of derivatives, so are those by which what they are derivatives of may jump,
    and what such a derivative is weighted with.

    Args: arguments, the program's. Raises: OutOfTimeError.
    """
    graph = adjoints.graph
    found = _open_to_jumps(adjoints, arguments)
    if graph.derived_from is not None:
        first = Derivation(graph.derived_from)
        behind = dict(open_to_jumps(first, arguments))
        for term in terms_of(graph):
            for name, mask in [*behind.items()]:
                if term.seed is not None and term.value is first.nodes[name]:
                    behind[term.seed.name] = term.turned(mask)
        for name in behind.keys() & adjoints.nodes.keys():
            found[name] = found.get(name, False) | behind[name]
    return found


def _open_to_jumps(adjoints: Derivation, arguments: Mapping[str, Any]) -> dict[str, BoolArray]:
    """The entries by which the function itself may jump."""
    graph = adjoints.graph
    terms = {f"{_TERM}{i}": term.value for i, term in enumerate(terms_of(graph))}
    frozen = Frozen(terms.values())
    computed = topological([frozen[node] for node in terms.values()], computed=True)
    sources = {f"{_SOURCE}{i}": n for i, n in enumerate(filter(_choosing, computed))}
    if not sources:
        return {}
    moved = {name for name in adjoints.signature.inputs if name in adjoints.nodes}
    entries = sum(int(np.size(value)) for value in arguments.values())
    if entries >= WORTH and not frozen.stops:
        borders = _borders(computed, moved)
        if borders is not None and none_is_zero(program(borders), arguments, moved):
            return {}
    lines = {f"{_LINE}{k}": frozen[n] for k, n in graph.lines.items() if k in adjoints.nodes}
    nodes = {**{k: frozen[n] for k, n in terms.items()}, **sources, **lines}
    made = {frozen[node]: node for node in topological(terms.values(), computed=True)}

    def found(moving: set[str]) -> dict[str, BoolArray]:
        """By an adjoint's name what is open if inputs, and lines, move."""
        with ctx.workprec(_BITS):
            balls = {k: balls_of(v) for k, v in arguments.items()}
            balls |= frozen.values(balls)
            run = ProgramNear(program(nodes, shared=False), balls, moving)
            run.compute()
        lost = {terms[k]: mask for k in terms if (mask := run.open_entries(k)).any()}
        if not lost:
            return {}
        origins = {made[sources[k]]: mask for k in sources if (mask := run.began(k)).any()}
        borders, outputs = (reached(adjoints, some, arguments) for some in (origins, lost))
        return {name: borders[name] & outputs[name] for name in borders.keys() & outputs.keys()}

    whole = found(moved | lines.keys())
    if not whole or not lines:
        return whole
    # what a line may be beside its value is no matter to an input that leaves it as it is
    return {**whole, **_none(whole, moved), **_of(found(moved), moved)}


def _of(masks: Mapping[str, BoolArray], names: Container[str]) -> dict[str, BoolArray]:
    return {name: mask for name, mask in masks.items() if name in names}


def _none(masks: Mapping[str, BoolArray], names: Container[str]) -> dict[str, BoolArray]:
    return {name: np.zeros_like(mask) for name, mask in masks.items() if name in names}


def _borders(computed: Iterable[Node], moved: Container[str]) -> dict[str, Node] | None:
    """Nodes of which none is 0 where no case changes; None where that is not told so."""
    moving: set[Node] = set()
    found: dict[str, Node] = {}
    for node in computed:
        if isinstance(node, Largest | Support):
            return None
        if not isinstance(node, Elementwise):
            if (isinstance(node, Input) and node.name in moved) or not moving.isdisjoint(
                node.needs
            ):
                moving.add(node)
            continue
        own = {placeholder(i): o for i, o in enumerate(node.operands)}
        if any(own.get(p) in moving for p in moving_in(node.expr)):
            moving.add(node)
        for border in borders_of(node.expr):
            if border is None:
                return None
            if any(own.get(p) in moving for p in border.free_symbols):
                found[f"%border{len(found)}"] = from_template(border, node.operands)
    return found


def reached(
    adjoints: Derivation, origins: Mapping[Node, BoolArray], arguments: Mapping[str, Any]
) -> dict[str, BoolArray]:
    """By adjoint the entries that some entries of nodes depend on."""
    named = {name: adjoints.graph.nodes[name] for name in adjoints.nodes}
    with acyclic():
        made = steep([*named.values(), *origins], through_flags=True)
        seeds: list[tuple[Node, Node]] = []
        given: dict[str, Any] = {}
        for i, (node, mask) in enumerate(origins.items()):
            from_here = node.operands[0] if isinstance(node, Largest) else node
            seeds.append((made[from_here], Input(from_here.axes, (), f"{_SEED}{i}")))
            given[f"{_SEED}{i}"] = _with_nan(mask)
        found = sweep_from(seeds).adjoints
        nodes = {name: found[made[node]] for name, node in named.items() if made[node] in found}
        steps = program(nodes)
    balls = {k: balls_of(v) for k, v in arguments.items() if k in steps.arguments}
    made_of = interpret(steps, {**balls, **given}, compile_reached)
    return {name: no_value(entries) for name, entries in made_of.items()}


def _with_nan(where: BoolArray) -> Any:
    entries = np.full(where.shape, arb(0), object)
    entries[where] = arb.nan()
    return entries
