"""The adjoints of a graph: a mapping from each name to its closed form, readable in two forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sympy import Expr, Symbol

from symdiff import notation
from symdiff.closed_form import closed_form, in_names
from symdiff.graph import Graph, Input, Node, Stop, array, constant, topological
from symdiff.notation.names import ArraySymbol, barred
from symdiff.reverse import Sweep, sweep
from symdiff.signature import Signature

if TYPE_CHECKING:
    from symdiff.bridge import Evaluator
    from symdiff.oracle.enclosure import Enclosure

NO_DEPENDENCE = "the output does not depend on it"


class Adjoints(Mapping[str, Expr]):
    """The adjoint of every named value of a graph.

    As a mapping it gives closed forms in the inputs: SymPy scalars, or one entry in indices i, j, …
    where the value has axes. A name that no adjoint reaches is not in the mapping; `missing` says
    why. Printed, it is the tutorial's form: one line a name, in the names of the others.
    """

    def __init__(self, graph: Graph) -> None:
        """Derive the adjoints of `graph`.

        The output's cotangent is 1 for a scalar; for an array it is an input of its own, named v.

        Raises: ValueError if the output is an array and the graph has a v already.
        """
        self.graph = graph
        self._closed_forms: dict[str, Expr] = {}
        output = graph.output
        if output.axes and "v" in {*graph.nodes, *graph.parameters}:
            raise ValueError(
                "the cotangent of an array output is called 'v', and so is a value of "
                f"{graph.name}; give that another name"
            )
        self.cotangent: Node = array("v", " ".join(output.axes)) if output.axes else constant(1)
        found = sweep(output, self.cotangent)
        order = [*list(graph.lines)[::-1], *(i.name for i in graph.inputs)]
        differentiable = requiring_grad(graph)
        self.nodes: Mapping[str, Node] = {
            name: found.adjoints[graph.nodes[name]]
            for name in order
            if name in differentiable and graph.nodes[name] in found.adjoints
        }
        self.missing: Mapping[str, str] = {
            name: _why(graph.nodes[name], found) for name in order if name not in self.nodes
        }

    def __getitem__(self, name: str) -> Expr:
        if name in self.missing:
            raise KeyError(f"{name!r} has no adjoint: {self.missing[name]}")
        if name not in self.nodes:
            raise KeyError(f"{name!r} is no value of {self.graph.name}; it has {', '.join(self)}")
        if name not in self._closed_forms:
            self._closed_forms[name] = closed_form(self.nodes[name])
        return self._closed_forms[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def lines(self) -> Mapping[str, Expr]:
        """Each adjoint in the names of the graph's values and of the adjoints above it."""
        names = _names(self.graph)
        if self.cotangent.axes:
            names[self.cotangent] = _symbol("v", self.cotangent)
        lines = {}
        for name, node in self.nodes.items():
            lines[name] = in_names(node, names)
            if node not in names or (node is self.cotangent and self.graph.barred):
                names[node] = _symbol(barred(name), node)
        return lines

    @cached_property
    def where(self) -> Mapping[str, Expr]:
        """What else the lines are written with: s = softmax(x)."""
        names = _names(self.graph)
        return {
            name: in_names(node, {n: symbol for n, symbol in names.items() if n is not node})
            for name, node in self.graph.where.items()
        }

    def __str__(self) -> str:
        rows = [f"{barred(n)} = {notation.text(e)}" for n, e in self.lines.items()]
        rows += [f"{barred(n)}: none ({why})" for n, why in self.missing.items()]
        rows += [
            f"where {notation.text(Symbol(n))} = {notation.text(e)}" for n, e in self.where.items()
        ]
        return "\n".join(rows)

    def __repr__(self) -> str:
        return f"<Adjoints of {self.graph.name}: {', '.join(self)}>"

    def latex(self, form: Literal["lines", "closed"] = "lines") -> str:
        r"""The adjoints as one LaTeX `aligned` block, in the tutorial's form or in closed form."""
        expressions = self.lines if form == "lines" else self
        rows = [
            rf"{notation.latex(_symbol(barred(name), self.nodes[name]))} "
            rf"&= {notation.latex(expression)}"
            for name, expression in expressions.items()
        ]
        rows += [
            rf"{notation.latex(Symbol(barred(name)))} &: \text{{none ({why})}}"
            for name, why in self.missing.items()
        ]
        if form == "lines":
            rows += [
                rf"\text{{where }} {notation.latex(Symbol(name))} &= {notation.latex(expression)}"
                for name, expression in self.where.items()
            ]
        return notation.aligned(rows)

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    def lambdify(self, arithmetic: Literal["numpy", "mpmath"] = "numpy") -> Evaluator:
        """A function of the inputs, by keyword, that returns every adjoint's value by name.

        `numpy`: float64, vectorised, fast, without a proven bound. `mpmath`: numbers at mpmath's
        working precision, one at a time, as a cross-check.
        """
        from symdiff.bridge import Evaluator

        return Evaluator(self.signature, self.nodes, arithmetic)

    def enclose(self, target: str = "float64", **inputs: Any) -> dict[str, Enclosure]:
        """Every adjoint's true value with a proven bound, by name, as `lambdify` takes inputs.

        Args: target, the format whose ulp the bound has to be far below; inputs, by name.
        Raises: CannotCertify where there is no ball arithmetic for a function in the graph.
        """
        from symdiff.oracle.graph import enclose_adjoints

        return enclose_adjoints(self, inputs, target=target)

    @property
    def signature(self) -> Signature:
        """The inputs and parameters that the adjoints are functions of."""
        inputs = {i.name: i.axes for i in self.graph.inputs}
        if isinstance(self.cotangent, Input) and self.nodes:
            inputs[self.cotangent.name] = self.cotangent.axes
        return Signature(self.graph.name, inputs, self.graph.parameters)


def adjoints(graph: Graph) -> Adjoints:
    """The adjoint of every named value of a graph, such as `symdiff.neuron("gelu")`.

    Raises: TypeError if `graph` is no graph.
    """
    if not isinstance(graph, Graph):
        raise TypeError(
            f"adjoints takes a graph, such as symdiff.neuron('gelu'), not {type(graph).__name__}"
        )
    return Adjoints(graph)


def requiring_grad(graph: Graph) -> frozenset[str]:
    """The names that torch would say require a gradient: what an input reaches without a stop."""
    alive: set[Node] = set()
    for node in topological(graph.nodes.values()):
        if isinstance(node, Input) or (
            not isinstance(node, Stop) and any(o in alive for o in node.operands)
        ):
            alive.add(node)
    return frozenset(name for name, node in graph.nodes.items() if node in alive)


def _why(node: Node, found: Sweep) -> str:
    reason = node.reason if isinstance(node, Stop) else found.stopped.get(node)
    return f"cut by {reason}" if reason else NO_DEPENDENCE


def _names(graph: Graph) -> dict[Node, Symbol]:
    named = [*graph.nodes.items(), *graph.where.items()]  # the latter's names go before
    return {node: _symbol(name, node) for name, node in named}


def _symbol(name: str, node: Node) -> Symbol:
    return (ArraySymbol if node.axes else Symbol)(name, real=True)


def equations(graph: Graph) -> Mapping[str, Expr]:
    """The graph's own lines, in the names of its inputs, of the lines before and of `where`."""
    inputs = {i.name: i for i in graph.inputs}
    names = {node: _symbol(name, node) for name, node in {**inputs, **graph.where}.items()}
    lines = {}
    for name, node in graph.lines.items():
        lines[name] = in_names(node, names)
        names.setdefault(node, _symbol(name, node))
    return lines


def equations_latex(graph: Graph) -> str:
    """The graph's own lines as one LaTeX `aligned` block."""
    return notation.aligned(
        rf"{notation.latex(_symbol(name, graph.lines[name]))} &= {notation.latex(value)}"
        for name, value in equations(graph).items()
    )
