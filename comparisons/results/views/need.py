"""Import a library that a result needs and symdiff does without."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def needed(module: str, wanted_by: str) -> Any:
    """The imported module.

    Raises: ModuleNotFoundError, saying what to install, if it is not there.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError:
        library = module.partition(".")[0]
        raise ModuleNotFoundError(
            f"{wanted_by} needs {library}, which is not installed; pip install {library}"
        ) from None
