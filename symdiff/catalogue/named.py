"""A read-only mapping of names that prints on one screen and suggests what may be meant."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TypeVar

from symdiff.suggestion import suggestion

T = TypeVar("T")


class Named(Mapping[str, T]):
    """A read-only mapping of the catalogue's entries by name.

    Raises: KeyError, saying what may be meant, for no name.
    """

    def __init__(self, plural: str, entries: Mapping[str, T]) -> None:
        self._plural = plural
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            hint = suggestion(str(name), self)
            raise KeyError(f"{name!r} is none of the {self._plural}; {hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        names = textwrap.fill(", ".join(self), 96, initial_indent="  ", subsequent_indent="  ")
        return f"<{len(self)} {self._plural}:\n{names}>"
