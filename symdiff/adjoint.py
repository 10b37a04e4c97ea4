"""Map each value of a graph to its adjoint in closed form, in lines or written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, overload

from sympy import Expr, Symbol

from symdiff import notation
from symdiff.graph.adjoints.derivation import Derivation
from symdiff.graph.graph import Graph, in_notebook, row
from symdiff.graph.kinds.input import Input
from symdiff.graph.node import Node, topological
from symdiff.graph.reading.closed_form import closed_form
from symdiff.graph.reading.in_names import line, readable, symbol_of
from symdiff.notation.names import barred
from symdiff.trees.extent import TooLarge

if TYPE_CHECKING:
    from symdiff.bridge.evaluator import Evaluator
    from symdiff.bridge.torch_code import TorchCode
    from symdiff.oracle.enclosures.enclosure import Enclosure


class Adjoints(Derivation, Mapping[str, Expr]):
    """The adjoint of every named value of a graph.

    As a mapping it gives closed forms in the inputs: SymPy scalars, or one entry in indices i, j, …
    where the value has axes. A name that no adjoint reaches is not in the mapping; `missing` says
    why. Printed, it is the tutorial's form: one line a name, in the names of the others.
    """

    @cached_property
    def _closed_forms(self) -> dict[str, Expr]:
        return {}

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
    def lines(self) -> Mapping[str, Expr]:
        """Each adjoint in the names of the graph's values and of the adjoints above it.

        Raises: TooLarge if one is too large to be read; `str` says which, and writes the others.
        """
        return readable(self._lines)

    @cached_property
    def _lines(self) -> Mapping[str, Expr | TooLarge]:
        names = _names(self.graph)
        cotangents = [node for node in self.cotangents.values() if isinstance(node, Input)]
        names |= {node: symbol_of(node.name, node) for node in cotangents}
        lines = {}
        for name, node in self.nodes.items():
            lines[name] = line(barred(name), node, names)
            if node not in names or (node in cotangents and self.graph.barred):
                names[node] = symbol_of(barred(name), node)
        return lines

    @cached_property
    def where(self) -> Mapping[str, Expr]:
        """The abbreviations that the lines use: s = softmax(x).

        Raises: TooLarge if one is too large to be read.
        """
        return readable(self._where)

    @cached_property
    def _where(self) -> Mapping[str, Expr | TooLarge]:
        names = _names(self.graph)
        return {
            name: line(name, node, {n: symbol for n, symbol in names.items() if n is not node})
            for name, node in self.graph.where.items()
        }

    def __str__(self) -> str:
        rows = [row(barred(n), e) for n, e in self._lines.items()]
        rows += [f"{barred(n)}: none ({why})" for n, why in self.missing.items()]
        rows += [f"where {row(notation.text(Symbol(n)), e)}" for n, e in self._where.items()]
        return "\n".join(rows)

    def __repr__(self) -> str:
        return f"<Adjoints of {self.graph.name}: {', '.join(self)}>"

    def latex(self, form: Literal["lines", "closed"] = "lines") -> str:
        r"""The adjoints as one LaTeX `aligned` block, in the tutorial's form or in closed form.

        Raises: TooLarge if one is too large to be read.
        """
        expressions = self.lines if form == "lines" else self
        rows = [
            rf"{notation.latex(symbol_of(barred(name), self.nodes[name]))} "
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

    def _repr_latex_(self) -> str | None:
        return in_notebook(self.latex)

    @overload
    def lambdify(self, arithmetic: Literal["numpy", "mpmath"] = "numpy") -> Evaluator: ...
    @overload
    def lambdify(self, arithmetic: Literal["torch"]) -> TorchCode: ...
    def lambdify(
        self, arithmetic: Literal["numpy", "mpmath", "torch"] = "numpy"
    ) -> Evaluator | TorchCode:
        """A function of the inputs, by keyword, that returns every adjoint's value by name.

        `numpy`: float64, vectorised, fast; for a graph of scalars within 10⁻⁹ of the truth,
        relatively, or NaN, though without a proof; where two cases are equal, the slope if there
        is one, and at a kink what the closed form states there if that lies between both sides.
        `mpmath`: numbers at mpmath's working precision, one at a time, as a cross-check. `torch`:
        tensors, in their own type and on their own device; its `source` is plain torch code, for a
        backward of your own. In both, and in a graph of arrays, what the closed form states counts
        where two cases are equal, and of a smooth function that may be no slope: of min(z, |z|) at
        0, which is z, it is 0. `enclose` proves which it is.

        Raises: TypeError if a function or an operation has no such arithmetic.
        """
        if arithmetic == "torch":
            from symdiff.bridge.torch_code import TorchCode

            return TorchCode(self.signature, self.nodes)
        from symdiff.bridge.evaluator import Evaluator

        primals = topological(self.graph.output_nodes, computed=True)
        return Evaluator(self.signature, self.nodes, arithmetic, primals)

    def enclose(self, target: str = "float64", **inputs: Any) -> dict[str, Enclosure]:
        """Every adjoint's true value with a proven bound, by name, as `lambdify` takes inputs.

        Args: target, the format whose ulp the bound has to be far below; inputs, by name.
        Raises: CannotCertify where there is no ball arithmetic for a function in the graph.
        """
        from symdiff.oracle.adjoints import enclose_adjoints

        return enclose_adjoints(self, inputs, target=target)


def adjoints(graph: Graph) -> Adjoints:
    """Derive the adjoint of every named value of a graph, such as `symdiff.neuron("gelu")`.

    Raises: TypeError if `graph` is no graph.
    """
    if not isinstance(graph, Graph):
        raise TypeError(
            f"adjoints takes a graph, such as symdiff.neuron('gelu'), not {type(graph).__name__}"
        )
    return Adjoints(graph)


def _names(graph: Graph) -> dict[Node, Symbol]:
    named = [*graph.nodes.items(), *graph.where.items()]  # the latter's names go before
    return {node: symbol_of(name, node) for name, node in named}
