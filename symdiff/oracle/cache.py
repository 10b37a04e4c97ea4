"""Tables kept on disk between runs, under the user's cache directory.

A file is named by what it holds: the hash of the expression, the target, and everything that made
it (the source of the oracle, the versions of SymPy and flint). It begins with a checksum of its
key and content. A file that is damaged, foreign, or made by other code is not believed: the table
is built anew and the file replaced. The checksum guards against accidents; a file that somebody
forged with a right checksum can hold wrong numbers, as a forged module could.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import flint
import numpy as np
import sympy
from sympy import Expr

import symdiff.functions
import symdiff.kinks
from symdiff.formula import real_symbol
from symdiff.oracle.table import Table, build

_MAGIC = b"symdiff table 1\n"


def directory() -> Path:
    """Where tables are kept: $SYMDIFF_CACHE_DIR, or `symdiff` in $XDG_CACHE_HOME or ~/.cache."""
    if own := os.environ.get("SYMDIFF_CACHE_DIR"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "symdiff"


def table(expression: Expr, target: str = "float32") -> Table:
    """The table of an expression in one variable: from the disk, or built and put there.

    A directory that cannot be written only costs time. Processes may do this at once: a file
    appears whole or not at all. Raises: as `symdiff.oracle.table.build`.
    """
    key = _key(expression, target)
    path = directory() / f"{key}.table"
    found = _read(path, key, target)
    if found is None:
        found = build(expression, target)
        with contextlib.suppress(OSError):
            _write(path, key, found)
    return found


def _key(expression: Expr, target: str) -> str:
    if len(expression.free_symbols) == 1:  # the variable's name does not matter
        (z,) = expression.free_symbols
        expression = expression.xreplace({z: real_symbol("z")})
    text = "\n".join((sympy.srepr(expression), target, _version()))
    return hashlib.sha256(text.encode()).hexdigest()


@cache
def _version() -> str:
    """The hash of every source file that a table depends on, and the versions underneath."""
    sources = [*sorted(Path(__file__).parent.glob("*.py"))]
    for package in (symdiff.functions, symdiff.kinks):
        sources += sorted(Path(package.__file__ or "").parent.glob("*.py"))
    digest = hashlib.sha256(f"{sympy.__version__} {flint.__version__}".encode())
    for source in sources:
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + content).hexdigest().encode() + b"\n"


def _write(path: Path, key: str, table: Table) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, tree=table.tree, rows=table.rows)
    content = buffer.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
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
    try:
        data = path.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + 65
    content = data[start:]
    if data[:start] != _MAGIC + _checksum(key, content):
        return None
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            tree, rows = arrays["tree"], arrays["rows"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return Table(target, tree, rows) if _sound(tree, rows, target) else None


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
