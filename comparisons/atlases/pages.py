"""Write the atlas as Markdown: a page for each type and one, with plots, for each function."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from comparisons.atlases.atlas import Atlas
from comparisons.atlases.plot import plot
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Verdict, verdict_named
from comparisons.report.data.row import Row
from comparisons.results.views.number import shown

_BUDGET = Budget()
SQUARES = (
    f"🟦 at most an ulp, 🟩 at most {_BUDGET.accurate:g}, 🟨 at most {_BUDGET.absolute:g}, "
    "🟧 more, 🟥 wrong somewhere, ⬜ nothing could be judged; "
    "∞: wrong or NaN at ±∞, where the gradient has a limit."
)
_NO_PASS = {Verdict.DISAGREES: "🟥", Verdict.INCONCLUSIVE: "⬜"}
_STEPS = ((1.0, "🟦"), (_BUDGET.accurate, "🟩"), (_BUDGET.absolute, "🟨"))


@dataclass(frozen=True, eq=False)
class Page:
    """A page answers the questions of the templates, one a method."""

    atlas: Atlas

    @property
    def document(self) -> Row:
        """The data of the atlas as JSON holds it, for its versions, machine and date."""
        return self.atlas.document

    @property
    def made_with(self) -> str:
        """The versions of all frameworks in one line."""
        titles = self.document["titles"]
        return ", ".join(f"{titles.get(k, k)} {v}" for k, v in self.document["versions"].items())

    @property
    def flushing(self) -> str:
        """The frameworks that read subnormal numbers as 0."""
        found = [self.document["titles"][name] for name in self.document["flushing"]]
        return " and ".join(found) or "None of them"

    def title(self, framework: str, way: str) -> str:
        """The title of a column: its framework and way to differentiate."""
        title: str = self.document["titles"][framework]
        return title if way == "reverse" else f"{title} {way}"

    def functions_in(self, dtype: str) -> list[str]:
        """The functions that some framework has in the type, sorted by name."""
        return sorted(f for f in self.atlas.functions if self.cells(f, dtype))

    def cells(self, function: str, dtype: str) -> list[tuple[str, Row]]:
        """The titles and cells of the frameworks that could be asked."""
        return [(t, c) for t, c in self._all(function, dtype) if not c["absent"]]

    def reasons(self, function: str, dtype: str) -> list[tuple[str, str]]:
        """By framework the reason why it could not be asked."""
        return [(t, c["absent"].rstrip(".")) for t, c in self._all(function, dtype) if c["absent"]]

    def _all(self, function: str, dtype: str) -> Iterator[tuple[str, Row]]:
        for column in self.atlas.columns:
            found = self.atlas.cell(function, dtype, *column)
            if found is not None:
                yield self.title(*column), found

    def entry(self, function: str, dtype: str, framework: str, way: str) -> str:
        """One entry of the table of a type: its colour, number and link."""
        found = self.atlas.cell(function, dtype, framework, way)
        if found is None:
            return ""
        if found["absent"]:
            return "–"
        number = shown(found["usual_ulp"])
        anchor = f"{self.title(framework, way)} in {dtype}".lower().replace(" ", "-")
        link = f"[{number}](functions/{function}.md#{anchor})"
        best = (framework, way) in self.atlas.best(function, dtype)
        return f"{square(found)}\N{NO-BREAK SPACE}{f'**{link}**' if best else link}"

    def definitions(self, function: str) -> list[tuple[str, list[str]]]:
        """Each formula that frameworks document for the function, and the frameworks that do."""
        found: dict[str, list[str]] = {}
        for dtype in self.atlas.dtypes:
            for title, cell in self.cells(function, dtype):
                who = found.setdefault(cell["definition"], [])
                called = f"{title} (`{cell['code']}`)"
                if called not in who:
                    who.append(called)
        return list(found.items())

    def notes(self, function: str) -> list[tuple[str, str]]:
        """How a framework's definition differs from others of the same name."""
        every = (pair for dtype in self.atlas.dtypes for pair in self._all(function, dtype))
        return list(dict.fromkeys((title, c["note"]) for title, c in every if c["note"]))

    @property
    def winners(self) -> list[tuple[str, str]]:
        """For each type how many functions each framework is the best at, or among the best."""
        found = []
        for dtype in self.atlas.dtypes_in_order:
            wins = Counter(
                self.title(*column)
                for function in self.atlas.functions
                for column in self.atlas.best(function, dtype)
            )
            asked = Counter(
                title for f in self.atlas.functions for title, _ in self.cells(f, dtype)
            )
            line = ", ".join(f"{t} {wins[t]} of {n}" for t, n in asked.items())
            found.append((dtype, line))
        return found


def square(found: Row) -> str:
    """The coloured square of a cell, with a mark where the gradient is wrong at ±∞."""
    verdict = verdict_named(found["verdict"])
    if verdict in _NO_PASS:
        return _NO_PASS[verdict]
    colour = next((s for most, s in _STEPS if found["usual_ulp"] <= most), "🟧")
    return f"{colour}\N{WORD JOINER}∞" if verdict is Verdict.FAILS_AT_INFINITY else colour


def pages(atlas: Atlas) -> Mapping[str, str]:
    """The text of every page and plot, by its path in the folder."""
    page, found = Page(atlas), {}
    found["index.md"] = _rendered("index.md.jinja", page=page)
    for dtype in atlas.dtypes_in_order:
        found[f"{dtype}.md"] = _rendered(
            "type.md.jinja", page=page, dtype=dtype, columns=atlas.columns
        )
    for function in sorted(atlas.functions):
        found[f"functions/{function}.md"] = _rendered(
            "function.md.jinja", page=page, function=function
        )
        for dtype in atlas.dtypes_in_order:
            cells: Sequence[tuple[str, Row]] = page.cells(function, dtype)
            if cells:
                found[f"plots/{function}-{dtype}.svg"] = _rendered(
                    "plot.svg.jinja", p=plot(cells), title=f"{function}, {dtype}"
                )
    return found


def write_pages(atlas: Atlas, folder: Path) -> None:
    """Write every page and plot, and the JSON beside them."""
    for name, text in pages(atlas).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    atlas.write(folder / "atlas.json")


@cache
def _environment() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("comparisons", "atlases"),
        autoescape=select_autoescape(["svg.jinja"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = shown
    environment.globals["SQUARES"] = SQUARES
    return environment


def _rendered(template: str, **values: Any) -> str:
    text: str = _environment().get_template(template).render(**values)
    return text.rstrip() + "\n"
