"""float64 in another type's place: what code is told of the type while it is captured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from comparisons.dtypes import FloatType

_OWN = str(Path(__file__).parents[2])
_TORCH = str(Path(torch.__file__).parent)


@contextmanager
def standing_for(dtype: FloatType) -> Iterator[None]:
    """Inside, `torch.finfo(torch.float64)` tells the user's code of `dtype`.

    Code is captured in float64 and runs in `dtype`; an `eps` that it takes from the type of its
    input is that type's. torch's own code, which computes in float64 here, is told the truth.
    """
    own = torch.finfo

    def finfo(of: torch.dtype | None = None) -> Any:
        caller = sys._getframe(1).f_code.co_filename
        of = torch.get_default_dtype() if of is None else of
        if of is torch.float64 and not caller.startswith((_OWN, _TORCH)):
            return own(dtype.torch)
        return own(of)

    # `from torch import finfo` binds it in the user's module too.
    bound = [vars(module) for module in [*sys.modules.values()] if _binds(module, own)]
    for names in bound:
        names["finfo"] = finfo
    try:
        yield
    finally:
        for names in bound:
            names["finfo"] = own


def _binds(module: object, own: object) -> bool:
    """Whether the module has torch's finfo under its name; torch itself does."""
    return getattr(module, "__dict__", {}).get("finfo") is own
