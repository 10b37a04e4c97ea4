"""Escape others' text in Markdown, which lets HTML, links and tables through."""

from __future__ import annotations

import re
from typing import Any

from markupsafe import Markup

from symdiff.notation.printable import printable

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;"}
# Source: spec.commonmark.org, 2.4 and 6.2; $ and ~ are GitHub's. An underscore within a word is
# no emphasis.
_MARKS = re.compile(r"[\\`*\[\]~$&<>|]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What makes a heading, a list, a rule or a line under a heading of the line it begins.
_BEGINNING = re.compile(r"(?=#{1,6}(?:\s|$)|[-+](?:\s|$)|[-=]+\s*$)")
_NUMBERED = re.compile(r"(\d{1,9})(?=[.)](?:\s|$))")


def shown_as_it_is(value: Any) -> Any:
    """The value, escaped if it is text that was not marked as Markdown."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = _MARKS.sub(lambda m: _ENTITIES.get(m[0], f"\\{m[0]}"), printable(value))
    text = _NUMBERED.sub(r"\1\\", text) if _NUMBERED.match(text) else text
    return f"\\{text}" if _BEGINNING.match(text) else text


def code(text: str) -> Markup:
    """The text as inline code, also in a table, where GitHub takes an escaped bar for a bar."""
    text = printable(text)
    fence = "`" * (_longest_run(text) + 1)
    space = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return Markup(f"{fence}{space}{text}{space}{fence}".replace("|", r"\|"))  # noqa: S704 - fenced


def fenced(text: str, language: str) -> Markup:
    """The text as a fenced block of code."""
    fence = "`" * max(3, _longest_run(text) + 1)
    lines = "\n".join(map(printable, text.split("\n")))
    return Markup(f"{fence}{language}\n{lines}\n{fence}")  # noqa: S704 - fenced


def indented(text: str) -> Markup:
    """The line as an indented block of code."""
    return Markup(f"    {printable(text)}")  # noqa: S704 - code by its indentation


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)
