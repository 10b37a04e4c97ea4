"""The costs of every function and layer at one size, for the page on what a gradient costs."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import symdiff
from comparisons.costs.cost import Cost, cost
from comparisons.results.views.number import shown
from comparisons.subjects.catalogue.layers import LAYERS
from comparisons.subjects.catalogue.torch_calls import comparable

SIZE = 100_000
COMPILED = ("gelu", "mish", "softmax", "layer_norm", "attention")  # it takes seconds for each
SYMPY, PLAIN, BOUNDED = "SymPy diff, lambdified", "closed form, plain numpy", "symdiff, lambdified"
REVERSE = "torch, reverse"
_COLUMNS = {
    SYMPY: "SymPy",
    PLAIN: "plain numpy",
    BOUNDED: "lambdified",
    REVERSE: "torch",
    "torch, compiled": "compiled",
    "JAX, compiled": "JAX",
}
_COUNTED = (("SymPy diff", SYMPY), ("symdiff, before sharing",), (PLAIN,))  # one of each is there
_LIKE = 1.1  # times within so much of each other are alike
_FAR = 10.0  # how many times larger an error is that is worth naming


@dataclass(frozen=True)
class Overview:
    """The costs of one function or layer."""

    name: str
    is_layer: bool
    operations: Sequence[int | None]  # SymPy's diff, adjoints before and after sharing
    nanoseconds: Mapping[str, float]  # a value, by the method
    ulp: Mapping[str, float | None]  # the largest error, by the method; None if it is infinite

    def ratio(self, method: str, other: str) -> float | None:
        """The time of one method in times of another's; None where one is missing."""
        if method not in self.nanoseconds or other not in self.nanoseconds:
            return None
        return self.nanoseconds[method] / self.nanoseconds[other]

    def error(self, method: str) -> float:
        """The error of a method in ulp."""
        found = self.ulp[method]
        return math.inf if found is None else found


def names() -> list[str]:
    """The activations that torch has, or that people write in it, and the layers."""
    return [*(d.name for d in comparable() if d.name in symdiff.activations), *LAYERS]


def measured() -> list[dict[str, Any]]:
    """The costs of all of them as plain data; some minutes."""
    found = []
    for name in names():
        without = ["torch forward", *(["torch compiled"] if name not in COMPILED else [])]
        costs = cost(name, sizes=(SIZE,), widths=(), without=without)
        found.append(asdict(overview(name, costs)))
        sys.stderr.write(f"{name}\n")
    return found


def overview(name: str, found: Cost) -> Overview:
    """The overview of costs at one size."""
    known = {line.method: line for line in found.lines}
    counts = [next((known[m].operations for m in of if m in known), None) for of in _COUNTED]
    timed = {m: line for m, line in known.items() if line.nanoseconds}
    return Overview(
        name,
        name in LAYERS,
        counts,
        {m: line.nanoseconds[SIZE] for m, line in timed.items()},
        {m: _finite(line.ulp) for m, line in timed.items()},
    )


def _finite(ulp: float | None) -> float | None:
    return ulp if ulp is not None and math.isfinite(ulp) else None


def read(data: Sequence[Mapping[str, Any]]) -> list[Overview]:
    """The overviews of plain data."""
    return [Overview(**each) for each in data]


def section(found: Sequence[Overview]) -> str:
    """The part of the page: what holds of how many, and the table."""
    functions, layers = ([x for x in found if x.is_layer is is_layer] for is_layer in (False, True))
    parts = [
        "## Every function and layer",
        _INTRODUCTION.format(size=SIZE),
        "\n".join(f"- {sentence}" for sentence in _answers(functions, layers)),
        _table(functions, "function"),
        _table(layers, "layer"),
    ]
    return "\n\n".join(parts)


_INTRODUCTION = """
Of {size:,} values: nanoseconds a value / largest error in ulp. A layer's value is an entry of its
first input: rows of 64, attention square, and the gradients are of all inputs for one random
cotangent. Operations are SymPy's diff, the adjoints before sharing, and after; of a layer those of
a row of 4 entries, written out component by component for SymPy, whose diff is only counted there.
symdiff counts a − b and a/b as two. Written as torch code where torch has no function of its own.
""".strip()


def _answers(functions: Sequence[Overview], layers: Sequence[Overview]) -> Iterator[str]:
    """What holds of how many functions and layers, each a sentence."""
    for what, some in (("functions", functions), ("layers", layers)):
        for method, called in ((BOUNDED, "lambdified by symdiff"), (PLAIN, "as plain numpy")):
            ratios = [r for x in some if (r := x.ratio(method, REVERSE)) is not None]
            faster, slower = sum(r < 1 / _LIKE for r in ratios), sum(r > _LIKE for r in ratios)
            yield (
                f"Of {len(ratios)} {what} the closed form, {called}, is faster than torch's "
                f"reverse mode for {faster}, slower for {slower}, within a tenth for "
                f"{len(ratios) - faster - slower}; in the median it takes "
                f"{shown(median(ratios))} times as long."
            )
        pairs = [(x.error(BOUNDED), x.error(REVERSE), x.name) for x in some if _both(x)]
        right, wrong = sum(a < b for a, b, _ in pairs), sum(a > b for a, b, _ in pairs)
        yield (
            f"Of {len(pairs)} {what} it is righter for {right}, less right for {wrong}, and as "
            f"right for {len(pairs) - right - wrong}."
        )
        # half an ulp is what rounding leaves of a right gradient
        torch_far = [name for a, b, name in pairs if b > _FAR * max(a, 0.5)]
        yield f"torch's error is more than ten times the closed form's for {_listed(torch_far)}."
        form_far = [name for a, b, name in pairs if a > _FAR * max(b, 0.5)]
        yield f"The closed form's error is more than ten times torch's for {_listed(form_far)}."


def _both(one: Overview) -> bool:
    return BOUNDED in one.ulp and REVERSE in one.ulp


def _listed(found: Sequence[str]) -> str:
    return f"{len(found)}: {', '.join(found)}" if found else "none"


def _table(found: Sequence[Overview], what: str) -> str:
    known = {m: title for m, title in _COLUMNS.items() if any(m in x.nanoseconds for x in found)}
    head = [what, "operations", *known.values()]
    rows = [[x.name, _counts(x.operations), *(_cell(x, method) for method in known)] for x in found]
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _counts(operations: Sequence[int | None]) -> str:
    return " / ".join("–" if n is None else f"{n:,}" for n in operations)


def _cell(one: Overview, method: str) -> str:
    if method not in one.nanoseconds:
        return ""
    return f"{shown(one.nanoseconds[method])} / {shown(one.error(method))}"
