"""The costs of layers with narrow rows, which SymPy can write out, for the page on cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from comparisons.costs.cost import Cost, CostLine, cost
from comparisons.costs.methods import NOT_BY_WIDTH
from comparisons.results.views.number import shown

LAYERS = ("softmax", "layer_norm", "attention")
SIZE = 100_000
SYMPY, UNSHARED = "SymPy diff, lambdified", "symdiff, before sharing"
_METHODS = {
    SYMPY: "SymPy",
    "closed form, plain numpy": "plain numpy",
    "symdiff, lambdified": "lambdified",
    "torch, reverse": "torch",
}


def measured() -> list[dict[str, Any]]:
    """The costs of these layers as plain data."""
    found = []
    for name in LAYERS:
        found.append(asdict(cost(name, sizes=(SIZE,), without=NOT_BY_WIDTH)))
        sys.stderr.write(f"{name}, by width\n")
    return found


def section(found: Sequence[Cost]) -> str:
    """The part of the page: what SymPy's diff of a layer costs, and the tables."""
    parts = [
        "## By the width of a row",
        _INTRODUCTION.format(size=SIZE),
        "\n".join(f"- {sentence}" for sentence in map(_answer, found)),
    ]
    parts += [_table(one) for one in found]
    return "\n\n".join(parts)


_INTRODUCTION = """
SymPy derives a layer component by component: of one row, which `lambdify` then evaluates for many,
each component a column. So it is given narrow rows, and the other methods the same ones. Of
{size:,} entries: nanoseconds an entry of the first input / largest error in ulp / bytes an entry.
Operations are those of a row: SymPy's, and the adjoints' before and after sharing.
""".strip()


def _answer(one: Cost) -> str:
    """What becomes of a layer from the narrowest row that SymPy derived to the widest."""
    first, *_, last = (line for line in one.by_width if line.method == SYMPY)
    theirs = _line(one, "torch, reverse", last.width)
    ours = _line(one, "symdiff, lambdified", last.width)
    then, now = (line.nanoseconds[SIZE] for line in (first, last))
    beyond = [width for width in _widths(one) if _found(one, SYMPY, width) is None]
    return (
        f"{one.function}: {first.operations:,} operations and {shown(then)} ns at rows of "
        f"{first.width}, {last.operations:,} and {shown(now)} ns at rows of {last.width}, derived "
        f"in {shown(last.seconds)} s, where torch's reverse mode takes "
        f"{shown(theirs.nanoseconds[SIZE])} ns and the shared adjoints, {ours.operations:,} "
        f"operations, derived in {shown(1e3 * ours.seconds)} ms, "
        f"{shown(ours.nanoseconds[SIZE])} ns."
        + (f" Rows of {', '.join(map(str, beyond))} were beyond SymPy's reach." if beyond else "")
    )


def _widths(one: Cost) -> list[int]:
    return list(dict.fromkeys(line.width for line in one.by_width))


def _found(one: Cost, method: str, width: int) -> CostLine | None:
    return next((x for x in one.by_width if (x.method, x.width) == (method, width)), None)


def _line(one: Cost, method: str, width: int) -> CostLine:
    found = _found(one, method, width)
    assert found is not None, (method, width)  # noqa: S101 - what needs no writing out is there
    return found


def _table(one: Cost) -> str:
    lines = [
        [one.function, "operations", *_METHODS.values()],
        ["---", *("---:" for _ in range(1 + len(_METHODS)))],
        *([f"rows of {width}", *_cells(one, width)] for width in _widths(one)),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cells(one: Cost, width: int) -> Iterator[str]:
    counted = (_found(one, name, width) for name in (SYMPY, UNSHARED, "symdiff, lambdified"))
    yield " / ".join("–" if line is None else f"{line.operations:,}" for line in counted)
    for method in _METHODS:
        line = _found(one, method, width)
        yield "" if line is None else " / ".join(_figures(line))


def _figures(line: CostLine) -> Iterator[str]:
    yield shown(line.nanoseconds[SIZE])
    yield shown(line.ulp) if line.ulp is not None else "–"
    yield shown(line.bytes) if line.bytes is not None else "–"
