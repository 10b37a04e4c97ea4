"""Read off a user's function of one tensor the formula that it computes of each entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

import symdiff
from comparisons.dtypes import coarser, float_type
from comparisons.subjects.own.origin import origin_of
from symdiff import Definition
from symdiff.expression.formula import real_symbol
from symdiff.graph import Elementwise, Input, Node, Stop, topological
from symdiff.graph.kinds.literal import Literal, exactly
from symdiff.trees.extent import Extents, TooLarge

if TYPE_CHECKING:
    from sympy import Expr
    from torch import Tensor

    from comparisons.capture import Captured

_WAY_OUT = "give its definition in z, such as 'z * Phi(z)'"
_LENGTHS = (3, 5)  # a function of entries is the same at both
_MOST_STEPS = 200  # of code that is read as one formula


def read_off(function: Callable[..., Any]) -> Definition:
    """The definition of what a function computes of each entry of its tensor, named after it.

    Its code runs at a few numbers, at two lengths. Of an `autograd.Function` the forward is read.

    Raises: ValueError, one sentence, if it is no such function, or what it computes depends on
        more than the entry: branches taken, random numbers, the length.
    """
    name = origin_of(function).name
    first, second = (_formula(function, name, length) for length in _LENGTHS)
    if first != second:
        raise ValueError(f"{name} depends on how many entries its tensor has; {_WAY_OUT}")
    _require_entries_of_matrices(function, name)
    _require_one_function(function, name)
    return replace(symdiff.activation(first), name=name)


def _require_entries_of_matrices(function: Callable[..., Any], name: str) -> None:
    """Check that the code takes a matrix for its entries alone.

    Raises: ValueError if a matrix is more to it than its entries, as to a transposition.
    """
    from comparisons.capture import capture

    try:
        captured = capture(function, _entries(6).reshape(2, 3))
    except Exception:  # noqa: BLE001 - code of rows of numbers may raise anything
        return
    problem = no_formula_of(captured)
    if problem:
        raise ValueError(f"{name} of a matrix {problem}; {_WAY_OUT}")


def _require_one_function(function: Callable[..., Any], name: str) -> None:
    """Check that the code computes the same function in float32.

    Raises: ValueError if it computes another thing in float32 than where its code was read.

    Such as what adds `torch.finfo(x.dtype).eps`; right code would be called wrong for it.
    """
    import torch

    sizes = [0.75 * 2.0**-k for k in range(31)]  # in float32 too
    points = torch.tensor([*sizes, *(-size for size in sizes)], dtype=torch.float64)
    with torch.no_grad():
        try:
            single, double = function(points.float()).double(), function(points.clone()).double()
        except RuntimeError:  # of a module whose numbers are float32
            return
    apart = (single - double).abs() > 2.0**-12 * (1 + double.abs())  # roundings are far below
    if bool(apart.any()):
        at = points[apart][0].item()
        raise ValueError(f"{name} depends on its tensor's type, as at {at:.3g}; {_WAY_OUT}")


def _entries(count: int) -> Tensor:
    """Numbers of both signs in (−1, 1), where most functions have values; not in order.

    In order a sort, or the largest so far, would be each entry itself.
    """
    import torch

    ordered = torch.linspace(-0.7, 0.9, count, dtype=torch.float64)
    return torch.cat([ordered[1::2].flip(0), ordered[::2].flip(0)])


def _formula(function: Callable[..., Any], name: str, length: int) -> Expr:
    from comparisons.capture import capture

    try:
        captured = capture(function, _entries(length))
    except Exception as error:  # noqa: BLE001 - of one row of numbers code may raise anything
        why = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"{name} is no function of one number by its code alone ({why}); {_WAY_OUT}"
        ) from None
    problem = no_formula_of(captured)
    if problem:
        raise ValueError(f"{name} {problem}; {_WAY_OUT}")
    (node,) = captured.graph.output_nodes
    try:
        return formula_of(node)
    except (TooLarge, RecursionError) as error:
        raise ValueError(f"the code of {name} is {error}; {_WAY_OUT}") from None


def no_formula_of(captured: Captured, dtype: str = "float64", *, several: bool = False) -> str:
    """In words why the code is no function of each entry of one tensor; empty if it is.

    Args: several, whether it may be one of an entry each of several tensors, all of one shape.
    """
    from comparisons.capture.captured import is_flat

    if (len(captured.inputs) != 1 and not several) or len(captured.outputs) != 1:
        return (
            f"has the inputs {', '.join(captured.inputs)} and the outputs "
            f"{', '.join(captured.outputs)}; every point is for a function of one tensor"
        )
    (output,) = captured.outputs
    out = captured.shapes[output]
    for name in captured.inputs:
        shape = captured.shapes[name]
        if shape != out:
            return (
                f"makes a tensor of the shape {out} of one of {shape}, so it is not entry by entry"
            )
    if captured.fixed:
        what, place = captured.fixed[0]
        where = f" ({place})" if place else ""
        return f"depends on {what}{where}, which holds at these numbers only"
    kind = float_type(dtype)
    held = {float_type(str(t).removeprefix("torch.")) for t in captured.types.values()}
    coarse = sorted(t.name for t in held if coarser(t, kind) != kind)
    if coarse:
        return f"holds values on the way in {', '.join(coarse)}"
    for node in topological(captured.graph.output_nodes):
        mask = isinstance(node, Stop) and is_flat(node.operands[0])  # whose slope is 0 anyway
        if not isinstance(node, Elementwise | Input) and not mask and _number(node) is None:
            where = captured.source(node)
            operation = captured.operations.get(node, "an operation")
            return f"has {operation}{f' ({where})' if where else ''}, which is not entry by entry"
    return ""


def formula_of(output: Node, names: Mapping[str, str] | None = None) -> Expr:
    """The output as a formula in z, or in names of the inputs."""
    extents, written = Extents(), dict[Node, "Expr"]()
    steps = topological([output])
    if len(steps) > _MOST_STEPS:
        raise TooLarge(f"of {len(steps)} steps, more than {_MOST_STEPS}")
    for node in steps:
        number = _number(node)
        if isinstance(node, Input):
            whole: Expr = real_symbol("z" if names is None else names[node.name])
        else:
            whole = node.whole(written.__getitem__) if number is None else number
        written[node] = extents.checked(whole)
    return written[output]


def _number(node: Node) -> Expr | None:
    """The number that each entry is, as of `torch.zeros_like(x)`; None of other arrays."""
    if not isinstance(node, Literal) or not node.values.array.size:
        return None
    entries = node.values.array
    first = entries.flat[0].item()
    return exactly(first) if np.isfinite(first) and (entries == first).all() else None
