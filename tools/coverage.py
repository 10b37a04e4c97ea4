"""Write what is covered as a table of the catalogue and the engines; `make coverage` renews it."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from pathlib import Path

import symdiff
from comparisons.engines.every import ENGINES
from symdiff.catalogue.activations import families

START, END = "<!-- coverage: made by `make coverage` -->", "<!-- end of coverage -->"


def table() -> str:
    """The table of what there is, family by family: how many and by which names, in Markdown."""
    rows: list[tuple[str, Collection[str]]]
    rows = [(f"activations: {family}", found) for family, found in families.items()]
    rows += [("losses, point by point", symdiff.losses)]
    rows += [("losses over arrays", symdiff.array_losses), ("layers", symdiff.layers)]
    rows += [("engines", ENGINES)]
    lines = ["| what | | by name |", "|---|---|---|"]
    lines += [f"| {what} | {len(found)} | {_names(found)} |" for what, found in rows]
    return "\n".join(lines)


def renewed(text: str) -> str:
    """The text with the table between its marks made anew.

    Raises: ValueError if the marks are not there.
    """
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"the text has no lines {START!r} and {END!r} to put the table between")
    return f"{before}{start}\n{table()}\n{end}{after}"


def _names(found: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in found)


def main() -> None:
    """Renew the table in each file that is named."""
    for argument in sys.argv[1:]:
        path = Path(argument)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
