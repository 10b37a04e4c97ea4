"""Judge code that runs in one floating-point type alone in that type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torch import Tensor
from torch.utils._pytree import tree_leaves

from comparisons.capture.refusal import Refused
from comparisons.dtypes import FLOAT_TYPES, FloatType, float_type

Found = TypeVar("Found")


def types_of(given: Any) -> tuple[FloatType, ...]:
    """The floating-point types of the tensors among the arguments, each once."""
    tensors = [t for t in tree_leaves(given) if isinstance(t, Tensor) and t.is_floating_point()]
    known = [str(t.dtype).removeprefix("torch.") for t in tensors]
    return tuple(float_type(name) for name in dict.fromkeys(known) if name in FLOAT_TYPES)


def in_its_own_type(
    attempt: Callable[[FloatType], Found], dtype: FloatType, given: Any
) -> tuple[Found, FloatType, str]:
    """Try in the type asked for; if that fails, in one that the tensors have.

    Returns: what was found, in which type, and why not in the one asked for, empty if it was.
    Raises: Refused; else what the first attempt raised.
    """
    try:
        return attempt(dtype), dtype, ""
    except Refused:
        raise
    except Exception as error:
        for own in types_of(given):
            if own == dtype:
                continue
            try:
                found = attempt(own)
            except Refused:
                raise
            except Exception:  # noqa: BLE001, S112 - it fails there too
                continue
            cause = error.__cause__ or error
            return found, own, str(cause).partition("\n")[0] or type(cause).__name__
        raise
