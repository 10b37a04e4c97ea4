"""Read a report's JSON one row at a time, so that its text and its rows are never held whole.

Only a document as `write_json` writes it is read so: what it is of first, its rows last. Any other,
and one that is not right, is said to be unlike it, and read as a whole: the sentences about it are
then those of the JSON module and of the schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any

_CHUNK = 2**16  # characters
_SPACE = " \t\n\r"


class UnlikeError(Exception):
    """Raised where the document is not laid out as `write_json` writes it."""


@dataclass
class _Text:
    """The text of a file from some place on, as much as was needed."""

    file: IO[str]
    decoder: json.JSONDecoder
    known: str = ""
    at: int = 0
    ended: bool = field(default=False)

    def more(self) -> None:
        """Read on, the more the longer one value is. Raises: UnlikeError at the end."""
        if self.ended:
            raise UnlikeError
        left = self.known[self.at :]
        found = self.file.read(max(_CHUNK, len(left)))
        self.ended = not found
        self.known, self.at = left + found, 0

    def letter(self) -> str:
        """The next one that is no space, which stays."""
        while True:
            while self.at < len(self.known) and self.known[self.at] in _SPACE:
                self.at += 1
            if self.at < len(self.known):
                return self.known[self.at]
            self.more()

    def take(self, letter: str) -> None:
        """The letter is next, and left behind. Raises: UnlikeError if it is not."""
        if self.letter() != letter:
            raise UnlikeError
        self.at += 1

    def value(self) -> Any:
        """The next value, whole: what follows it is known, so that no number is cut."""
        self.letter()
        while True:
            try:
                found, end = self.decoder.raw_decode(self.known, self.at)
            except json.JSONDecodeError:
                self.more()
                continue
            except (ValueError, RecursionError):
                raise UnlikeError from None
            if end < len(self.known):
                self.at = end
                return found
            self.more()

    def rest_is_empty(self) -> bool:
        """Whether nothing but spaces is left."""
        while not self.known[self.at :].strip(_SPACE):
            if self.ended:
                return True
            self.at = len(self.known)
            left = self.file.read(_CHUNK)
            self.known, self.at, self.ended = left, 0, not left
        return False


def head_and_rows(
    file: IO[str], no_literal: Callable[[str], Any]
) -> tuple[dict[str, Any], Iterator[Any]]:
    """The document without its rows, and its rows as they are read.

    Args: no_literal, called for a number that JSON has not, such as NaN; it raises a ValueError.
    Raises: UnlikeError, also as the rows are read.
    """
    text = _Text(file, json.JSONDecoder(parse_constant=no_literal))
    head: dict[str, Any] = {}
    text.take("{")
    while True:
        name = text.value()
        if not isinstance(name, str) or name in head:
            raise UnlikeError
        text.take(":")
        if name == "rows":
            text.take("[")
            return head, _rows(text)
        head[name] = text.value()
        text.take(",")


def _rows(text: _Text) -> Iterator[Any]:
    if text.letter() != "]":
        yield text.value()
    while text.letter() == ",":
        text.take(",")
        yield text.value()
    text.take("]")
    text.take("}")
    if not text.rest_is_empty():
        raise UnlikeError
