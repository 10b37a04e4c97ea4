"""Print your code's formulas line by line, each with the adjoint of that line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import symdiff
from comparisons.capture.captured import Captured
from comparisons.capture.capturing import Lines, captured_call
from comparisons.capture.running.own_type import in_its_own_type
from comparisons.dtypes import FLOAT_TYPES, FloatType
from symdiff import Adjoints
from symdiff.graph import Graph
from symdiff.graph.graph import equations
from symdiff.trees.extent import TooLarge

_READABLE = 100  # characters of a line; a longer one is taken apart where values are shared


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """Torch code and its adjoints as formulas; printed, both line by line.

    Args: captured, the code as a graph whose lines are the function's local variables.
    """

    captured: Captured

    @property
    def graph(self) -> Graph:
        """The graph of what the code computes."""
        return self.captured.graph

    @cached_property
    def adjoints(self) -> Adjoints:
        """The adjoint of every input and line by name; it has `lambdify` and `enclose`."""
        return symdiff.adjoints(self.graph)

    def __str__(self) -> str:
        lines = [_equations(self.graph), "", str(self.adjoints)]
        lines += [f"fixed here: {what}{_at(place)}" for what, place in self.captured.fixed]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<ClosedForm of {self.captured.name}: {', '.join(self.adjoints)}>"

    def latex(self) -> str:
        """The formulas and the adjoints as LaTeX, each an `aligned` block.

        Raises: TooLarge if a line is too large.
        """
        return f"{self.graph.latex()}\n{self.adjoints.latex()}"

    def _repr_latex_(self) -> str:
        blocks = self.graph.latex(), self.adjoints.latex()
        return "\n".join(f"$${block}$$" for block in blocks)


def closed_form(function: Callable[..., Any], *args: Any, **kwargs: Any) -> ClosedForm:
    """Derive the adjoints of torch code in closed form, in the names that the code itself uses.

    >>> import torch, comparisons
    >>> x, A, B = torch.randn(5, 4), torch.randn(4, 3), torch.randn(4, 3)
    >>> print(comparisons.closed_form(lambda x, A, B: (x @ A) @ (x @ B).T, x, A, B))
    y = (x A) (x B)ᵀ
    <BLANKLINE>
    ȳ = v
    x̄ = (v (x B)) Aᵀ + (vᵀ (x A)) Bᵀ
    Ā = xᵀ (v (x B))
    B̄ = xᵀ (vᵀ (x A))

    A line too long to be read is taken apart: what occurs in it more than once is called t1, t2, ….

    Args:
        function: a function, an `autograd.Function.apply` (its forward is read) or a module.
        args: what it is called with: tensors that say shapes.
        kwargs: the same, by name.

    Raises: ValueError, in one sentence, where the code cannot be captured.
    """

    def read(lines: Lines) -> ClosedForm:
        in_type = partial(_captured, function, args, kwargs, lines)
        return ClosedForm(in_its_own_type(in_type, FLOAT_TYPES["float64"], (args, kwargs))[0])

    found = read(Lines.LOCALS)
    return read(Lines.SHARED) if max(map(len, str(found).splitlines())) > _READABLE else found


def _captured(
    function: Callable[..., Any], args: Any, kwargs: Any, lines: Lines, dtype: FloatType
) -> Captured:
    return captured_call(function, args, kwargs, lines=lines, dtype=dtype)


def _equations(graph: Graph) -> str:
    try:
        return "\n".join(f"{name} = {symdiff.text(e)}" for name, e in equations(graph).items())
    except TooLarge as error:
        return str(error)


def _at(place: object) -> str:
    return "" if place is None else f" ({place})"
