"""A graph states a problem as its author writes it: named values, line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sympy import Expr, Rational

from symdiff import notation
from symdiff.graph.flat import flat
from symdiff.graph.kinds.input import Input
from symdiff.graph.node import Node, topological
from symdiff.graph.reading.in_names import line, readable, symbol_of
from symdiff.trees.extent import TooLarge


@dataclass(frozen=True, eq=False)
class Graph:
    """Named nodes, of which the last, or those named by `outputs`, are what is differentiated."""

    name: str
    inputs: tuple[Input, ...]
    lines: Mapping[str, Node]  # name → node, in the order written
    parameters: Mapping[str, Rational] = field(default_factory=dict)  # symbol in exprs → value
    where: Mapping[str, Node] = field(default_factory=dict)  # what adjoints are written with too
    barred: bool = False  # whether an array's cotangent is written ȳ, not v, below its own line
    lengths: Mapping[str, int] = field(default_factory=dict)  # of axes that no input has
    outputs: tuple[str, ...] = ()  # names of lines, by default the last
    # whose derivatives its lines are, as formulas give them, which choose one of equal cases
    derived_from: Graph | None = None

    def __post_init__(self) -> None:
        everything = topological([*self.lines.values(), *self.where.values()], computed=True)
        names = [i.name for i in self.inputs] + list(self.lines) + list(self.parameters)
        names += [*self.where, *sorted({a for node in everything for a in node.axes})]
        twice = {name for name, uses in Counter(names).items() if uses > 1}
        if twice:
            raise ValueError(
                f"the graph {self.name!r} uses the name {min(twice)!r} twice; "
                "inputs, lines, parameters and axes need names of their own"
            )
        outputs = tuple(self.outputs) or tuple(self.lines)[-1:]
        for name in outputs:
            if name not in self.lines:
                raise ValueError(
                    f"the output {name!r} is no line of the graph {self.name!r}; "
                    f"its lines are {', '.join(self.lines)}"
                )
        object.__setattr__(self, "outputs", outputs)
        object.__setattr__(self, "lengths", self._all_lengths(everything))

    def _all_lengths(self, nodes: Iterable[Node]) -> dict[str, int]:
        """The lengths of axes that were given and those that nodes fix.

        Raises: ValueError if an axis has two.
        """
        lengths = dict(self.lengths)
        for node in nodes:
            for axis, length in node.lengths.items():
                if lengths.setdefault(axis, length) != length:
                    raise ValueError(
                        f"in the graph {self.name!r} the axis {axis!r} has length "
                        f"{lengths[axis]} and, in {node!r}, length {length}; give each its own axis"
                    )
        return lengths

    def __getstate__(self) -> dict[str, object]:
        """The fields, all nodes in one flat list: pickle would recurse from node to node."""
        packed = flat([*self.inputs, *self.lines.values(), *self.where.values()])
        names = (len(self.inputs), tuple(self.lines), tuple(self.where))
        return {**self.__dict__, "inputs": packed, "lines": names, "where": None}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        nodes = iter(state["inputs"].nodes())
        count, lines, where = state["lines"]
        fields = {
            "inputs": tuple(islice(nodes, count)),
            "lines": dict(zip(lines, islice(nodes, len(lines)), strict=True)),
            "where": dict(zip(where, nodes, strict=True)),
        }
        self.__dict__.update({**state, **fields})

    @property
    def before(self) -> tuple[Graph, ...]:
        """The graph that it is made of the derivatives of, that graph's own, and so on."""
        return () if self.derived_from is None else (self.derived_from, *self.derived_from.before)

    @property
    def nodes(self) -> dict[str, Node]:
        """Every named node: the inputs, then the lines."""
        return {**{i.name: i for i in self.inputs}, **self.lines}

    @property
    def output(self) -> Node:
        """The node of the only output. Raises: ValueError if there are several."""
        return self.lines[self.output_name]

    @property
    def output_name(self) -> str:
        """The name of the only output. Raises: ValueError if there are several."""
        if len(self.outputs) > 1:
            raise ValueError(
                f"the graph {self.name!r} has the outputs {', '.join(self.outputs)}; "
                "name the one that is meant"
            )
        return self.outputs[0]

    @property
    def output_nodes(self) -> tuple[Node, ...]:
        """The nodes of the outputs, in their order."""
        return tuple(self.lines[name] for name in self.outputs)

    def __repr__(self) -> str:
        inputs = ", ".join(i.name for i in self.inputs)
        return f"<Graph {self.name}: {', '.join(self.lines)} of {inputs}>"

    def __str__(self) -> str:
        """The equations, one line a name."""
        return "\n".join(row(name, one) for name, one in _equations(self).items())

    def latex(self) -> str:
        """The equations as one LaTeX `aligned` block."""
        return notation.aligned(
            rf"{notation.latex(symbol_of(name, self.lines[name]))} &= {notation.latex(value)}"
            for name, value in equations(self).items()
        )

    def _repr_latex_(self) -> str | None:
        return in_notebook(self.latex)


def equations(graph: Graph) -> Mapping[str, Expr]:
    """The graph's lines as equations, in the names of inputs, earlier lines and `where`.

    Raises: TooLarge if a line is too large to be read; `str` says which, and writes the others.
    """
    return readable(_equations(graph))


def _equations(graph: Graph) -> Mapping[str, Expr | TooLarge]:
    inputs = {i.name: i for i in graph.inputs}
    names = {node: symbol_of(name, node) for name, node in {**inputs, **graph.where}.items()}
    lines = {}
    for name, node in graph.lines.items():
        lines[name] = line(name, node, names)
        names.setdefault(node, symbol_of(name, node))
    return lines


def row(name: str, one: Expr | TooLarge) -> str:
    """A line as text, or why it is none."""
    return str(one) if isinstance(one, TooLarge) else f"{name} = {notation.text(one)}"


def in_notebook(latex: Callable[[], str]) -> str | None:
    """The LaTeX that a notebook shows; None, which makes it show the repr, if it is too large."""
    try:
        return f"$${latex()}$$"
    except TooLarge:
        return None
