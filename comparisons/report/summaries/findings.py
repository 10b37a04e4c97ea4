"""Say in plain words what a run found wrong, the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from comparisons.inputs.position import entry
from comparisons.judge.vocabulary import Verdict, status_named
from comparisons.report.data.row import Row
from comparisons.results.decision import OF_ONE
from comparisons.results.views.number import shown

_HUGE = 1e30
TORCH, USER, HERE = "torch’s own", "yours", "written here"


def origin_of(row: Row) -> str:
    """Whose code a comparison judged: torch's, the user's, or a line of symdiff's."""
    if row["of_torch"]:
        return TORCH
    return USER if row.get("of_user") or row.get("place") else HERE


@dataclass(frozen=True, eq=False)
class Disagreement:
    """A function that disagrees with its closed form, alike in some engines, in some types."""

    title: str
    engines: list[str]
    dtypes: list[str]
    row: Row  # of the type that has most wrong
    wrong: int  # gradients in that type, small ones that are only inaccurate among them

    @property
    def share(self) -> float:
        """The share of the gradients that are wrong in that type."""
        return self.wrong / max(1, self.row["values"])

    @property
    def origin(self) -> str:
        """Whose code was judged."""
        return origin_of(self.row)

    @property
    def extreme(self) -> bool:
        """Whether it is wrong at huge inputs alone, beyond 10³⁰."""
        if self.row["profile"]:
            _, *within, _ = self.row["profile"]["wrong"].split()  # the outermost: beyond 2¹⁶
            if any(n not in ("-", "0") for n in within):
                return False
        points = self.row["broken"] or ([self.row["worst"]] if self.row["worst"] else [])
        sizes = [[abs(float(value)) for _, value, _ in p["inputs"]] for p in points]
        return bool(sizes) and all(at and not max(at) <= _HUGE for at in sizes)

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The number of each wrong status, as `6,816` and its name, the most first."""
        counts = {s: n for s, n in self.row["counts"].items() if status_named(s).faulty}
        return [(f"{n:,}", s) for s, n in sorted(counts.items(), key=lambda kn: (-kn[1], kn[0]))]

    @property
    def reproductions(self) -> list[str]:
        """The lines of plain torch that show what the sentences say."""
        worst, first = self.row["worst"], self.row.get("reproduction", "")
        of_worst = worst is not None and (self.wrong or not first)
        return [*([first] if first else []), *([worst["reproduction"]] if of_worst else [])]

    @property
    def sentences(self) -> list[str]:
        """Sentences on what is wrong, and on the worst value."""
        found = [f"{name} {problem}." for name, problem in self.row["problems"].items()]
        worst, index = self.row["worst"], (self.row["worst"] or {}).get("index")
        if worst is not None and self.wrong:
            at = ", ".join(f"{name} = {value}" for name, value, _ in worst["inputs"])
            where = f"The worst is {entry(worst['adjoint'], index)}{at and f', where {at}'}: it"
            if not index:
                where = f"{f'At {at} the' if at else 'The'} gradient {worst['adjoint']}"
            off = (
                "is not finite"
                if worst["computed"] in ("nan", "inf", "-inf")
                else f"is {shown(worst['ulp'])} ulp off{_beside_one(self.row)}"
            )
            found.append(
                f"{where} {off}: torch gives {worst['computed']}, the truth is {worst['truth']}."
            )
        return found


def _beside_one(row: Row) -> str:
    """The same error in the unit that the verdict was taken in, if that is another."""
    found = row.get("decided_by") or {}
    if found.get("unit") != OF_ONE or found["error"] is None:
        return ""
    line = shown(row["budget"]["absolute"])
    return f" ({shown(found['error'])} {OF_ONE}, of which {line} are allowed)"


def findings(comparisons: Iterable[Row]) -> list[Disagreement]:
    """The disagreements, one a function; engines of which the same is to be said share one.

    Torch's own come first, then those that are wrong at inputs one meets, then by their share.

    Args: comparisons, rows with a `title`.
    """
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in comparisons:
        if row["verdict"] == str(Verdict.DISAGREES):
            grouped.setdefault((row["title"], row["engine"]), []).append(row)
    alike: dict[tuple[object, ...], Disagreement] = {}
    for rows in grouped.values():
        one = _finding(rows)
        first = alike.setdefault((one.title, *one.sentences, *one.dtypes), one)
        if first is not one:
            first.engines.extend(one.engines)
    return sorted(
        alike.values(),
        key=lambda f: (not f.row["of_torch"], f.extreme, -f.share, f.title, f.engines),
    )


def _finding(rows: list[Row]) -> Disagreement:
    def wrong(row: Row) -> int:
        return sum(n for status, n in row["counts"].items() if status_named(status).faulty)

    worst = max(rows, key=lambda r: (bool(r["problems"]), wrong(r) / max(1, r["values"])))
    dtypes = list(dict.fromkeys(r["dtype"] for r in rows))
    return Disagreement(worst["title"], [worst["engine"]], dtypes, worst, wrong(worst))
