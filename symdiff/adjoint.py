"""The adjoints of a graph: a mapping from each name to its closed form, readable in two forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from sympy import Expr, Symbol

from symdiff import notation
from symdiff.closed_form import closed_form, in_names
from symdiff.flat import flat
from symdiff.graph import Graph, Input, Node, Stop, array, constant, topological
from symdiff.notation.names import ArraySymbol, barred
from symdiff.reverse import Sweep, sweep
from symdiff.signature import Signature
from symdiff.trees.extent import TooLarge

if TYPE_CHECKING:
    from symdiff.bridge.evaluator import Evaluator
    from symdiff.oracle.enclosure import Enclosure

NO_DEPENDENCE = "the output does not depend on it"
CONSTANT = "it depends on no input"


class Adjoints(Mapping[str, Expr]):
    """The adjoint of every named value of a graph.

    As a mapping it gives closed forms in the inputs: SymPy scalars, or one entry in indices i, j, …
    where the value has axes. A name that no adjoint reaches is not in the mapping; `missing` says
    why. Printed, it is the tutorial's form: one line a name, in the names of the others.

    An adjoint is of a value and has its axes. Two names of one value, as `y = x` gives x another
    and as the same line written twice does, have one adjoint, for all uses of either.
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
        fixed = _fixed(graph)
        self.nodes: Mapping[str, Node] = {
            name: found.adjoints[graph.nodes[name]]
            for name in order
            if graph.nodes[name] not in fixed and graph.nodes[name] in found.adjoints
        }
        self.missing: Mapping[str, str] = {
            name: _why(graph.nodes[name], found, fixed) for name in order if name not in self.nodes
        }

    def __getstate__(self) -> dict[str, object]:
        """The fields, all nodes in one flat list; what is derived from them is derived again."""
        packed = flat([self.cotangent, *self.nodes.values()])
        names = tuple(self.nodes)
        return {"graph": self.graph, "names": names, "nodes": packed, "missing": self.missing}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.graph, self.missing = state["graph"], state["missing"]
        self.cotangent, *nodes = state["nodes"].nodes()
        self.nodes = dict(zip(state["names"], nodes, strict=True))
        self._closed_forms = {}

    def __getitem__(self, name: str) -> Expr:
        if name in self.missing:
            raise KeyError(f"{name!r} has no adjoint: {self.missing[name]}")
        if name not in self.nodes:
            raise KeyError(f"{name!r} is no value of {self.graph.name}; it has {', '.join(self)}")
        if name not in self._closed_forms:
            try:
                self._closed_forms[name] = closed_form(self.nodes[name])
            except TooLarge as error:
                raise TooLarge(
                    f"the closed form of {barred(name)} is {error}; "
                    "read .lines, or compute it with .lambdify() or .enclose()"
                ) from None
        return self._closed_forms[name]

    def __contains__(self, name: object) -> bool:
        return name in self.nodes  # without writing out its closed form

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    @cached_property
    def has_large_forms(self) -> bool:
        """Whether a closed form is too large to be written out: then go by `nodes`, as programs do.

        It stops at the first, which in a deep graph comes early.
        """
        try:
            for name in self:
                self[name]
        except TooLarge:
            return True
        return False

    @cached_property
    def lines(self) -> Mapping[str, Expr]:
        """Each adjoint in the names of the graph's values and of the adjoints above it.

        Raises: TooLarge if one is too large to be read; `str` says which, and writes the others.
        """
        return _readable(self._lines)

    @cached_property
    def _lines(self) -> Mapping[str, Expr | TooLarge]:
        names = _names(self.graph)
        if self.cotangent.axes:
            names[self.cotangent] = _symbol("v", self.cotangent)
        lines = {}
        for name, node in self.nodes.items():
            lines[name] = _line(barred(name), node, names)
            if node not in names or (node is self.cotangent and self.graph.barred):
                names[node] = _symbol(barred(name), node)
        return lines

    @cached_property
    def where(self) -> Mapping[str, Expr]:
        """What else the lines are written with: s = softmax(x). Raises: as `lines`."""
        return _readable(self._where)

    @cached_property
    def _where(self) -> Mapping[str, Expr | TooLarge]:
        names = _names(self.graph)
        return {
            name: _line(name, node, {n: symbol for n, symbol in names.items() if n is not node})
            for name, node in self.graph.where.items()
        }

    def __str__(self) -> str:
        rows = [_row(barred(n), e) for n, e in self._lines.items()]
        rows += [f"{barred(n)}: none ({why})" for n, why in self.missing.items()]
        rows += [f"where {_row(notation.text(Symbol(n)), e)}" for n, e in self._where.items()]
        return "\n".join(rows)

    def __repr__(self) -> str:
        return f"<Adjoints of {self.graph.name}: {', '.join(self)}>"

    def latex(self, form: Literal["lines", "closed"] = "lines") -> str:
        r"""The adjoints as one LaTeX `aligned` block, in the tutorial's form or in closed form.

        Raises: TooLarge if one is too large to be read.
        """
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

        `numpy`: float64, vectorised, fast; for a graph of scalars within 10⁻⁹ of the truth,
        relatively, or NaN, though without a proof. `mpmath`: numbers at mpmath's
        working precision, one at a time, as a cross-check.
        """
        from symdiff.bridge.evaluator import Evaluator

        primals = topological([self.graph.output], computed=True)
        return Evaluator(self.signature, self.nodes, arithmetic, primals)

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
    fixed = _fixed(graph)
    return frozenset(name for name, node in graph.nodes.items() if node not in fixed)


def _fixed(graph: Graph) -> Mapping[Node, str]:
    """What no input reaches without a stop, and why it has no adjoint therefore."""
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


def _why(node: Node, found: Sweep, fixed: Mapping[Node, str]) -> str:
    if node in fixed:
        return fixed[node]
    return _cut_by(found.stopped[node]) if node in found.stopped else NO_DEPENDENCE


def _line(name: str, node: Node, names: Mapping[Node, Symbol]) -> Expr | TooLarge:
    """The node in names, or why it cannot be written so."""
    try:
        return in_names(node, names)
    except TooLarge as error:
        return TooLarge(f"{name} is {error}; name values on the way as lines of the graph")


def _readable(lines: Mapping[str, Expr | TooLarge]) -> Mapping[str, Expr]:
    readable: dict[str, Expr] = {}
    for name, line in lines.items():
        if isinstance(line, TooLarge):
            raise line
        readable[name] = line
    return readable


def _row(name: str, line: Expr | TooLarge) -> str:
    return str(line) if isinstance(line, TooLarge) else f"{name} = {notation.text(line)}"


def _names(graph: Graph) -> dict[Node, Symbol]:
    named = [*graph.nodes.items(), *graph.where.items()]  # the latter's names go before
    return {node: _symbol(name, node) for name, node in named}


def _symbol(name: str, node: Node) -> Symbol:
    return (ArraySymbol if node.axes else Symbol)(name, real=True)


def equations(graph: Graph) -> Mapping[str, Expr]:
    """The graph's own lines, in the names of its inputs, of the lines before and of `where`.

    Raises: TooLarge if a line is too large to be read.
    """
    inputs = {i.name: i for i in graph.inputs}
    names = {node: _symbol(name, node) for name, node in {**inputs, **graph.where}.items()}
    lines = {}
    for name, node in graph.lines.items():
        lines[name] = _line(name, node, names)
        names.setdefault(node, _symbol(name, node))
    return _readable(lines)


def equations_latex(graph: Graph) -> str:
    """The graph's own lines as one LaTeX `aligned` block."""
    return notation.aligned(
        rf"{notation.latex(_symbol(name, graph.lines[name]))} &= {notation.latex(value)}"
        for name, value in equations(graph).items()
    )
