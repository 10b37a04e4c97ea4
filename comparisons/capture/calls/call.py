"""One call of a torch operator: its arguments by name, their nodes, and its results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Expr, Integer, Rational, S
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._pytree import tree_leaves

from comparisons.capture.arrays.axes import (
    Shape,
    axes_of,
    covering,
    dims_of,
    labelled,
    over,
    renamed_by,
)
from comparisons.capture.arrays.numbers import array_node
from comparisons.capture.arrays.storage import array_of, numbers
from symdiff.graph import Node, constant


@dataclass
class Call:
    """A call of an operator, before and after it ran.

    Args: read, the value of a tensor as torch sees it there: with a stop where a gradient is cut;
        varies, whether an input reaches a tensor's storage.
    """

    operator: OpOverload
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    read: Callable[[Tensor], Node]
    varies: Callable[[Tensor], bool]
    results: tuple[Tensor, ...] = field(default=())

    @property
    def name(self) -> str:
        """The operator's name, without `aten::`."""
        return self.operator._schema.name.removeprefix("aten::")

    @property
    def overload(self) -> str:
        """The overload's name, such as `Tensor` of `add.Tensor`."""
        return self.operator._overloadname

    @property
    def keys(self) -> tuple[str, str]:
        """The names under which a rule may be registered, the more special first."""
        return f"{self.name}.{self.overload}", self.name

    @property
    def result(self) -> Tensor:
        """The first result of the call."""
        return self.results[0]

    @cached_property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors among the arguments."""
        return tuple(a for a in tree_leaves((self.args, self.kwargs)) if isinstance(a, Tensor))

    @cached_property
    def bound(self) -> Mapping[str, Any]:
        """The arguments by name, defaults filled in."""
        schema = self.operator._schema.arguments
        found = {a.name: a.default_value for a in schema if a.has_default_value()}
        found.update(zip((a.name for a in schema), self.args, strict=False))
        return found | dict(self.kwargs)

    @property
    def in_order(self) -> list[Any]:
        """The positional arguments, defaults filled in."""
        schema = self.operator._schema.arguments
        return [self.bound[a.name] for a in schema if not a.kwarg_only]

    @property
    def by_keyword(self) -> list[str]:
        """The names of the keyword-only arguments."""
        return [a.name for a in self.operator._schema.arguments if a.kwarg_only]

    def __getitem__(self, name: str) -> Any:
        return self.bound[name]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument by name, or the default where this overload has none of that name."""
        return self.bound.get(name, default)

    def tensor(self, name: str) -> Tensor:
        """A tensor argument by name."""
        found = self.bound[name]
        assert isinstance(found, Tensor)  # noqa: S101 - the schema says so
        return found

    def shape(self, name: str) -> Shape:
        """The shape of a tensor argument."""
        return tuple(self.tensor(name).shape)

    def node(self, name: str) -> Node:
        """The node of a tensor or number argument, over its axes or fewer."""
        return self.value(self.bound[name])

    def value(self, given: Any) -> Node:
        """The node of a tensor or a number."""
        return self.read(given) if isinstance(given, Tensor) else number_node(given)

    def whole(self, name: str) -> Node:
        """The node of a tensor argument, over all its axes in any order."""
        return covering(self.node(name), axes_of(self.shape(name)))

    def full(self, name: str) -> Node:
        """The node of a tensor argument, over all its axes in their order."""
        return over(self.node(name), axes_of(self.shape(name)))

    def lettered(self, name: str, letters: Iterable[str]) -> Node:
        """The node of a tensor argument with each axis renamed to one letter."""
        shape = self.shape(name)
        names = dict(zip(axes_of(shape), labelled(letters, shape), strict=True))
        return renamed_by(self.whole(name), names)

    def array(self, name: str) -> Any:
        """The numbers of a tensor argument as an array."""
        return array_of(self.tensor(name))

    def dims(self, name: str = "self", dim: str = "dim") -> tuple[int, ...]:
        """The dimensions that the argument `dim` names; all of them where there is none."""
        return dims_of(self.tensor(name).dim(), self.get(dim))

    @cached_property
    def outcome(self) -> Node:
        """The numbers of the first result as constants."""
        return numbers(self.result)


def number(value: float) -> Expr:
    """A finite Python number as the exact rational: 0.1 is 3602879701896397/2⁵⁵."""
    if isinstance(value, int):
        return Integer(int(value))
    return Rational(*float(value).as_integer_ratio())


def number_node(value: float) -> Node:
    """The node of a Python number; ±∞ and NaN too."""
    if value != value:  # noqa: PLR0124 - so NaN alone
        return array_node(np.array(value), ())
    if isinstance(value, int) or float("-inf") < value < float("inf"):
        return constant(number(value))
    return constant(S.Infinity if value > 0 else S.NegativeInfinity)
