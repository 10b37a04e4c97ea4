"""Write a call of the user's own code as text, in the names of its inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from comparisons.subjects.own.origin import Origin, instance_path, origin_of

_MOST_ENTRIES = 64  # of a constant tensor that is written out


@dataclass(frozen=True)
class WrittenCall:
    """Python text of a call, and the origin of the function called.

    Args: origin, whose `obstacle` says why the text cannot be run as it stands, if so.
    """

    text: str
    origin: Origin


class _Verbatim(str):
    """Text that stands for itself inside a list or a dict."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def written_call(
    function: Callable[..., Any],
    names: Sequence[str],
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    copied: bool = False,
    as_given: bool = False,
) -> WrittenCall:
    """The call of a function or a module as text, its inputs by name in capture's order.

    The inputs named are arrays without axes of length 1, as a graph has them; in the text they
    have the user's shapes and memory again.

    Args: names, of the inputs: of the arguments first, then the parameters of a module; copied,
        whether the function gets copies, since it writes into its arguments; as_given, whether the
        tensors that the names stand for have the user's shapes, and go in as they are.
    """
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    leaves, structure = tree_flatten((tuple(arguments), dict(keywords)))
    real = [
        i for i, a in enumerate(leaves) if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]
    asked = [i for i in real if leaves[i].requires_grad] or real
    kind = f"{names[0]}.dtype" if names else "torch.float64"
    constants = {i: _constant(leaf, kind) for i, leaf in enumerate(leaves) if i not in asked}
    shown: list[Any] = [constants.get(i) or _Verbatim("...") for i in range(len(leaves))]
    for i, name in zip(asked, names, strict=False):
        shown[i] = _Verbatim(name if as_given else _shaped(name, leaves[i], copied=copied))
    positional, named = tree_unflatten(shown, structure)
    inside = [repr(a) for a in positional] + [f"{k}={v!r}" for k, v in named.items()]
    lost = next(
        (f"{type(leaves[i]).__name__} is an argument" for i, c in constants.items() if c is None),
        "",
    )
    origin = origin_of(function)
    if isinstance(function, torch.nn.Module):
        learned = _learned(function, names[len(asked) :], copied=copied, as_given=as_given)
        text, origin = _of_module(function, learned, inside, origin)
    else:
        text = f"{origin.path}({', '.join(inside)})"
    if lost and not origin.obstacle:
        obstacle = f"an argument is a {type(lost[0]).__name__} made while the program ran"
        origin = replace(origin, obstacle=obstacle)
    return WrittenCall(text, origin)


def _learned(
    module: Any, names: Sequence[str], *, copied: bool, as_given: bool
) -> dict[str, _Verbatim]:
    """The text that stands for each parameter of a module."""
    learned = {n: p for n, p in module.named_parameters() if p.requires_grad}
    return {
        dotted: _Verbatim(name if as_given else _shaped(name, p, copied=copied))
        for (dotted, p), name in zip(learned.items(), names, strict=True)
    }


def _of_module(
    module: Any, state: Mapping[str, _Verbatim], inside: Sequence[str], origin: Origin
) -> tuple[str, Origin]:
    """The call of a module with its parameters by name, and how that module is imported."""
    path, imports = instance_path(module)
    obstacle = "" if path else f"module is a {origin.name}{origin.where} made while the program ran"
    arguments = f"({', '.join(inside)},)" if inside else "()"
    text = f"{path or 'module'}({', '.join(inside)})"
    if state:
        text = f"torch.func.functional_call({path or 'module'}, {state!r}, {arguments})"
    return text, replace(origin, imports=imports, obstacle=obstacle)


def _shaped(name: str, tensor: Any, *, copied: bool) -> str:
    """The array as the user's tensor: its axes of length 1, its strides."""
    shape = tuple(tensor.shape)
    text = f"{name}.reshape{shape}" if 1 in shape else name
    overlaps = any(s == 0 and n > 1 for n, s in zip(shape, tensor.stride(), strict=True))
    if not tensor.is_contiguous() and not overlaps:
        strides = tuple(tensor.stride())
        return f"torch.empty_strided({shape}, {strides}, dtype={name}.dtype).copy_({text})"
    return f"{text}.clone()" if copied else text


def _constant(leaf: Any, kind: str) -> Any:
    """The text of an argument that is no input; None where there is none.

    Args: kind, the text of the floating-point type that the function runs in.
    """
    import torch

    if isinstance(leaf, torch.Tensor):
        if leaf.numel() > _MOST_ENTRIES or leaf.layout != torch.strided:
            return None
        values = leaf.detach().cpu()
        entries = _entries(values.tolist())
        dtype = kind if leaf.is_floating_point() else leaf.dtype
        return _Verbatim(f"torch.tensor({entries}, dtype={dtype})")
    if isinstance(leaf, float):
        return _Verbatim(_entries(leaf))
    plain = isinstance(leaf, bool | int | str | torch.dtype | torch.memory_format | type(None))
    return _Verbatim(repr(leaf)) if plain else None


def _entries(values: Any) -> str:
    """Numbers as Python reads them; NaN and ±∞ have no literals."""
    if isinstance(values, list):
        return f"[{', '.join(map(_entries, values))}]"
    if isinstance(values, float) and (values != values or values in (float("inf"), -float("inf"))):  # noqa: PLR0124 - NaN
        return f"float('{values}')"
    return repr(values)
