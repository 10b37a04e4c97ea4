"""Render rows as a document: put them in order, and write them as Markdown or HTML."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unicodedata import normalize

from comparisons.judge.vocabulary import Verdict
from comparisons.report.data.decided import badness, judged, unit
from comparisons.report.data.files import document
from comparisons.report.data.row import WIDEST_FIRST, Row, read
from comparisons.report.data.spooled import OPTIONAL, digest_of, prepared
from comparisons.report.data.whole_file import write_whole
from comparisons.report.page.glossary import STATUSES, VERDICTS
from comparisons.report.page.templates import STYLE_FILE, anchor, style_sheet, template
from comparisons.report.summaries.conventions import KinkConventions, kink_conventions
from comparisons.report.summaries.costs import Costs, costs_of
from comparisons.report.summaries.detections import Detections
from comparisons.report.summaries.engine_pairs import EnginePair, engine_pairs
from comparisons.report.summaries.findings import Disagreement, findings, origin_of
from comparisons.report.summaries.overview import Operator, overview
from comparisons.results.decision import ALLOWED, RELATIVE
from comparisons.results.views.number import shown
from symdiff.notation.names import lettered

TEMPLATES: Mapping[str, str] = {".html": "page.html.jinja", ".md": "page.md.jinja"}
LARGEST = 3_000_000  # bytes of one HTML file; a larger report is an index and a file a function


@dataclass(frozen=True, eq=False)
class Document:
    """A document answers the questions of the templates, one a method."""

    data: Mapping[str, Any]  # as `comparisons.report.data.files.document` gives it
    folder: str = ""  # of the sections, where they are no part of the page itself

    @property
    def setting(self) -> list[str]:
        """The versions, the machine and the date of the run."""
        versions = [f"{name} {v}" for name, v in self.data["versions"].items() if v]
        machine, commit = self.data["machine"], self.data["commit"]
        date = self.data["date"].replace("T", " ").replace("+00:00", " UTC")
        parts = [*versions, f"{machine['system']} {machine['architecture']}", date]
        return [*parts, f"commit {commit[:10]}"] if commit else parts

    @cached_property
    def rows(self) -> list[Row]:
        """The rows with their floats; of comparisons made twice with one result only one."""
        seen: set[bytes] = set()
        found: list[Row] = []
        for row in self.data["rows"]:
            if prepared(row):
                found.append(row)
            elif (mark := digest_of(row)) not in seen:
                seen.add(mark)
                found.append({**OPTIONAL, **read(row)})
        return found

    @cached_property
    def comparisons(self) -> list[Row]:
        """The comparisons, each with a `title`: its subject, and what tells it from namesakes."""
        found = self._titled("comparison")
        return sorted(found, key=lambda r: (r["title"], WIDEST_FIRST.index(r["dtype"])))

    @cached_property
    def differences(self) -> list[Row]:
        """The rows where engines differ, each with the `title` of its comparisons."""
        found = self._titled("difference")
        return sorted(found, key=lambda r: (r["title"], WIDEST_FIRST.index(r["dtype"])))

    def _titled(self, kind: str) -> list[Row]:
        for r in (found := [r for r in self.rows if r["kind"] == kind]):
            several = len(self._settings.get(r["subject"], ())) > 1 and _setting(r)
            r["title"] = f"{r['subject']} ({_setting(r)})" if several else r["subject"]
        return found

    @cached_property
    def _settings(self) -> dict[str, set[str]]:
        settings: dict[str, set[str]] = {}
        for r in self.rows:
            if r["kind"] == "comparison":
                settings.setdefault(r["subject"], set()).add(_setting(r))
        return settings

    @cached_property
    def _by_title(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for r in self.comparisons:
            found.setdefault(r["title"], []).append(r)
        return {title: _in_order(rows) for title, rows in found.items()}

    @property
    def titles(self) -> list[str]:
        """The titles of all functions, each once."""
        return list(self._by_title)

    @cached_property
    def dtypes(self) -> list[str]:
        """The types of all comparisons, widest first."""
        return sorted({r["dtype"] for r in self.comparisons}, key=WIDEST_FIRST.index)

    @cached_property
    def engines(self) -> list[str]:
        """The engines of all comparisons, each once."""
        return sorted({r["engine"] for r in self.comparisons}, key=_reverse_first)

    def of(self, title: str) -> list[Row]:
        """The comparisons of a function."""
        return self._by_title[title]

    def engines_of(self, title: str) -> list[str]:
        """The engines that a function was compared in."""
        return sorted({r["engine"] for r in self.of(title)}, key=_reverse_first)

    @property
    def engine_pairs(self) -> list[EnginePair]:
        """A line for each pair of engines that differ somewhere."""
        return engine_pairs(self.comparisons, self.differences)

    def differences_of(self, title: str) -> list[Row]:
        """The differences of the engines that a function was compared in."""
        return self._differences_by_title.get(title, [])

    @cached_property
    def _differences_by_title(self) -> dict[str, list[Row]]:
        found: dict[str, list[Row]] = {}
        for r in self.differences:
            found.setdefault(r["title"], []).append(r)
        return found

    @property
    def titles_that_differ(self) -> list[str]:
        """The functions whose engines differ, if their comparisons are here too."""
        return [title for title in self._differences_by_title if title in self._by_title]

    def cell(self, title: str, engine: str, dtype: str) -> Row | None:
        """The worst comparison of a function in a type and engine, if there is one."""
        found = [r for r in self.of(title) if (r["engine"], r["dtype"]) == (engine, dtype)]
        return max(found, key=badness, default=None)

    def heading(self, dtype: str) -> str:
        """The heading of a type's column: its unit, and the number of values judged."""
        rows = [r for r in self.comparisons if r["dtype"] == dtype]
        units = [u for u in ("ulp", ALLOWED, RELATIVE) if any(unit(r) == u for r in rows)]
        parts = [" or ".join(units), f"{judged(rows):,} judged"]
        return ", ".join(filter(None, parts))

    def sort_key(self, row: Row | None) -> str:
        """A number to sort a cell by, as text: the verdict, then the error it was taken from."""
        if row is None:
            return "-1"
        verdict, error = badness(row)
        part = (
            math.log1p(max(error, 0.0)) / 1000 if math.isfinite(error) else 0.9
        )  # below 1 for any float
        return f"{verdict + part:.9g}"

    @cached_property
    def findings(self) -> list[Disagreement]:
        """The findings: one for each function and engine that disagrees, the worst first."""
        return findings(self.comparisons)

    @cached_property
    def overview(self) -> Sequence[Operator]:
        """The own functions of torch with the largest errors at ordinary inputs."""
        return overview(self.comparisons)

    @property
    def overview_types(self) -> list[str]:
        """The types in the overview, widest first."""
        there = {dtype for operator in self.overview for dtype in operator.largest}
        return [dtype for dtype in self.dtypes if dtype in there]

    def origin(self, title: str) -> str:
        """Whose code was judged: torch's own, the user's, or a line of symdiff's."""
        return origin_of(self.of(title)[0])

    @property
    def only_at_infinity(self) -> list[str]:
        """The functions that are wrong at ±∞ and nowhere else."""
        return [
            title
            for title, rows in self._by_title.items()
            if max(rows, key=badness)["verdict"] == str(Verdict.FAILS_AT_INFINITY)
        ]

    @property
    def verdicts(self) -> dict[str, int]:
        """The number of comparisons with each verdict."""
        all_verdicts = [r["verdict"] for r in self.comparisons]
        return {verdict: all_verdicts.count(verdict) for verdict in VERDICTS}

    @property
    def values(self) -> int:
        """The number of gradients compared."""
        return sum(r["values"] for r in self.comparisons)

    @property
    def points(self) -> int:
        """The number of points; a point may have several adjoints."""
        return sum(max((a["values"] for a in r["adjoints"]), default=0) for r in self.comparisons)

    def statuses(self, title: str) -> list[str]:
        """The statuses that occur in a function's comparisons."""
        occurring = {s for r in self.of(title) for a in r["adjoints"] for s in a["counts"]}
        return [status for status in STATUSES if status in occurring]

    @property
    def conventions(self) -> list[KinkConventions]:
        """The kinks at which two ways to write one function disagree."""
        return kink_conventions(r for r in self.rows if r["kind"] == "convention")

    @cached_property
    def detections(self) -> Detections:
        """The table of which checker caught which wrong backward."""
        return Detections([r for r in self.rows if r["kind"] == "detection"])

    @cached_property
    def costs(self) -> Sequence[Costs]:
        """The costs of gradients by each method, where they were measured."""
        return costs_of(r for r in self.rows if r["kind"] == "cost")

    @cached_property
    def _anchors(self) -> dict[str, str]:
        found: dict[str, str] = {}
        taken: Counter[str] = Counter()
        for title in self.titles:
            name = anchor(title)
            key = normalize("NFKC", name).casefold()  # as file systems may compare names
            while taken[key]:
                taken[key] += 1
                name = f"{anchor(title)}--{taken[key]}"
                key = normalize("NFKC", name).casefold()
            taken[key] += 1
            found[title] = name
        return found

    def anchor(self, title: str) -> str:
        """The id of a function's section, or its file's name; all are distinct."""
        return f"f-{self._anchors[title]}"

    def link(self, title: str) -> str:
        """The link to a function's section."""
        name = self.anchor(title)
        return f"{self.folder}/{name}.html" if self.folder else f"#{name}"

    def render(self, suffix: str) -> str:
        """The page as text, for a file name's suffix, `.html` or `.md`."""
        return "".join(self.parts(suffix))

    def parts(self, suffix: str) -> Iterator[str]:
        """The parts of the page, one by one as they are made."""
        parts: Iterator[str] = template(TEMPLATES[suffix]).generate(report=self)
        return parts

    def render_section(self, title: str, index: str) -> str:
        """The page of one function, for a report that is a folder."""
        return template("section_page.html.jinja").render(report=self, title=title, index=index)


def write(path: Path, rows: Iterable[Row], *, complete: bool = True) -> None:
    """Write the report of the rows to `path`, Markdown or HTML by its suffix."""
    write_page(path, document(rows, complete=complete))


def write_page(path: Path, data: Mapping[str, Any], *, largest: int = LARGEST) -> None:
    """Write the page of a document, as `read_json` gives it, Markdown or HTML by its suffix.

    A page of more than `largest` bytes becomes an index, with a file for each function in a folder
    of the same name beside it; these share one style sheet, the page has its own.
    """
    report = Document(data)
    if path.suffix != ".html":
        write_whole(path, report.parts(path.suffix))
        return
    page = _short(report.parts(path.suffix), largest)
    if page is not None:
        write_whole(path, page)
        return
    folder = path.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    report = Document(data, folder=folder.name)
    write_whole(folder / STYLE_FILE, [style_sheet()])
    for title in report.titles:
        section = report.render_section(title, index=f"../{path.name}")
        write_whole(folder / f"{report.anchor(title)}.html", [section])
    write_whole(path, report.parts(path.suffix))


def _short(page: Iterable[str], largest: int) -> list[str] | None:
    """The parts of a page, or None if they are more than so many bytes; no more are made."""
    parts, size = [], 0
    for part in page:
        parts.append(part)
        size += len(part.encode("utf-8", "replace"))
        if size > largest:
            return None
    return parts


def _setting(row: Row) -> str:
    values = row["parameters"] if row["kind"] == "difference" else row["mathematics"]["parameters"]
    parts = [f"{lettered(k)} = {shown(v)}" for k, v in values.items()]
    if row["cotangent"] != "ones":
        parts.append(f"cotangent {row['cotangent']}")
    if row["device"] != "cpu":
        parts.append(row["device"])
    return ", ".join(parts)


def _in_order(rows: list[Row]) -> list[Row]:
    """Type by type as they came, and of each the plain backward first."""
    types = list(dict.fromkeys(r["dtype"] for r in rows))
    return sorted(rows, key=lambda r: (types.index(r["dtype"]), *_reverse_first(r["engine"])))


def _reverse_first(engine: str) -> tuple[bool, str]:
    return engine != "reverse", engine
