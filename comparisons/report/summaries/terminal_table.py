"""Print comparisons as a table: a line a function, a column a type, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from comparisons.judge.vocabulary import Verdict
from comparisons.report.data.decided import badness, decided
from comparisons.report.data.numbered import numbered
from comparisons.report.data.row import WIDEST_FIRST
from symdiff.notation.printable import printable

_LONGEST = 100  # characters of a function's name in a line
Cell = tuple[str, str]  # the text, padded to its column, and the verdict it is coloured by, or ""


def table(rows: Iterable[Mapping[str, Any]], most: int | None = None) -> Iterator[tuple[Cell, ...]]:
    """The lines of the table, the head first; every cell a verdict and what it was taken from.

    Args:
        rows: comparisons, as `result_row` makes them; of several in one cell the worst shows.
        most: how many functions at most, though each that disagrees is shown.
    """
    worst: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in numbered(rows):
        cells = worst.setdefault(_label(row), {})
        cells[row["dtype"]] = max(cells.get(row["dtype"], row), row, key=badness)
    labels = sorted(worst, key=lambda name: (_worst_first(worst[name].values()), name))
    wrong = sum(
        badness(max(worst[name].values(), key=badness))[0] == Verdict.DISAGREES.rank
        for name in labels
    )
    shown = labels if most is None else labels[: max(most, wrong)]
    columns = [d for d in WIDEST_FIRST if any(d in cells for cells in worst.values())]
    texts = {(n, d): _cell(worst[n].get(d)) for n in shown for d in columns}
    widths = [max([len(d), *(len(texts[n, d]) for n in shown)]) for d in columns]
    first = max(map(len, ["function", *shown]))
    yield (("function".ljust(first), ""), *_padded([(d, "") for d in columns], widths))
    for name in shown:
        found = [(texts[name, d], worst[name].get(d, {}).get("verdict", "")) for d in columns]
        yield ((name.ljust(first), ""), *_padded(found, widths))
    if len(shown) < len(labels):
        yield ((f"and {len(labels) - len(shown)} more, none of which disagrees", ""),)


def _label(row: Mapping[str, Any]) -> str:
    engine = row["engine"]
    label = str(row["subject"]) if engine == "reverse" else f"{row['subject']}, {engine}"
    return printable(label, _LONGEST)


def _worst_first(rows: Iterable[Mapping[str, Any]]) -> tuple[int, float]:
    verdict, error = max(map(badness, rows))
    return (-verdict, -error)


def _cell(row: Mapping[str, Any] | None) -> str:
    return "–" if row is None else f"{row['verdict']} {decided(row)}"


def _padded(cells: Iterable[Cell], widths: Iterable[int]) -> Iterator[Cell]:
    for (text, verdict), width in zip(cells, widths, strict=True):
        yield (text.ljust(width), verdict)
