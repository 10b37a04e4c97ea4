"""Show results as small HTML tables for notebooks, which style them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape

from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.views.number import shown

Cells = tuple[object, ...]

_HEAD = ("verdict", "values", "bulk, ulp", "statuses", "worst")


def cells(
    verdict: Verdict, values: int, bulk_ulp: float, counts: Mapping[Status, int], worst: object
) -> Cells:
    """The cells of a line about gradients, under the head's titles."""
    statuses = ", ".join(f"{n:,} {status}" for status, n in counts.items())
    return f"{verdict.mark} {verdict}", f"{values:,}", shown(bulk_ulp), statuses, worst or ""


def html_table(caption: str, lines: Iterable[Cells], of: str = "adjoint") -> str:
    """The HTML of a table whose lines begin with a name.

    A line that is shorter than the head has its last cell stretched over the rest.
    """
    body = []
    for line in lines:
        *some, last = [escape(str(cell)) for cell in line]
        span = 1 + len(_HEAD) - len(some)
        stretched = f' colspan="{span}"' if span > 1 else ""
        row = "".join(f"<td>{cell}</td>" for cell in some)
        body.append(f"<tr>{row}<td{stretched}>{last}</td></tr>")
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in (of, *_HEAD))
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )
