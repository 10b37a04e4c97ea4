"""The line of the user's code that runs at this moment."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType

import torch

_OWN = str(Path(__file__).parents[1])
_TORCH = str(Path(torch.__file__).parent)
_TYPED = ("<stdin>", "<python-input", "<ipython-input", "<doctest")  # by a user; other is made
_LAYERS = str(Path(_TORCH) / "nn")


@dataclass(frozen=True)
class Place:
    """A line of source."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{_shortened(self.file)}:{self.line}"


def here() -> Place | None:
    """The innermost line outside torch and comparisons; of torch's own module, torch's line.

    None where a bare operator was captured, which has no line.
    """
    frame: FrameType | None = sys._getframe(1)
    inside: FrameType | None = None
    entered = False  # whether the frames of the recorder are behind us
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(_OWN):
            if entered:  # the call of capture itself: beyond it is not the user's function
                break
        elif file.startswith(_TORCH):
            if inside is None and file.startswith(_LAYERS):
                inside = frame
        elif not file.startswith("<") or file.startswith(_TYPED):
            return Place(file, frame.f_lineno, frame.f_code.co_qualname)
        frame = frame.f_back
        entered = entered or (frame is not None and not frame.f_code.co_filename.startswith(_OWN))
    if inside is None:
        return None
    return Place(inside.f_code.co_filename, inside.f_lineno, inside.f_code.co_qualname)


@lru_cache(maxsize=1024)
def _shortened(file: str) -> str:
    """Relative to the working directory where the file lies below it."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
