"""Write files so that each is whole: a full disk or a kill leaves the file of before."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path


def write_whole(path: Path, parts: Iterable[str]) -> None:
    """Write a text to `path` in place of what is there, all of it or nothing.

    It is written beside the file, put on the disk, and then renamed. A link stays a link: what it
    leads to is replaced. What is no file, such as `/dev/stdout`, is written as it is.

    Args: parts, of the text; halves of characters, which UTF-8 cannot hold, are written as
        escapes, which JSON reads as what they were.
    Raises: OSError, naming the file, if it cannot be written.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    found = _mode(path)
    if found is not None and not stat.S_ISREG(found):
        with path.open("wb") as file:
            file.writelines(map(_encoded, parts))
        return
    if found is not None and not os.access(path, os.W_OK):  # a rename would ask the folder alone
        raise PermissionError(13, "Permission denied", str(path))
    # A name that is short, since that of the file may be as long as names can be.
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as file:
            file.writelines(map(_encoded, parts))
            file.flush()
            os.fsync(file.fileno())
        if found is not None:
            beside.chmod(stat.S_IMODE(found))
        beside.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise type(error)(error.errno, error.strerror, str(path)) from None
        raise


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _mode(path: Path) -> int | None:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
