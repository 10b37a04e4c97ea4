"""Call a user's code as it is, without the weights that make one number of its outputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from comparisons.dtypes import FloatType
from comparisons.subjects.own.nearby import Nearby

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Bare:
    """The user's code as it is called: any shape, any output.

    Args:
        call: its outputs by name, of its inputs by name.
        shapes: of inputs and outputs, as the user's tensors have them.
        weights: by an output's name the input that weights it.
        on_the_very: the same of the tensors that are given, into which the code may write.
        constants: the shapes of the tensors it is given that are no inputs.
        fixed: whether something holds at these inputs only, as a branch that was taken.
        written: whether a backward written by hand leads to an output.
        text: a list of its outputs in Python, in the names of its inputs.
        text_on_the_very: the same of the tensors that are given.
        nearby: the code a hair beside its inputs, where ties are decided.
        again: the same as a `Subject` in another type.
        at_others: the same as a `Subject` at other arguments, by position and by name.
        stores: whether it stores at places by their index, of which none may be there twice.
        ones: whether a triangle is read that has ones on its diagonal which are not given.
        by_other_code: whether the definition is other code, given as `reference=`.
    """

    call: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
    shapes: Mapping[str, tuple[int, ...]]
    weights: Mapping[str, str]
    on_the_very: Callable[[Mapping[str, Tensor]], Mapping[str, Tensor]]
    constants: Sequence[tuple[int, ...]]
    fixed: bool
    written: bool
    again: Callable[[FloatType], Any]
    at_others: Callable[[tuple[Any, ...], dict[str, Any]], Any]
    nearby: Nearby
    text: str
    text_on_the_very: str
    stores: bool
    ones: bool
    by_other_code: bool
