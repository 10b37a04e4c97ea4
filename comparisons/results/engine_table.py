"""Put engines beside each other: each judged by one truth, and where two of them differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from comparisons.inputs.position import position
from comparisons.results.adjoint_result import AdjointResult
from comparisons.results.comparison import Comparison
from comparisons.results.views.frame import frame_of_rows, latex_table
from comparisons.results.views.html_table import Cells, cells, html_table
from comparisons.results.views.number import shown
from symdiff.notation.names import barred


@dataclass(frozen=True)
class Difference:
    """The points where the gradients of two engines are not the same number."""

    adjoint: str
    first: str
    second: str
    points: int  # at which they differ
    compared: int
    first_nearer: int  # how often the first is nearer the truth
    second_nearer: int
    worst: str  # the input where they are furthest apart, with both gradients and the truth

    @property
    def nearer(self) -> str | None:
        """The engine that is nearer the truth more often; None if neither is."""
        if self.first_nearer == self.second_nearer:
            return None
        return self.first if self.first_nearer > self.second_nearer else self.second

    def __str__(self) -> str:
        nearer = (
            "neither is nearer the truth" if self.nearer is None else f"{self.nearer} is nearer"
        )
        return (
            f"{self.first} and {self.second} differ in {barred(self.adjoint)} at {self.points} of "
            f"{self.compared} points "
            f"({nearer}: {self.first_nearer} to {self.second_nearer}); most at {self.worst}"
        )


@dataclass(frozen=True, eq=False)
class EngineTable:
    """One case in every engine: a comparison each, and why some could not be asked."""

    called: str  # what was compared: its subject and type
    comparisons: Mapping[str, Comparison]
    absent: Mapping[str, str]  # engine → why it could not be asked

    def __getitem__(self, engine: str) -> Comparison:
        return self.comparisons[engine]

    def __iter__(self) -> Iterator[str]:
        return iter(self.comparisons)

    def __len__(self) -> int:
        return len(self.comparisons)

    def differences(self) -> list[Difference]:
        """Each pair of engines, of one order, whose gradients differ bit for bit somewhere."""
        return _differences(combinations(self.comparisons.values(), 2))

    def beside_first(self) -> list[Difference]:
        """The differences of each engine from the first of its order."""
        firsts: dict[int, Comparison] = {}
        for c in self.comparisons.values():
            firsts.setdefault(c.engine.order, c)
        return _differences(
            (firsts[c.engine.order], c)
            for c in self.comparisons.values()
            if c not in firsts.values()
        )

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row an engine. Raises: ModuleNotFoundError without pandas."""
        return frame_of_rows(
            ("engine", "verdict", "values", "bulk_ulp", "max_ulp"),
            (
                (name, str(c.verdict), c.values, c.bulk_ulp, c.max_ulp)
                for name, c in self.comparisons.items()
            ),
        )

    def to_latex(self) -> str:
        """A LaTeX table, a row an engine."""
        return latex_table(
            ("engine", "verdict", "values", "bulk, ulp"),
            (
                (name, c.verdict, f"{c.values:,}", shown(c.bulk_ulp))
                for name, c in self.comparisons.items()
            ),
        )

    def _repr_html_(self) -> str:
        lines: list[Cells] = [
            (name, *cells(c.verdict, c.values, c.bulk_ulp, c.counts(), c.worst))
            for name, c in self.comparisons.items()
        ]
        lines += [(name, "–", f"not asked: {why}") for name, why in self.absent.items()]
        lines += [(f"{d.first}, {d.second}", "≠", d) for d in self.beside_first()]
        return html_table(self.called, lines, of="engine")

    def __repr__(self) -> str:
        first = next(iter(self.comparisons.values()), None)
        if first is None:
            return "<EngineTable: no engine could be asked>"
        width = max(map(len, [*self.comparisons, *self.absent]))
        lines = [f"<EngineTable {self.called}, cotangent {first.cotangent}"]
        for engine, c in self.comparisons.items():
            lines.append(f"  {engine:<{width}}  {c.verdict!s:<10}  bulk {c.bulk_ulp:.3g} ulp")
        lines += [f"  {engine:<{width}}  not asked: {why}" for engine, why in self.absent.items()]
        lines += [f"  {d}" for d in self.beside_first()]
        return "\n".join(lines) + ">"


def _differences(pairs: Iterable[tuple[Comparison, Comparison]]) -> list[Difference]:
    found = []
    for a, b in pairs:
        if a.engine.order != b.engine.order:
            continue
        for name in (n for n in a.adjoints if n in b.adjoints):
            difference = _difference(a, b, name)
            if difference is not None:
                found.append(difference)
    return found


def _difference(a: Comparison, b: Comparison, name: str) -> Difference | None:
    first, second = _common(a, b, name)
    x, y = first.computed.ravel(), second.computed.ravel()
    differ = np.flatnonzero(~((x == y) | (np.isnan(x) & np.isnan(y))))
    if not differ.size:
        return None
    with np.errstate(invalid="ignore", over="ignore"):
        off_first, off_second = first.judgement.ulp.ravel(), second.judgement.ulp.ravel()
        apart = np.nan_to_num(np.abs(x - y)[differ], nan=np.inf)
    at = int(differ[np.argmax(apart)])
    point = first.point(at)
    digits = 17 if a.dtype.bits > 32 else 9  # tell any two numbers of the type apart
    values = ", ".join(f"{k} = {v:.{digits}g}" for k, v in point.inputs.items())
    inputs = ", where ".join(filter(None, (position(point.index), values)))
    gradients = f"{x[at]:.{digits}g} and {y[at]:.{digits}g} for {point.truth:.17g}"
    return Difference(
        name,
        str(a.engine),
        str(b.engine),
        int(differ.size),
        int(x.size),
        int((off_first[differ] < off_second[differ]).sum()),
        int((off_second[differ] < off_first[differ]).sum()),
        f"{inputs}: {gradients}",
    )


def _common(a: Comparison, b: Comparison, name: str) -> tuple[AdjointResult, AdjointResult]:
    """The adjoint in both, at the points that both took."""
    first, second = a.adjoints[name], b.adjoints[name]
    if a.chosen is None and b.chosen is not None:
        return first.at(b.chosen), second
    if b.chosen is None and a.chosen is not None:
        return first, second.at(a.chosen)
    return first, second  # all, or the same selection
