"""Tell functions of one name apart: a right and a wrong `Round` are `Round` and `Round (2)`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

Of = TypeVar("Of", bound=Mapping[str, Any])


def numbered(rows: Iterable[Of]) -> list[dict[str, Any]]:
    """The rows, a number behind the name of each function but the first of that name.

    Functions are told apart by what their code is, so the numbers do not depend on the order in
    which rows arrive: they go by file, line and code. What is in no user's file has no number.
    """
    given = list(rows)
    known: dict[str, set[tuple[str, int, str]]] = {}
    for row in given:
        if row.get("identity"):
            known.setdefault(row["subject"], set()).add(_order(row))
    numbers = {
        (name, order): number
        for name, orders in known.items()
        for number, order in enumerate(sorted(orders), 1)
    }
    return [{**row, "subject": _called(row, numbers)} for row in given]


def _called(row: Mapping[str, Any], numbers: Mapping[tuple[str, tuple[str, int, str]], int]) -> str:
    name = str(row["subject"])
    number = numbers.get((name, _order(row)), 1) if row.get("identity") else 1
    return name if number == 1 else f"{name} ({number})"


def _order(row: Mapping[str, Any]) -> tuple[str, int, str]:
    file, _, line = row.get("place", "").rpartition(":")
    return file, int(line) if line.isdigit() else 0, row["identity"]
