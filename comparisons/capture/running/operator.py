"""Look up an operator of `torch.library` from one of its handles."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch._library.custom_ops import CustomOpDef, _maybe_get_opdef
from torch._ops import OpOverload, OpOverloadPacket


def overload_of(function: object) -> OpOverload | None:
    """The operator overload that a function of `custom_op` or `torch.ops` calls."""
    if isinstance(function, CustomOpDef):
        return function._opoverload
    if isinstance(function, OpOverloadPacket):
        names = function._overload_names
        return getattr(function, names[0]) if len(names) == 1 else None
    return function if isinstance(function, OpOverload) else None


def codes_of_operator(function: object) -> tuple[Callable[..., Any], ...]:
    """The functions that `custom_op` made an operator of: code, then derivatives; else none."""
    operator = overload_of(function)
    known = None if operator is None else _maybe_get_opdef(operator)
    if known is None:
        return ()
    codes = (known._init_fn, known._setup_context_fn, known._backward_fn, known._vmap_fn)
    return tuple(code for code in codes if code is not None)


def signature_of_operator(operator: OpOverload) -> inspect.Signature:
    """The signature that the operator's schema states."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return inspect.Signature(
        [
            inspect.Parameter(
                argument.name,
                kinds[argument.kwarg_only],
                default=argument.default_value
                if argument.has_default_value()
                else inspect.Parameter.empty,
            )
            for argument in operator._schema.arguments
        ]
    )
