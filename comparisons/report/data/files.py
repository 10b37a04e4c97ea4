"""Write and read the data of a report: what was compared, by what, on what, as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import os
import platform
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from comparisons.inputs.position import position
from comparisons.judge.vocabulary import Status
from comparisons.report.data.decided import decided
from comparisons.report.data.numbered import numbered
from comparisons.report.data.row import WIDEST_FIRST, Row, plain_data
from comparisons.report.data.row_by_row import UnlikeError, head_and_rows
from comparisons.report.data.schema import LONGEST, Schema
from comparisons.report.data.whole_file import write_whole
from symdiff.notation.printable import printable

_NUMBER = 1  # a document of another number is refused: raise it when a field changes its meaning
SCHEMA = Schema("comparisons.report.data")
_AT_ONCE = 16  # rows that are held beside the schema together
_NUMBER_TEXT = re.compile(
    r"[+-]?(inf|nan|\d[\d.]*(e[+-]?\d+)?|0x[0-9a-f.]+p[+-]?\d+)", re.IGNORECASE
)
_BEGAN = datetime.now(UTC)  # of the run: its page and its JSON have one date
_VERSIONS = ("symdiff-autograd", "torch", "sympy", "numpy", "python-flint")
_COLUMNS = ("subject", "dtype", "engine", "verdict", "decided_by", "values", "bulk_ulp")
_WORST = ("adjoint", "index", "at", "computed", "truth", "ulp", "reproduction")


def document(rows: Iterable[Row], *, complete: bool) -> dict[str, Any]:
    """The rows in a fixed order, with the versions, machine, date and commit that they are of.

    Args: rows, as `result_row` and `detection_row` make them; complete, whether the run came
        to its end.
    Returns: what `write_json` writes; it fits the JSON Schema beside this file.
    """
    return {**_head(complete=complete), "rows": plain_data(_ordered(rows))}


def _head(*, complete: bool) -> dict[str, Any]:
    return {
        "schema": _NUMBER,
        "complete": complete,
        "date": _date(),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {n: _version(n) for n in _VERSIONS},
        "machine": {
            "system": platform.system(),
            "architecture": platform.machine(),
            "cores": os.cpu_count(),
        },
    }


def write_json(path: Path, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write the rows' document to `path`, one row at a time: its text is never held whole."""
    write_whole(path, _text_of(_head(complete=complete), _ordered(rows)))


def _text_of(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """The document as JSON, in parts."""
    yield f'{_json(head)[:-1]}, "rows": ['
    for i, row in enumerate(rows):
        yield f"{', ' if i else ''}{_json(plain_data(row))}"
    yield "]}\n"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def read_json(path: Path, keep: Callable[[Row], Any] = lambda row: row) -> dict[str, Any]:
    """Read the document that `write_json` wrote.

    Args: keep, what is kept of each row as it is read; None of one that is left out.
    Raises: ValueError, one sentence, if it is no JSON, of another schema, or does not fit its own.
    """
    path = Path(path)
    try:
        return _read_row_by_row(path, keep)
    except (UnlikeError, OSError, ValueError):
        found = _read_whole(path)
        return {**found, "rows": _kept(found["rows"], keep)}


def _kept(rows: Iterable[Row], keep: Callable[[Row], Any]) -> list[Any]:
    return [kept for kept in map(keep, rows) if kept is not None]


def _read_row_by_row(path: Path, keep: Callable[[Row], Any]) -> dict[str, Any]:
    """The document of a file as it is written here. Raises: UnlikeError if it is another."""
    if not path.is_file():  # a pipe cannot be read twice
        raise UnlikeError
    with path.open(encoding="utf-8") as file:
        head, rows = head_and_rows(file, _no_literal)
        if head.get("schema") != _NUMBER or not SCHEMA.fits({**head, "rows": []}):
            raise UnlikeError
        found: list[Any] = []
        while some := list(islice(rows, _AT_ONCE)):
            if not SCHEMA.fits({**head, "rows": some}):
                raise UnlikeError
            found += _kept(some, keep)
    return {**head, "rows": found}


def _read_whole(path: Path) -> dict[str, Any]:
    """The document of any file. Raises: ValueError, one sentence, if it is none of a report."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_no_literal)
    except RecursionError:
        raise ValueError(f"{path} is nested too deeply for a symdiff report") from None
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}); write one with --json") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror})") from None
    if not isinstance(found, dict) or "schema" not in found:
        raise ValueError(f"{path} is JSON, but no symdiff report; write one with --json")
    if found["schema"] != _NUMBER:
        raise ValueError(
            f"{path} has schema {printable(repr(found['schema']), LONGEST)}, and this symdiff "
            f"reads schema {_NUMBER}; write it anew, or read it with the symdiff that wrote it"
        )
    SCHEMA.require(found, Path(path))
    return found


def write_csv(path: Path, rows: Iterable[Row]) -> None:
    """Write one line for each comparison of the rows, without its points."""
    statuses = [str(s) for s in Status]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([*_COLUMNS, *statuses, *(f"worst {c}" for c in _WORST)])
    for row in _ordered(rows):
        if row["kind"] == "comparison":
            counts = [row["counts"].get(s, 0) for s in statuses]
            said = {**row, "decided_by": decided(row)}
            cells = [*(said[c] for c in _COLUMNS), *counts, *_worst(row["worst"])]
            table.writerow([_inert(cell) for cell in cells])
    write_whole(path, [text.getvalue()])


def _inert(cell: Any) -> Any:
    """The cell; a text that a spreadsheet would take for a formula with an apostrophe before it.

    Source: owasp.org/www-community/attacks/CSV_Injection.
    """
    if not isinstance(cell, str) or not cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        return cell
    return cell if _NUMBER_TEXT.fullmatch(cell) else f"'{cell}"


def _no_literal(name: str) -> None:
    raise ValueError(f"JSON has no {name}")


def _worst(point: Row | None) -> list[Any]:
    if point is None:
        return [""] * len(_WORST)
    at = ", ".join(f"{name} = {value} ({bits})" for name, value, bits in point["inputs"])
    said = {**point, "at": at, "index": position(point["index"])}
    return [said[column] for column in _WORST]


def _ordered(rows: Iterable[Row]) -> list[Row]:
    """The rows in an order of their own: the same, in whatever order processes sent them."""
    found: list[Row] = []
    for _, alike in groupby(sorted(numbered(rows), key=_place), key=_place):
        same = list(alike)
        found += same if len(same) == 1 else sorted(same, key=_whole)
    return found


def _whole(row: Row) -> str:
    return json.dumps(row, sort_keys=True)


def _place(row: Row) -> tuple[str, ...]:
    """The key that orders rows which otherwise have the same one."""
    if row["kind"] == "detection":
        return (row["kind"], row["subject"], row["mutation"])
    if row["kind"] in ("convention", "cost"):
        return (row["kind"], row["subject"])
    if row["kind"] == "difference":
        pair = (row["first"], row["second"], row["adjoint"])
        return (row["kind"], row["subject"], row["dtype"], *pair)
    rank = f"{WIDEST_FIRST.index(row['dtype'])}"
    return (row["kind"], row["subject"], rank, row["engine"])


def _date() -> str:
    # Source of the override: reproducible-builds.org/specs/source-date-epoch.
    given = os.environ.get("SOURCE_DATE_EPOCH")
    date = datetime.fromtimestamp(int(given), UTC) if given else _BEGAN
    return date.isoformat(timespec="seconds")


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """The commit of the checkout that the run stands in, if there is one and git."""
    command = ["git", "rev-parse", "HEAD"]  # found on the PATH, as a user's own would be
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip()
