"""Check before the work where a report is to go: an hour's run should not end in a typing error."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from symdiff.notation.printable import printable

PAGES = (".html", ".md")


def checked(path: Path, suffixes: Sequence[str], option: str) -> Path:
    """The path, its folder made, if a file can be written there.

    A file that is there already is left as it is, and none is left behind.

    Raises: ValueError, one sentence, if the suffix is another or the place cannot be written.
    """
    if path.suffix not in suffixes:
        endings = " or ".join(suffixes)
        raise ValueError(f"{option} {_short(path)}: the file's name should end in {endings}")
    try:
        if path.is_dir():
            raise IsADirectoryError(21, "Is a directory")
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():  # a pipe or a device: opening it could wait
            return path
        is_new = not path.exists()
        with path.open("a", encoding="utf-8"):
            pass
        with tempfile.TemporaryFile(dir=path.resolve().parent):  # what is written is renamed
            pass
        if is_new:
            path.unlink()
    except (OSError, ValueError) as error:  # a ValueError of a NUL in the name
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(
            f"{option} {_short(path)} cannot be written ({why}); choose another place"
        ) from None
    return path


def _short(path: Path) -> str:
    return printable(str(path), 300)
