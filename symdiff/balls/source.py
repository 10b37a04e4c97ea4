"""Write Python source line by line: lines at a depth, the names they use, and what runs them.

It is straight Python, because an operation of flint takes 50 ns and a walk over the expression
would take more. It holds only names made here (v0, k1, t2, …), never a symbol's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy
from sympy import Expr, Symbol

from symdiff.balls.elementary import CannotCertify

_DEEPEST = 90  # Python takes 100 levels of indentation


@dataclass
class Block:
    """Lines of source at one depth, and the names of the subexpressions computed before."""

    depth: int
    known: dict[Any, str] = field(default_factory=dict)

    def inner(self) -> Block:
        """A nested block, in which everything computed so far is known."""
        if self.depth >= _DEEPEST:
            raise CannotCertify(
                f"the formula has cases nested more than {_DEEPEST // 2} deep; nest fewer"
            )
        return Block(self.depth + 1, dict(self.known))


class Source:
    """The source of one function, with the constants and functions that it names."""

    def __init__(self, variables: Sequence[Symbol], namespace: Mapping[str, Any]) -> None:
        self.variables = [f"v{i}" for i in range(len(variables))]
        self.top = Block(2, dict(zip(variables, self.variables, strict=True)))
        self.constants: list[Expr] = []
        self._lines: list[str] = []
        self._namespace = dict(namespace)
        self._count = 0

    def function(self, result: str) -> Callable[..., Any]:
        """A function of the constants that returns the function of the variables."""
        names = ", ".join(f"k{i}" for i in range(len(self.constants)))
        source = [
            f"def bind({names}):",
            f" def evaluate({', '.join(self.variables)}):",
            *self._lines,
            f"  return {result}",
            " return evaluate",
        ]
        exec("\n".join(source), self._namespace)  # noqa: S102 - holds only names made here
        return self._namespace["bind"]

    def constant(self, e: Expr) -> str:
        """The name of a constant, which is made anew for each precision.

        ±∞ is a ball, and NaN one that holds everything: a case that need not be taken.
        """
        if e.is_extended_real is False or e is sympy.zoo:
            raise CannotCertify(f"'{e}' is no real number, so no ball holds it; give a real one")
        if e not in self.constants:
            self.constants.append(e)
        return f"k{self.constants.index(e)}"

    def named(self, name: str, value: Any) -> str:
        """A name under which the lines find a given object."""
        self._namespace[name] = value
        return name

    def kept(self, value: Any) -> str:
        """A new name under which the lines find a given object."""
        return self.named(f"x{len(self._namespace)}", value)

    def assign(self, text: str, block: Block) -> str:
        """Write a line that assigns the text's value to a new name, and return the name."""
        name = self.fresh()
        self.add(f"{name} = {text}", block)
        return name

    def fresh(self) -> str:
        """A name not used yet."""
        self._count += 1
        return f"t{self._count}"

    def add(self, line: str, block: Block) -> None:
        """Write one more line of source."""
        self._lines.append(" " * block.depth + line)
