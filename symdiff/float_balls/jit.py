"""Compile machine code with numba, and keep it on the disk where there is a place for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import numba


def compiled(
    *, made_of: tuple[ModuleType, ...] = (), **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """`numba.njit` with this project's options, its code kept between runs if it can be.

    Where neither the package's folder nor the user's cache can be written numba refuses to keep
    it; then it is compiled anew in each process, which takes a second.

    Args:
        made_of: modules of other rooms whose functions the code calls, or whole rooms.
        options: numba's.
    """

    def decorated(function: Callable[..., Any]) -> Any:
        try:
            made = numba.njit(cache=True, **options)(function)
        except RuntimeError:
            return numba.njit(**options)(function)
        _of_these_sources(made, made_of)
        return made

    return decorated


def _of_these_sources(made: Any, others: tuple[ModuleType, ...]) -> None:
    """Have the code that is kept belong to all the sources that it may be made of.

    numba asks only whether the function's own file is as it was, and would go on to run a kernel
    whose proof, in another file, has been written anew.
    """
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if kept is not None and hasattr(kept, "_source_stamp"):  # numba has no public name for it
        kept._source_stamp = (kept._source_stamp, sources(*others))  # noqa: SLF001


@cache
def sources(*others: ModuleType) -> str:
    """A digest of this room's files, of which every kernel is made, and of other modules'.

    A room stands for all its files.
    """
    files = sorted(Path(__file__).parent.glob("*.py"))
    for module in others:
        path = Path(module.__file__ or __file__)
        files += sorted(path.parent.glob("*.py")) if hasattr(module, "__path__") else [path]
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
