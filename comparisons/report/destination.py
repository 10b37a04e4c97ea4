"""Where a report goes, checked before the work: an hour's run should not end in a typing error."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

PAGES = (".html", ".md")


def checked(path: Path, suffixes: Sequence[str], option: str) -> Path:
    """The path, with its folder made, if a file can be written there.

    A file that is there already is left as it is, and none is left behind.

    Raises: ValueError, one sentence, if the suffix is another or the place cannot be written.
    """
    if path.suffix not in suffixes:
        raise ValueError(f"{option} {path}: the file's name should end in {' or '.join(suffixes)}")
    is_new = not path.exists()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8"):
            pass
    except OSError as error:
        raise ValueError(
            f"{option} {path} cannot be written ({error.strerror}); choose another place"
        ) from None
    if is_new:
        path.unlink()
    return path
