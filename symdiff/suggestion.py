"""Suggest what may have been meant by an unknown name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")

_ALIKE = 0.78  # of two names' letters: 'sigmod' and 'sigmoid' have 0.92, 'gelu' and 'relu' 0.75
_MOST = 16  # names that a sentence can list


def same_name(name: str, known: Iterable[str]) -> str | None:
    """The known name that differs in capitals and underscores alone: `gelu` for `GELU`."""
    return next((k for k in known if _plain(k) == _plain(name)), None)


def looked_up(name: str, known: Mapping[str, T], what: str) -> T:
    """The entry of that name. Raises: ValueError, naming those known, if nothing is."""
    if name not in known:
        raise ValueError(f"unknown {what} {name!r}; known are {', '.join(known)}")
    return known[name]


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like it, if one is alike enough to have been meant."""
    plain = {_plain(k): k for k in known}
    near = difflib.get_close_matches(_plain(name), plain, n=1, cutoff=_ALIKE)
    return plain[near[0]] if near else None


def suggestion(name: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The end of a message that refuses `name`: did you mean …, or what is known.

    Args: otherwise, what to say in place of the known names where these are too many.
    """
    names = [*known]
    near = closest(name, names)
    if near is not None:
        return f"did you mean {near!r}?"
    if otherwise is not None and len(names) > _MOST:
        return otherwise
    return f"known are {', '.join(names)}"


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
