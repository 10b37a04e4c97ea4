"""A call of the user's own code as text, in the names of its inputs, and what it imports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_MOST_ENTRIES = 16  # of a constant tensor that is written out


@dataclass(frozen=True)
class WrittenCall:
    """Python text of a call.

    Args: imports, a statement that makes the function known; empty where nothing can, as for a
        lambda or a function of `__main__`.
    """

    text: str
    imports: str


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
) -> WrittenCall:
    """The call of a function or a module, its inputs by name, in the order that capture has them.

    Args: names, of the inputs: of the arguments first, then the parameters of a module.
    """
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    leaves, structure = tree_flatten((tuple(arguments), dict(keywords)))
    real = [
        i for i, a in enumerate(leaves) if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]
    asked = [i for i in real if leaves[i].requires_grad] or real
    shown = [_constant(leaf) for leaf in leaves]
    for i, name in zip(asked, names, strict=False):
        shown[i] = _Verbatim(name)
    positional, named = tree_unflatten(shown, structure)
    inside = [repr(a) for a in positional] + [f"{k}={v!r}" for k, v in named.items()]
    if isinstance(function, torch.nn.Module):
        dotted = [n for n, p in function.named_parameters() if p.requires_grad]
        state = dict(zip(dotted, map(_Verbatim, names[len(asked) :]), strict=True))
        given = f"({', '.join(inside)},)" if inside else "()"
        return WrittenCall(f"torch.func.functional_call(module, {state!r}, {given})", "")
    path, imports = _path(function)
    return WrittenCall(f"{path}({', '.join(inside)})", imports)


def _constant(leaf: Any) -> Any:
    import torch

    if isinstance(leaf, torch.Tensor):
        few = leaf.numel() <= _MOST_ENTRIES
        entries = leaf.tolist() if few else "..."
        return _Verbatim(f"torch.tensor({entries}, dtype={leaf.dtype})" if few else "...")
    return leaf


def _path(function: Callable[..., Any]) -> tuple[str, str]:
    """How the function is called, and the import that makes it known."""
    import torch

    owner = getattr(function, "__self__", None)
    applied = isinstance(owner, type) and issubclass(owner, torch.autograd.Function)
    target = owner if applied else function
    module = getattr(target, "__module__", None) or ""
    qualified = getattr(target, "__qualname__", "") or type(function).__name__
    suffix = ".apply" if applied else ""
    if module.startswith("torch") or module == "":
        return _of_torch(function, qualified) + suffix, ""
    if "<" in qualified or module == "__main__":
        name = qualified.rpartition(".")[2]
        return ("f" if name == "<lambda>" else name) + suffix, ""
    return qualified + suffix, f"from {module} import {qualified.partition('.')[0]}"


def _of_torch(function: Callable[..., Any], name: str) -> str:
    """The public path of one of torch's own functions."""
    import torch

    for path, room in (
        ("torch", torch),
        ("torch.nn.functional", torch.nn.functional),
        ("torch.special", torch.special),
        ("torch.linalg", torch.linalg),
    ):
        if getattr(room, name, None) is function:
            return f"{path}.{name}"
    return name
