"""Machine code by numba, kept on the disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` with these options, whose code is kept between runs if it can be.

    Where neither the package's folder nor the user's cache can be written numba refuses to keep
    it; then it is compiled anew in each process, which takes a second.
    """

    def decorated(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(cache=True, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)

    return decorated
