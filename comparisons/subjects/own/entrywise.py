"""Recognise captured code that works entry by entry: it can be judged at any other points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import symdiff
from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects.own.read_off import formula_of, no_formula_of
from comparisons.subjects.own.written_call import WrittenCall, written_call
from symdiff import Definition
from symdiff.definition import user_definition
from symdiff.trees.extent import TooLarge

if TYPE_CHECKING:
    from torch import Tensor

    from comparisons.capture import Captured

_OF_ONE = (1.0, 1.25, 1.5)  # how many times an entry the others are that are put beside it


@dataclass(frozen=True)
class Entrywise:
    """The function of one entry of each tensor that code computes.

    Args: definition, of an entry; function, the code that is judged, of a row of entries of each
        tensor in order; defined, the code that is the definition, the same without a reference; at,
        the code as a `Subject` at rows of other entries; asked, the variables whose gradient is
        asked for; constants, the entries given of the others; by_hand, whether a derivative was
        written by hand; call, the code as text, of the variables by name.
    """

    definition: Definition
    function: Callable[..., Tensor]
    defined: Callable[..., Tensor]
    at: Callable[[Sequence[Float64Array]], Any]
    asked: tuple[str, ...]
    constants: Mapping[str, Float64Array]
    by_hand: bool
    call: WrittenCall


def entrywise(
    captured: Captured,
    calls: tuple[Callable[..., Any], Callable[..., Any]],
    given: tuple[tuple[Any, ...], dict[str, Any]],
    dtype: FloatType,
    again: Callable[[tuple[Any, ...], dict[str, Any]], Any],
) -> Entrywise | None:
    """The code as a function of entries; None if it depends on anything else than the entry.

    Args: captured, at what is given; calls, the code that is judged and that which is the
        definition; given, the arguments by position and by name; again, from other arguments to
        the subject.
    """
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    from comparisons.capture.arrays.storage import array_of

    if captured.draws:
        return None
    leaves, structure = tree_flatten(given)
    real = [
        i for i, a in enumerate(leaves) if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]
    asked = [i for i in real if leaves[i].requires_grad] or real
    if len(asked) != len(captured.inputs):  # a parameter of a module
        return None
    free = tree_unflatten([a.detach() if i in real else a for i, a in enumerate(leaves)], structure)
    if len(real) > len(asked):  # a target, say, that is a constant to autograd
        whole = _captured(calls[1], free, dtype)
        if whole is None:
            return None
        captured = whole
    definition = _definition(captured, dtype)
    if definition is None or len(definition.variables) != len(real):
        return None
    axes = max(1, leaves[asked[0]].dim())

    def arguments(rows: Sequence[Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        filled = list(leaves)
        for i, row in zip(real, rows, strict=True):
            shaped = row.reshape((1,) * (axes - 1) + (-1,))
            filled[i] = shaped if i in asked else shaped.detach()
        found: tuple[tuple[Any, ...], dict[str, Any]] = tree_unflatten(filled, structure)
        return found

    if any(
        leaves[i].shape[-1:] in ((), (1,)) and leaves[i].numel() for i in asked
    ):  # a sum of one is an entry too
        several = [leaves[i].detach().reshape(-1)[0] * leaves[i].new_tensor(_OF_ONE) for i in real]
        of_several = _captured(calls[1], arguments(several), dtype)
        if of_several is None or _definition(of_several, dtype) is None:
            return None

    def called(function: Callable[..., Any]) -> Callable[..., Tensor]:
        def of_rows(*rows: Tensor) -> Tensor:
            positional, named = arguments(rows)
            found: Tensor = function(*positional, **named)
            return found.reshape(rows[0].shape)

        return of_rows

    def at(points: Sequence[Float64Array]) -> Any:
        rows = [torch.from_numpy(p.copy()) for p in points]
        if len(real) > len(asked):
            rows = [
                r.requires_grad_() if i in asked else r for i, r in zip(real, rows, strict=True)
            ]
        return again(*arguments(rows))

    function, defined = calls
    by_hand = captured.written or function is not defined
    places = dict(zip(definition.variables, real, strict=True))
    return Entrywise(
        definition,
        called(function),
        called(defined),
        at,
        tuple(v for v, i in places.items() if i in asked),
        {v: np.unique(array_of(leaves[i])) for v, i in places.items() if i not in asked},
        by_hand,
        written_call(function, definition.variables, *free, as_given=True),
    )


def _captured(
    function: Callable[..., Any], given: tuple[tuple[Any, ...], dict[str, Any]], dtype: FloatType
) -> Captured | None:
    """The code with all its tensors as inputs; None if one of them cannot have a gradient."""
    from comparisons.capture.capturing import captured_call

    positional, named = given
    try:
        return captured_call(function, positional, named, dtype=dtype)
    except Exception:  # noqa: BLE001 - what is a constant to code may be anything to it
        return None


def _definition(captured: Captured, dtype: FloatType) -> Definition | None:
    """The definition of what the code computes of an entry of each input."""
    if no_formula_of(captured, dtype.name, several=True):
        return None
    (node,) = captured.graph.output_nodes
    names = tuple(captured.inputs)
    try:
        if len(names) == 1:
            return symdiff.activation(formula_of(node))
        written = formula_of(node, {name: name for name in names})
        return user_definition(written, names, {})
    except (TooLarge, RecursionError, TypeError, ValueError):
        return None
