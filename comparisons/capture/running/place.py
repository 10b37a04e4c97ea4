"""Find the line of the user's code that runs at this moment."""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FrameType

import torch

_OWN = str(Path(__file__).parents[2])
_TORCH = str(Path(torch.__file__).parent)
_TYPED = ("<stdin>", "<python-input", "<ipython-input", "<doctest")  # by a user; other is made
_LAYERS = str(Path(_TORCH) / "nn" / "modules")


@dataclass(frozen=True)
class Place:
    """A line of source: its file, number and function."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{_shortened(self.file)}:{self.line}"

    @property
    def text(self) -> str:
        """What stands there; empty if the source is not at hand."""
        return linecache.getline(self.file, self.line).strip()


def here() -> Place | None:
    """The innermost running line outside torch and comparisons; of torch's own module torch's line.

    None where a bare operator was captured, which has no line.
    """
    frame = _behind_the_recorder(sys._getframe(1))
    inside: FrameType | None = None
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(
            _OWN
        ):  # the call of capture itself: beyond it is not the user's function
            break
        if file.startswith(_TORCH):
            if inside is None and file.startswith(_LAYERS):
                inside = frame
        elif not file.startswith("<") or file.startswith(_TYPED):
            return Place(file, frame.f_lineno, frame.f_code.co_qualname)
        frame = frame.f_back
    if inside is None:
        return None
    return Place(inside.f_code.co_filename, inside.f_lineno, inside.f_code.co_qualname)


def _behind_the_recorder(frame: FrameType) -> FrameType | None:
    """What called the operator that is recorded: the caller of the outermost dispatch.

    A rule may call operators itself, each of which is dispatched again further in; inside an
    operator that is the user's own, the line of its code is meant.
    """
    found: FrameType | None = None
    above: FrameType | None = frame
    while above is not None:
        code = above.f_code
        if code.co_name == "__torch_dispatch__" and code.co_filename.startswith(_OWN):
            found = above.f_back
        elif found is None and not code.co_filename.startswith(_OWN):
            found = above
        elif code.co_name == "_written_in_python" and code.co_filename.startswith(_OWN):
            return found
        above = above.f_back
    return found


@lru_cache(maxsize=1024)
def _shortened(file: str) -> str:
    """Relative to the working directory where the file lies below it."""
    path = Path(file)
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
