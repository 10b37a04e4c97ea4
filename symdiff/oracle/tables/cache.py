"""Keep tables on disk between runs, under the user's cache directory.

A file is named by what it holds: the hash of the expression, the target, and everything that made
it (every source file of this package, the versions of what it computes with). It begins with a
checksum of its key and content. A file that is damaged, foreign, or made by other code is not
believed: the table is built anew and the file replaced. The checksum guards against accidents; a
file that somebody forged with a right checksum can hold wrong numbers, as a forged module could.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import stat
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sympy
from sympy import Expr

from symdiff.expression.formula import real_symbol
from symdiff.oracle.tables.table import Table, build

_MAGIC = b"symdiff table 1\n"
_OPEN = 0o022  # writable by others
_LARGEST = 2**28  # bytes of a file; the largest table has 13 MB
_UNDERNEATH = ("sympy", "python-flint", "numba", "numpy", "mpmath")  # what a table is made with


def directory() -> Path:
    """The directory of tables: $SYMDIFF_CACHE_DIR, or `symdiff` in $XDG_CACHE_HOME or ~/.cache."""
    if own := os.environ.get("SYMDIFF_CACHE_DIR"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symdiff"


def table(expression: Expr, target: str = "float32", restricting: tuple[Expr, ...] = ()) -> Table:
    """Get the table of an expression in one variable from the disk, or build it and put it there.

    A directory that cannot be written only costs time. Processes may do this at once: a file
    appears whole or not at all. One that was left when the time was spent is not kept.
    Args: target, the format; restricting, expressions without whose value there is none of this,
        nor where they may jump.
    Raises: CannotCertify for a function without ball arithmetic; ValueError for another number of
        variables than one, or an unknown format.
    """
    key = _key(expression, target, restricting)
    folder = _trusted()
    found = None if folder is None else _read(folder / f"{key}.table", key, target)
    if found is None:
        found = build(expression, target, restricting)
        if folder is not None and found.complete:
            with contextlib.suppress(OSError):
                _write(folder / f"{key}.table", key, found)
    return found


def _trusted() -> Path | None:
    """The directory, made if it is not there; None if there is none that only its user writes.

    Whoever can write it could forge a table. One that is the user's own and open to others, as it
    was made in the past, is closed.
    """
    try:
        folder = directory()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
        own = getattr(os, "getuid", lambda: found.st_uid)()  # Windows has no such numbers
        if found.st_uid == own and found.st_mode & _OPEN and os.name == "posix":
            folder.chmod(0o700)
            found = folder.stat()
    except (OSError, RuntimeError):  # a RuntimeError of a user without a home
        return None
    closed = os.name != "posix" or not found.st_mode & _OPEN
    return folder if found.st_uid in (own, 0) and closed else None


def _key(expression: Expr, target: str, restricting: tuple[Expr, ...] = ()) -> str:
    everything = sympy.Tuple(expression, *restricting)
    if len(everything.free_symbols) == 1:  # the variable's name does not matter
        (z,) = everything.free_symbols
        everything = everything.xreplace({z: real_symbol("z")})
    text = "\n".join((sympy.srepr(everything), target, _version()))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _version() -> str:
    """The hash of every source file of this package, and of the versions underneath."""
    return version_of(Path(__file__).parents[2])


def version_of(package: Path) -> str:
    """The hash of a package's sources, each with its name, and of the versions underneath."""
    digest = hashlib.sha256("\n".join(f"{n} {version(n)}" for n in _UNDERNEATH).encode())
    for source in sorted(package.rglob("*.py")):
        digest.update(f"\n{source.relative_to(package)}\n".encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode() + b"\n"


def _write(path: Path, key: str, table: Table) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, tree=table.tree, rows=table.rows)
    content = buffer.getvalue()
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _checksum(key, content) + content)
        Path(name).replace(path)  # atomic: a reader sees the old file or the new one
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _read(path: Path, key: str, target: str) -> Table | None:
    """The table in the file, or None if there is none that can be believed."""
    data = _bytes(path)
    if data is None:
        return None
    start = len(_MAGIC) + 65
    content = data[start:]
    if data[:start] != _MAGIC + _checksum(key, content):
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            tree, rows = arrays["tree"], arrays["rows"]
    except Exception:  # noqa: BLE001 - numpy and zipfile raise many kinds, and a table can be built
        return None
    return Table(target, tree, rows) if _sound(tree, rows, target) else None


def _bytes(path: Path) -> bytes | None:
    """The content of a file; None of what is no file, such as a pipe, whose reader would wait."""
    try:
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            regular = stat.S_ISREG(found.st_mode) and found.st_size <= _LARGEST
            return file.read() if regular else None
    except OSError:
        return None


def _sound(tree: np.ndarray, rows: np.ndarray, target: str) -> bool:
    """Whether the arrays form a tree: the kernel, which checks no index, then stays inside them."""
    width = 16 if target == "float64" else 8
    if tree.dtype != np.uint64 or rows.dtype != np.float64 or tree.ndim != 1:
        return False
    if len(tree) < 4096 or rows.shape != (len(tree), width):  # one node a sign and exponent
        return False
    first, fan = (tree >> np.uint64(8)).astype(np.int64), (tree & np.uint64(0x7F)).astype(np.int64)
    node = np.arange(len(tree))
    leaf = (fan == 0) & (first == node)
    inner = (
        (fan > 0) & (fan < 52) & (first > node) & (first + (1 << np.minimum(fan, 52)) <= len(tree))
    )
    return bool(np.all(leaf | inner))
