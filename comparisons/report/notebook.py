"""Results as small HTML tables, for notebooks: plain markup, styled by the notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING

from comparisons.report.definitions import MARKS
from comparisons.report.number import shown
from symdiff.notation.names import barred

if TYPE_CHECKING:
    from comparisons.comparison import AdjointResult, Comparison
    from comparisons.engine_table import EngineTable
    from comparisons.sweep import Sweep
    from comparisons.verdict import Status, Verdict

_HEAD = ("verdict", "values", "bulk, ulp", "statuses", "worst")


def adjoint_html(adjoint: AdjointResult) -> str:
    """One line."""
    return _table(f"{barred(adjoint.name)}: {adjoint.verdict}", [_of_adjoint(adjoint)])


def engine_table_html(table: EngineTable) -> str:
    """A line an engine, those that could not be asked too; below it where they differ."""
    lines: list[tuple[object, ...]] = [
        (name, *_said(c.verdict, c.values, c.bulk_ulp, c.counts()), c.worst or "")
        for name, c in table.comparisons.items()
    ]
    lines += [(name, "–", f"not asked: {why}") for name, why in table.absent.items()]
    lines += [(f"{d.first}, {d.second}", "≠", d) for d in table.beside_first()]
    return _table(table.called, lines, of="engine")


def comparison_html(comparison: Comparison) -> str:
    """A line an adjoint, and one for each that has, rightly or wrongly, none."""
    lines = [_of_adjoint(a) for a in comparison.adjoints.values()]
    lines += [(barred(n), "✗", problem) for n, problem in comparison.wrong_presence.items()]
    lines += [
        (barred(name), "✓", f"none, as it should be: {why}")
        for name, why in comparison.absent.items()
    ]
    return _table(_caption(comparison), lines)


def sweep_html(sweep: Sweep) -> str:
    """One line: all points together."""
    variable = sweep.subject.graph.inputs[0].name
    said = _said(sweep.verdict, sweep.values, sweep.bulk_ulp, sweep.counts())
    return _table(_caption(sweep), [(barred(variable), *said, sweep.worst or "")])


def _of_adjoint(a: AdjointResult) -> tuple[object, ...]:
    said = _said(a.verdict, a.computed.size, a.bulk_ulp, a.counts)
    return (barred(a.name), *said, a.worst if a.computed.size else "")


def _said(
    verdict: Verdict, values: int, bulk_ulp: float, counts: Mapping[Status, int]
) -> tuple[str, ...]:
    statuses = ", ".join(f"{n:,} {status}" for status, n in counts.items())
    return f"{MARKS[verdict]} {verdict}", f"{values:,}", shown(bulk_ulp), statuses


def _caption(result: Comparison | Sweep) -> str:
    return f"{result.subject}, {result.dtype}, {result.engine}: {result.verdict}"


def _table(caption: str, lines: Iterable[tuple[object, ...]], of: str = "adjoint") -> str:
    """A line that is shorter than the head has its last cell stretched over the rest."""
    body = []
    for line in lines:
        *cells, last = [escape(str(cell)) for cell in line]
        span = 1 + len(_HEAD) - len(cells)
        stretched = f' colspan="{span}"' if span > 1 else ""
        row = "".join(f"<td>{cell}</td>" for cell in cells)
        body.append(f"<tr>{row}<td{stretched}>{last}</td></tr>")
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in (of, *_HEAD))
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>"
    )
