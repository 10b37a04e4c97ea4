"""Register rules: what an operator of torch computes, as nodes.

A rule takes the call, which has run, and returns the value of its result, or of each of several
results: None for one that holds no real numbers. Adding an operator is one decorated function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeVar

from comparisons.capture.calls.call import Call
from symdiff.graph import Node

Nodes = Node | Sequence[Node | None]
Rule = Callable[[Call], Nodes]
Composition = Callable[..., Any]
_Rule = TypeVar("_Rule", bound=Rule)
_Composition = TypeVar("_Composition", bound=Composition)

_RULES: dict[str, Rule] = {}
_COMPOSITIONS: dict[str, Composition] = {}

RULES: Mapping[str, Rule] = MappingProxyType(_RULES)
COMPOSITIONS: Mapping[str, Composition] = MappingProxyType(_COMPOSITIONS)


def rule(*names: str) -> Callable[[_Rule], _Rule]:
    """Register the decorated function as the rule of operators such as `mm` or `max.dim`."""

    def register(function: _Rule) -> _Rule:
        for name in names:
            _add(_RULES, name, function)
        return function

    return register


def composed(*names: str) -> Callable[[_Composition], _Composition]:
    """Register the decorated function as those operators, written as other operators of torch."""

    def register(function: _Composition) -> _Composition:
        for name in names:
            _add(_COMPOSITIONS, name, function)
        return function

    return register


def _add(table: dict[str, Any], name: str, function: Any) -> None:
    if name in _RULES or name in _COMPOSITIONS:
        raise ValueError(f"there is a rule for {name!r} already")
    table[name] = function
