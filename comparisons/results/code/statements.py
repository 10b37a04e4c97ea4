"""Write numbers as Python text, and what a statement needs above it to run as it stands."""

from __future__ import annotations

import re
from typing import Any

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import Engine
from comparisons.subjects.subject import Subject

MOST_ENTRIES = 512  # of all inputs together, in a snippet
_WORD = re.compile(r"[^\W\d]\w*")


def beginning(subject: Subject, engine: Engine) -> str:
    """The imports; a comment above them says what keeps the code from being imported."""
    origin = subject.origin
    begin = "".join(f"{line}{engine.joint}" for line in (engine.imports, origin.imports) if line)
    if origin.obstacle:
        begin = f"# {origin.obstacle}, so no import finds it: define it first\n{begin}"
    return begin


def entries(values: Float64Array, from_hex: str) -> str:
    """The text of an array as nested lists, every number exact.

    Args: from_hex, what `float.fromhex` is called in the snippet.
    """
    return _nested(values.tolist(), from_hex)


def _nested(values: Any, from_hex: str) -> str:
    if isinstance(values, list):
        return f"[{', '.join(_nested(v, from_hex) for v in values)}]"
    return f"{from_hex}('{values.hex()}')"


def free(wanted: str, *texts: str) -> str:
    """A name like the wanted one that occurs in none of the texts."""
    taken = {word for text in texts for word in _WORD.findall(text)}
    while wanted in taken:
        wanted += "_"
    return wanted


def number(value: Any) -> str:
    """The text of one number, exact."""
    return f"float.fromhex('{float(value).hex()}')"
