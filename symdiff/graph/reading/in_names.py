"""Write a node in the names of other nodes, whole arrays at a time: w̄ = x z̄ᵀ."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr, Symbol

from symdiff.graph.kinds.elementwise import is_constant
from symdiff.graph.kinds.stop import Stop
from symdiff.graph.node import Node, Write
from symdiff.graph.reading.case_depth import check_cases
from symdiff.notation.arrays import applied
from symdiff.notation.names import ArraySymbol
from symdiff.notation.typed import as_typed
from symdiff.trees.extent import Extents, TooLarge
from symdiff.trees.walks import on_demand, ordered


def in_names(node: Node, names: Mapping[Node, Symbol]) -> Expr:
    """The node in terms of the named nodes; unnamed ones are written out in place.

    A constant is always written as itself, whatever it is called. A stop is written as its value,
    unless that occurs beside it: exp(x − stop(x)) is not 1 to a derivative.

    Raises: TooLarge if that is nested too deep or too long to be read.
    """
    extents = Extents()
    marked = _stopped_beside(node, names)

    def one(node: Node, write: Write) -> Expr:
        if node in names and not is_constant(node):
            return names[node]
        if node in marked:
            return applied("stop", (), node.axes, map(write, node.operands))
        return extents.checked(node.whole(write))

    try:
        check_cases(node, names)
        return as_typed(on_demand(node, one, {}))
    except RecursionError:  # SymPy's: an operation of many levels on operands of many
        raise TooLarge("nested deeper than SymPy can go") from None


def _stopped_beside(node: Node, names: Mapping[Node, Symbol]) -> set[Node]:
    """The stops in what is written out whose operands occur there without a stop too."""

    def before(one: Node) -> tuple[Node, ...]:
        return () if one in names else (*one.operands, *one.needs)

    written = ordered([node], before)
    users = [n for n in written if n not in names]
    plain = {o for n in users if not isinstance(n, Stop) for o in n.operands}
    return {n for n in users if isinstance(n, Stop) and n.operands[0] in plain}


def line(name: str, node: Node, names: Mapping[Node, Symbol]) -> Expr | TooLarge:
    """The node's expression in names, or the reason why it cannot be written so."""
    try:
        return in_names(node, names)
    except TooLarge as error:
        return TooLarge(f"{name} is {error}; name values on the way as lines of the graph")


def readable(lines: Mapping[str, Expr | TooLarge]) -> Mapping[str, Expr]:
    """The lines themselves, if all could be written. Raises: TooLarge, the first that is none."""
    written: dict[str, Expr] = {}
    for name, one in lines.items():
        if isinstance(one, TooLarge):
            raise one
        written[name] = one
    return written


def symbol_of(name: str, node: Node) -> Symbol:
    """The symbol of a named node; an array's keeps its axes."""
    return (ArraySymbol if node.axes else Symbol)(name, real=True)
