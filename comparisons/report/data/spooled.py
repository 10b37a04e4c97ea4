"""Keep most of each row on disk, and at hand only what a page's tables are made of."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Self

from comparisons.report.data.row import Row, read

# What the schema does not ask for: documents of before have none of it.
OPTIONAL: Mapping[str, Any] = {"place": "", "identity": "", "captured": ()}
_AT_HAND = (
    *("kind", "subject", "title", "dtype", "engine", "cotangent", "device", "place"),
    *("verdict", "decided_by", "bulk_ulp", "values", "counts", "of_torch", "of_user"),
)
_MOST_KNOWN = 128  # rows that were read last: a function has one for each type and engine


class Spool:
    """A temporary file of rows that exists within a `with`."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `__exit__`
        self._end = 0
        self._seen: set[bytes] = set()
        self._known: OrderedDict[int, Row] = OrderedDict()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def keep(self, row: Row) -> Row | None:
        """Put a row with its floats into the file; None if the same row was there before.

        A comparison leaves most of itself in the file.
        """
        mark = digest_of(row)
        if mark in self._seen:
            return None
        self._seen.add(mark)
        whole: Row = {**OPTIONAL, **read(row)}
        if whole["kind"] != "comparison":
            return _Whole(whole)
        text = json.dumps({k: v for k, v in whole.items() if k not in _AT_HAND}).encode()
        self._file.seek(self._end)
        self._file.write(text)
        place = self._end, len(text)
        self._end += len(text)
        return Spooled({k: _one(whole[k]) for k in _AT_HAND if k in whole}, self, place)

    def rest(self, place: tuple[int, int]) -> Row:
        """The part of a row that is in the file."""
        start, length = place
        if start in self._known:
            self._known.move_to_end(start)
            return self._known[start]
        self._file.seek(start)
        found: Row = json.loads(self._file.read(length))
        self._known[start] = found
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found


class _Whole(dict[str, Any]):
    """A row with its floats, all at hand."""


class Spooled(_Whole):
    """A row that reads from the file what it does not have at hand."""

    __slots__ = ("_place", "_spool")

    def __init__(self, at_hand: Row, spool: Spool, place: tuple[int, int]) -> None:
        super().__init__(at_hand)
        self._spool, self._place = spool, place

    def __missing__(self, key: str) -> Any:
        """The value that is in the file. Raises: KeyError if it is not there either."""
        return self._spool.rest(self._place)[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value, at hand or from the file."""
        try:
            return self[key]
        except KeyError:
            return default


def prepared(row: Row) -> bool:
    """Whether a row has its floats, and what documents of before had not."""
    return isinstance(row, _Whole)


def digest_of(row: Row) -> bytes:
    """The digest that rows of the same content share."""
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode("utf-8", "surrogatepass")).digest()


def _one(value: Any) -> Any:
    """The value; of equal words one."""
    return sys.intern(value) if type(value) is str else value
