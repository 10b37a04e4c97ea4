"""Make others' text one line that shows as it is: on a terminal, in a page, in a file."""

from __future__ import annotations

import re
from typing import Any

# Control characters, with which a terminal can be told anything; marks that turn the direction of
# what follows, with which a line can be made to read as another (unicode.org/reports/tr36, 2.7);
# line separators; and halves of characters, which UTF-8 cannot write.
_UNSHOWN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str, longest: int | None = None) -> str:
    """The text with invisible characters, such as a newline, written as escapes.

    Args: longest, in characters; of a longer text the beginning and `…` are given.
    """
    if longest is not None and len(text) > longest:
        text = f"{text[: longest - 1]}…"
    return _UNSHOWN.sub(lambda found: repr(found[0])[1:-1], text)


def whole_characters(value: Any) -> Any:
    """A row's value with lone surrogates in its texts written as escapes."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", lambda found: repr(found[0])[1:-1], value)
    if isinstance(value, dict):
        return {whole_characters(k): whole_characters(v) for k, v in value.items()}
    return [whole_characters(v) for v in value] if isinstance(value, list | tuple) else value
