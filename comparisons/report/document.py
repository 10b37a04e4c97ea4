"""The report: a document of rows put in order, and rendered as Markdown or HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from comparisons.report.data import document
from comparisons.report.rows import Row
from comparisons.verdict import Verdict

TEMPLATES: Mapping[str, str] = {".html": "page.html.jinja", ".md": "page.md.jinja"}


@dataclass(frozen=True)
class Report:
    """What the templates read: every method answers one question of the page."""

    data: Mapping[str, Any]  # a document, as `comparisons.report.data` makes and reads it

    @property
    def rows(self) -> list[Row]:
        """Every row of the document."""
        return list(self.data["rows"])

    @property
    def complete(self) -> bool:
        """False if the run was cut short."""
        return bool(self.data["complete"])

    @cached_property
    def comparisons(self) -> list[Row]:
        """The comparisons, by subject, then by type."""
        found = [r for r in self.rows if r["kind"] == "comparison"]
        return sorted(found, key=lambda r: (r["subject"], self._rank(r["dtype"])))

    @staticmethod
    def _rank(dtype: str) -> int:
        return ("float64", "float32", "bfloat16", "float16").index(dtype)

    @property
    def subjects(self) -> list[str]:
        """Each subject once."""
        return list(dict.fromkeys(r["subject"] for r in self.comparisons))

    @property
    def dtypes(self) -> list[str]:
        """Each type once, widest first."""
        return sorted({r["dtype"] for r in self.comparisons}, key=self._rank)

    def of(self, subject: str, dtype: str | None = None) -> list[Row]:
        """The comparisons of a subject, in one type or all."""
        return [
            r for r in self.comparisons if r["subject"] == subject and dtype in (None, r["dtype"])
        ]

    def cell(self, subject: str, dtype: str) -> Row | None:
        """The first comparison of a subject in a type, if there is one."""
        return next(iter(self.of(subject, dtype)), None)

    @property
    def findings(self) -> list[Row]:
        """The comparisons that disagree."""
        return [r for r in self.comparisons if r["verdict"] == "disagrees"]

    @property
    def verdicts(self) -> dict[str, int]:
        """How many comparisons have each verdict."""
        found = [r["verdict"] for r in self.comparisons]
        return {str(v): found.count(str(v)) for v in Verdict}

    @property
    def values(self) -> int:
        """How many gradients were compared."""
        return sum(r["values"] for r in self.comparisons)

    @cached_property
    def detections(self) -> list[Row]:
        """Which checker caught which wrong backward."""
        return sorted(
            (r for r in self.rows if r["kind"] == "detection"),
            key=lambda r: (r["subject"], r["mutation"]),
        )

    @property
    def mutations(self) -> list[str]:
        """Each mutation once."""
        return sorted({r["mutation"] for r in self.detections})

    @property
    def checkers(self) -> list[str]:
        """Each checker once."""
        return list(dict.fromkeys(c for r in self.detections for c in r["caught_by"]))

    @property
    def mutated(self) -> list[str]:
        """Each subject that was mutated, once."""
        return list(dict.fromkeys(r["subject"] for r in self.detections))

    def caught(self, subject: str, mutation: str) -> dict[str, bool] | None:
        """Who caught it; None where the mutation changes nothing."""
        for r in self.detections:
            if (r["subject"], r["mutation"]) == (subject, mutation):
                caught: dict[str, bool] = r["caught_by"]
                return caught
        return None

    def score(self, checker: str, mutation: str) -> str:
        """How many of a mutation a checker caught, as `3/24`."""
        answers = [r["caught_by"][checker] for r in self.detections if r["mutation"] == mutation]
        return f"{sum(answers)}/{len(answers)}"

    @property
    def versions(self) -> dict[str, str]:
        """What the comparison ran on."""
        return dict(self.data["versions"])

    def render(self, suffix: str) -> str:
        """The page, for a file name's suffix, `.html` or `.md`."""
        from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

        environment = Environment(
            loader=PackageLoader("comparisons", "report"),
            autoescape=select_autoescape(["html.jinja"]),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.filters |= {
            "mathml": _mathml,
            "number": _number,
            "anchor": _anchor,
            "slug": _slug,
        }
        return environment.get_template(TEMPLATES[suffix]).render(report=self)


def write(path: Path, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write the report of the rows to `path`, Markdown or HTML by its suffix."""
    write_page(path, document(rows, complete=complete))


def write_page(path: Path, data: Mapping[str, Any]) -> None:
    """Write the page of a document, which is all that it is made of."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(Report(data).render(path.suffix), encoding="utf-8")


def _mathml(latex: str) -> Any:
    from latex2mathml.converter import convert
    from markupsafe import Markup

    # latex2mathml has no sans-serif transpose; its input is our own LaTeX, its output markup.
    return Markup(convert(latex.replace(r"\mathsf{T}", "T")))  # noqa: S704 - our own


def _number(value: float | str) -> str:
    """Three digits, an exponent only where needed: 0.5, 15, 1.79e8."""
    value = float(value)
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "NaN")
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _slug(verdict: str) -> str:
    """A verdict as a class of the style sheet: its first word."""
    return verdict.partition(" ")[0]


def _anchor(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name).split()) or "subject"
