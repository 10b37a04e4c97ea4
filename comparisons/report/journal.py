"""Keep on disk what a run has measured, so that a run that is killed can be recovered.

Each run has a folder of its own in the temporary directory, which only its user can read. Each of
its processes has a file in it, of a line a test and a line a row. A lock says whether the run
still lives: the system takes it from whoever dies, however he dies.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from comparisons.report.data.row import Row

try:
    import fcntl
except ImportError:  # Windows: no run is ever known to be dead, and none is recovered
    fcntl = None  # type: ignore[assignment]

_PREFIX = "symdiff-run-"
_HEAD = "run.json"
_KEPT = 7 * 24 * 3600.0  # seconds that a run which could not be recovered is kept


class LiveRun:
    """The folder of a run that is alive."""

    def __init__(self, destinations: Mapping[str, Path]) -> None:
        """Make the folder; `destinations` are files by kind (report, json, csv)."""
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._pid = os.getpid()
        self._head: IO[str] = (self.folder / _HEAD).open("w", encoding="utf-8")
        if fcntl is not None:
            fcntl.flock(self._head, fcntl.LOCK_EX)
        head = {kind: os.fsencode(path.absolute()).hex() for kind, path in destinations.items()}
        self._head.write(json.dumps(head))
        self._head.flush()

    def end(self, *, keep: bool = False) -> None:
        """Remove the folder, unless a later run is to recover it; a forked child leaves it."""
        if os.getpid() == self._pid and not keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        self._head.close()


class Journal:
    """A journal is the file of one process of a run."""

    def __init__(self, folder: Path, process: str) -> None:
        """Open the file; `folder` is the run's, `process` the file's name in it."""
        self._file = folder / f"{process}.jsonl"
        self._pid = os.getpid()

    def begin(self, test: str) -> None:
        """Note that a test begins, perhaps once more: its rows follow."""
        self._write({"test": test})

    def add(self, row: Row) -> None:
        """Write down a row of the test."""
        self._write({"row": row})

    def _write(self, line: Row) -> None:
        if os.getpid() != self._pid:  # a forked child: its parent has the test
            return
        try:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError:  # a worker on another machine: its rows come with its reports, or not
            pass


def kept(folder: Path) -> dict[str, list[Row]]:
    """The rows of a run by the test's name; of a test that several processes ran, the most rows.

    Rows of no test are under the empty name.
    """
    found: dict[str, list[Row]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        mine: dict[str, list[Row]] = {}
        test = ""
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):  # cut by death
                    break
                entry = json.loads(line)
                if "test" in entry:
                    test = entry["test"]
                    mine[test] = []
                else:
                    mine.setdefault(test, []).append(entry["row"])
        for name, rows in mine.items():
            if len(rows) >= len(found.get(name, [])):
                found[name] = rows
    return found


@dataclass(frozen=True)
class Dead:
    """A run that died before it wrote what it had measured."""

    folder: Path
    destinations: Mapping[str, Path]
    ended: float  # when it last wrote, in seconds since the epoch

    @property
    def rows(self) -> list[Row]:
        """The rows that it had measured."""
        found = kept(self.folder)
        return [row for test in sorted(found) for row in found[test]]

    def forget(self) -> None:
        """Remove the folder that it left."""
        shutil.rmtree(self.folder, ignore_errors=True)


def dead_runs() -> Iterator[Dead]:
    """The user's runs that died; folders of other users and links are left alone."""
    if fcntl is None:
        return
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")):
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
            found = folder.lstat()
            if folder.is_symlink() or found.st_uid != os.getuid():
                continue
            with (folder / _HEAD).open("r+", encoding="utf-8") as head:
                try:
                    fcntl.flock(head, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:  # it lives, or another process recovers it
                    continue
                paths = {kind: Path(os.fsdecode(bytes.fromhex(p))) for kind, p in _read(head)}
                ended = max(f.stat().st_mtime for f in (folder, *folder.iterdir()))
                yield Dead(folder, paths, ended)


def _read(head: IO[str]) -> list[tuple[str, str]]:
    return list(json.loads(head.read()).items())


def recover() -> list[str]:
    """Write what dead runs measured to their destinations, and say so in a sentence for each file.

    A file that is newer than the run is left, and the recovered one put beside it. What cannot be
    written is kept for a week.
    """
    told = []
    for run in dead_runs():
        try:
            rows = run.rows if run.destinations else []
            for kind, path in run.destinations.items() if rows else ():
                written = write_as(kind, _beside(path, run.ended), rows, complete=False)
                told.append(f"{written} has the {len(rows)} rows of a run that was killed")
        except Exception as error:  # noqa: BLE001 - whatever it is, the run that begins matters more
            if time.time() - run.ended < _KEPT:
                told.append(
                    f"a killed run stays in {run.folder} for a week, not recovered: {error}"
                )
                continue
        run.forget()
    return told


def _beside(path: Path, ended: float) -> Path:
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "No such directory", str(path.parent))
    newer = path.exists() and path.stat().st_mtime > ended
    return path.with_stem(f"{path.stem}.recovered") if newer else path


def write_as(kind: str, path: Path, rows: list[Row], *, complete: bool) -> Path:
    """Write rows as a file of a kind: report, json or csv. Returns: the path."""
    if kind == "report":
        from comparisons.report.page.document import write

        write(path, rows, complete=complete)
    elif kind == "json":
        from comparisons.report.data.files import write_json

        write_json(path, rows, complete=complete)
    else:
        from comparisons.report.data.files import write_csv

        write_csv(path, rows)
    return path
