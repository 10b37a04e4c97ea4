"""Find the Python code behind operators of `torch.library`, which is torch code too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import DispatchKey
from torch._C import DispatchKeySet
from torch._ops import OpOverload


def implementation(operator: OpOverload) -> Callable[..., Any] | None:
    """The Python function that computes the operator on the CPU; None if compiled code does.

    torch looks for a kernel of the device, then for one of every device.
    """
    schema = operator._schema
    name = f"{schema.name}.{schema.overload_name}".removesuffix(".")
    has = torch._C._dispatch_has_kernel_for_dispatch_key
    key = next((k for k in ("CPU", "CompositeExplicitAutograd") if has(name, k)), None)
    if key is None or f"{name.replace('::', '/', 1)}/{key}" not in torch.library._impls:
        return None
    keys = DispatchKeySet(DispatchKey.CPU)
    return lambda *args, **kwargs: operator.redispatch(keys, *args, **kwargs)
