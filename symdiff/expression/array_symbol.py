"""The symbol of an array, which knows that it stands for one."""

from __future__ import annotations

from sympy import Symbol


class ArraySymbol(Symbol):
    """The name of an array in a line: its products are entry by entry."""

    __slots__ = ()
