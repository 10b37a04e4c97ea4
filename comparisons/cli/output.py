"""Print text in whatever encoding the terminal has."""

from __future__ import annotations

import io
import json
import sys
from typing import Any


def print_what_an_encoding_lacks() -> None:
    """Write characters that the terminal's encoding lacks as escapes from now on."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def json_text(document: Any) -> str:
    """The JSON text of a document, in ASCII where the terminal might lack a character."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    wide = encoding.lower().replace("-", "").startswith("utf")
    return json.dumps(document, ensure_ascii=not wide, indent=1)
