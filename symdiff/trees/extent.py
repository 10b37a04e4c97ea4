"""How deep an expression is nested and how long it is: SymPy recurses through the whole tree.

A graph shares what it uses twice, an expression written out repeats it: ten layers of z σ(z) make
2¹⁰ of them. So what is written out has limits, beyond which the graph itself is to be used.
"""

from __future__ import annotations

from sympy import Basic, Expr

MAX_NESTING = 60  # levels; SymPy needs 8 Python frames for one, of the 1,000 that there are
MAX_LENGTH = 5_000  # operations and symbols; the longest form of the catalogue has 1,074


class TooLarge(ValueError):
    """Raised for an expression too large to be written out; its message has no dot."""


class Extents:
    """Measures expressions that are built from each other, each part once."""

    def __init__(self) -> None:
        self._known: dict[Basic, tuple[int, int]] = {}

    def of(self, expression: Basic) -> tuple[int, int]:
        """The depth of the tree, and its number of operations and symbols."""
        stack = [expression]
        while stack:
            part = stack[-1]
            unknown = [a for a in part.args if a not in self._known]
            if unknown:
                stack += unknown
                continue
            parts = [self._known[a] for a in part.args]
            deepest = max((depth for depth, _ in parts), default=0)
            self._known[part] = (1 + deepest, 1 + sum(length for _, length in parts))
            stack.pop()
        return self._known[expression]

    def checked(self, expression: Expr) -> Expr:
        """The expression itself, if it is not too large.

        Raises: TooLarge if it is beyond the limits.
        """
        depth, length = self.of(expression)
        if depth > MAX_NESTING:
            raise TooLarge(f"nested more than {MAX_NESTING} deep")
        if length > MAX_LENGTH:
            raise TooLarge(f"more than {MAX_LENGTH:,} operations long")
        return expression
