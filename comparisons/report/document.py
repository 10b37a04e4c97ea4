"""The report as a document: rows put in order, and rendered as Markdown or HTML."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from comparisons.report.data import document
from comparisons.report.number import read
from comparisons.report.rows import Row

TEMPLATES: Mapping[str, str] = {".html": "page.html.jinja", ".md": "page.md.jinja"}
_VERSIONS = ("symdiff-autograd", "torch", "sympy", "numpy", "python")


@dataclass(frozen=True)
class Document:
    """What the templates read: every method answers one question of the page."""

    rows: tuple[Row, ...]
    complete: bool = True

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
        all_verdicts = [r["verdict"] for r in self.comparisons]
        return {v: all_verdicts.count(v) for v in ("accurate", "agrees", "disagrees")}

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
        return {name: _version(name) for name in _VERSIONS}

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
        environment.filters |= {"mathml": _mathml, "number": _number, "anchor": _anchor}
        return environment.get_template(TEMPLATES[suffix]).render(report=self)


def write(path: Path, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write the report of the rows to `path`, Markdown or HTML by its suffix."""
    write_page(path, document(rows, complete=complete))


def write_page(path: Path, data: Mapping[str, Any]) -> None:
    """Write the page of a document, as `read_json` gives it, Markdown or HTML by its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = Document(tuple(read(data["rows"])), data["complete"]).render(path.suffix)
    path.write_text(page, encoding="utf-8")


def _version(name: str) -> str:
    if name == "python":
        return platform.python_version()
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _mathml(latex: str) -> Any:
    from latex2mathml.converter import convert
    from markupsafe import Markup

    # latex2mathml has no sans-serif transpose; its input is our own LaTeX, its output markup.
    return Markup(convert(latex.replace(r"\mathsf{T}", "T")))  # noqa: S704 - our own


def _number(value: float) -> str:
    """Three digits, an exponent only where needed: 0.5, 15, 1.79e8."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return {"inf": "∞", "-inf": "−∞"}.get(str(value), "NaN")
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def _anchor(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name).split()) or "subject"
