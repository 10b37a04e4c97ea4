"""Write the page on what a gradient costs: four measurements, their tables, the answers.

python -m tools.costs docs/cost.md              the page anew from docs/cost.json
python -m tools.costs docs/cost.md --measure    measure first; some minutes, with JAX installed
python -m tools.costs docs/cost.md --overview   measure every function and layer alone anew
python -m tools.costs docs/cost.md --width      measure narrow rows alone anew
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from comparisons.costs.cost import Cost, CostLine, cost
from comparisons.results.views.number import shown
from tools import cost_by_width, cost_overview
from tools.cost_overview import Overview

FUNCTION = "gelu"
SIZES = tuple(10**k for k in range(8))  # at depth 1
DEPTHS, SIZE = (1, 2, 4, 8, 16, 32, 64, 128), 100_000
SYMPY, BOUNDED, PLAIN = "SymPy diff, lambdified", "symdiff, lambdified", "closed form, plain numpy"
REVERSE, FORWARD, COMPILED = "torch, reverse", "torch, forward", "torch, compiled"
JAX = "JAX, compiled"
_MIDDLE = 16  # the depth that the answers are given at
_VERSIONS = ("torch", "jax", "sympy", "numpy", "symdiff-autograd")

_HEAD = """
# What a gradient costs

Closed form or automatic differentiation: which is faster, which is righter, where does each break
down? `comparisons.cost`, or `symdiff cost`, puts a function or a layer into itself as often as it
is told and compares the methods side by side, in float64 on one thread; `--report` makes a page:

    symdiff cost gelu --depth 1,4,16 --report gelu.html
    symdiff cost attention --sizes 1000,100000

| method | what it is |
|---|---|
| SymPy diff, lambdified | `sympy.diff` of the whole expression, in plain SymPy; of a layer, a row |
| symdiff, lambdified | the shared adjoint graph; of a function, with bounds and rescue by balls |
| closed form, plain numpy | the same steps without bounds or rescue |
| torch, reverse, forward, compiled | `torch.autograd.grad`, `torch.func.jvp`, `torch.compile` |
| JAX, compiled | `jax.jit` of `jax.grad`, where JAX is installed |

What follows is of one machine. Times are processor time, so that a machine under load tells the
same; what holds are the ratios within a table.
"""

_TAIL = """
Operations are SymPy's count of an expression, symdiff's of its steps after sharing, and of torch
the operators called. Bytes are the most that is held a value beyond the input, the gradient's own 8
among them (Linux tells; of JAX, which keeps what it once had, nothing can be told). The error is
the largest in ulp on [−4, 4], beside kinks, where the gradient is of its usual size: a sixteenth of
1 or of its largest, if that is less; a layer's, at 256 entries of the first input, where it is a
sixteenth of the largest entry of that input's gradient. The page is made by
`python -m tools.costs docs/cost.md` from [cost.json](cost.json), which `--measure` measures anew.
"""


def measured() -> dict[str, Any]:
    """The measurements as plain data, with what they were made with."""
    found = {
        "by_size": cost(FUNCTION, sizes=SIZES),
        "by_depth": cost(FUNCTION, depths=DEPTHS, sizes=(SIZE,)),
    }
    costs = {name: asdict(each) for name, each in found.items()}
    return {
        "versions": versions(),
        **costs,
        "by_width": width_measured(),
        "overview": overview_measured(),
    }


def overview_measured() -> dict[str, Any]:
    """The measurement of every function and layer, with what it was made with."""
    return {"versions": versions(), "costs": cost_overview.measured()}


def width_measured() -> dict[str, Any]:
    """The measurement of layers with narrow rows, with what it was made with."""
    return {"versions": versions(), "costs": cost_by_width.measured()}


def versions() -> dict[str, str]:
    """The versions of what is measured; JAX's only where it is installed."""
    found = {"python": platform.python_version()}
    for name in _VERSIONS:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


@dataclass(frozen=True)
class Measured:
    """What the page is made of: four measurements, and what they were made with."""

    versions: Mapping[str, str]
    by_size: Cost
    by_depth: Cost
    by_width: Sequence[Cost]
    width_versions: Mapping[str, str]
    overview: Sequence[Overview]
    overview_versions: Mapping[str, str]
    remark: str = ""  # what else there is to say of how the data were measured


def read(path: Path) -> Measured:
    """The measurements of a file."""
    data = json.loads(path.read_text(encoding="utf-8"))
    by_size, by_depth = (_cost(data[name]) for name in ("by_size", "by_depth"))
    narrow, every = data["by_width"], data["overview"]
    return Measured(
        data["versions"],
        by_size,
        by_depth,
        [*map(_cost, narrow["costs"])],
        narrow["versions"],
        cost_overview.read(every["costs"]),
        every["versions"],
        data.get("remark", ""),
    )


def page(found: Measured) -> str:
    """The text of the page: the question, its answers with their figures, the tables."""
    by_size, by_depth = found.by_size, found.by_depth
    parts = [
        _HEAD.strip(),
        *_answers(by_size, by_depth),
        "## By size",
        f"{FUNCTION} once: nanoseconds a value, of arrays of so many values.",
        _sizes(by_size),
        "## By depth",
        f"{FUNCTION} put into itself, at {SIZE:,} values. *Derived in*: until it can be called.",
        _depths(by_depth),
        f"![Error against time at depth 1 and {_MIDDLE}](cost.svg)",
        cost_by_width.section(found.by_width),
        cost_overview.section(found.overview),
        _beside(by_size, found.overview),
        "## How it is measured",
        _TAIL.strip(),
        f"{FUNCTION} was measured with {_made_with(found.versions)}. {found.remark}".rstrip(),
        f"Layers with narrow rows were measured with {_made_with(found.width_versions)}.",
        f"Every function and layer was measured with {_made_with(found.overview_versions)}.",
    ]
    return "\n\n".join(parts) + "\n"


def _beside(by_size: Cost, every: Sequence[Overview]) -> str:
    """How far times of two measurements can be compared."""
    (here,) = (one for one in every if one.name == FUNCTION)
    return (
        f"By torch's reverse mode {FUNCTION} takes {shown(here.nanoseconds[REVERSE])} ns a value "
        f"here and {shown(by_size.line(REVERSE).nanoseconds[cost_overview.SIZE])} under *By size*: "
        "they are of two runs, and what holds are the ratios within a row."
    )


def _made_with(found: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())


def _answers(by_size: Cost, by_depth: Cost) -> Iterator[str]:
    yield "## Which is faster?"
    yield "\n".join(f"- {sentence}" for sentence in _faster(by_size, by_depth))
    yield "## Which is righter?"
    yield "\n".join(_errors(by_depth, depth) for depth in (1, _MIDDLE, max(DEPTHS)))
    yield (
        "Every method loses digits with each layer, and none is righter by being symbolic or "
        "automatic: what decides is the form in which a layer's slope is computed, and torch's "
        "kernels have good ones too. What the closed form has over autograd is that it knows its "
        "error, and says so."
    )
    yield "## Where does each break down?"
    yield "\n".join(f"- {sentence}" for sentence in _limits(by_size, by_depth))


def _faster(by_size: Cost, by_depth: Cost) -> Iterator[str]:
    def ratios(method: str) -> str:
        """Of its time to that of torch's reverse mode, once and at depth."""
        pairs = [(by_size.line(method), by_size.line(REVERSE))]
        pairs += [(by_depth.line(method, _MIDDLE), by_depth.line(REVERSE, _MIDDLE))]
        once, deep = (shown(a.nanoseconds[SIZE] / b.nanoseconds[SIZE]) for a, b in pairs)
        return f"{once} and {deep}"

    yield f"One value alone, in microseconds a call: {_ordered(by_size, 1, 1e-3)}."
    yield f"Of {SIZE:,} values, in nanoseconds each: {_ordered(by_size, SIZE, 1.0)}."
    yield (
        f"In times of torch's reverse mode, once and at depth {_MIDDLE}: the closed form with its "
        f"proven bounds {ratios(BOUNDED)}; without bounds, step by step in numpy, {ratios(PLAIN)}; "
        f"`torch.compile` {ratios(COMPILED)}; JAX's compiled gradient {ratios(JAX)}."
    )


def _limits(by_size: Cost, by_depth: Cost) -> Iterator[str]:
    """A sentence a method on where it ends."""
    last = {x.method: x for x in by_depth.lines if x.nanoseconds}  # the deepest of each
    first = {x.method: x for x in reversed(by_depth.lines)}
    yield (
        f"SymPy's diff swells: {first[SYMPY].operations:,} operations at depth 1, "
        f"{last[SYMPY].operations:,} at depth {last[SYMPY].depth}, derived in "
        f"{_seconds(last[SYMPY])}. Beyond that it is not tried."
    )
    ours, reverse = last[BOUNDED], last[REVERSE]
    yield (
        f"The shared adjoints grow by a layer's operations a layer: {first[BOUNDED].operations:,} "
        f"at depth 1, {ours.operations:,} at depth {ours.depth}, derived in {_seconds(ours)}. A "
        f"value takes {shown(ours.nanoseconds[SIZE] / 1e3)} microseconds there with bounds, beside "
        f"{shown(reverse.nanoseconds[SIZE] / 1e3)} by torch's reverse mode."
    )
    yield (
        f"Reverse mode keeps every layer's values: {_bytes(first[REVERSE])} bytes a value at depth "
        f"1, {_bytes(reverse)} at depth {reverse.depth}. Forward mode holds "
        f"{_bytes(last[FORWARD])} there, and takes a pass an input."
    )
    compiled, xla = last[COMPILED], last[JAX]
    slower = shown(xla.nanoseconds[SIZE] / reverse.nanoseconds[SIZE])
    yield (
        f"Compilers take their time with depth: `torch.compile` {_seconds(compiled)} at depth "
        f"{compiled.depth}, beyond which it is not tried; JAX {_seconds(xla)} at depth "
        f"{xla.depth}. There what JAX compiled takes {slower} times as long as torch's reverse "
        "mode."
    )
    size = max(by_size.sizes)
    factors = "; ".join(
        f"{x.method} {shown(x.nanoseconds[size] / x.nanoseconds[SIZE])}"
        for x in by_size.lines
        if x.nanoseconds
    )
    yield (
        f"Size breaks none of them. Of {size:,} values, which fit no cache, each takes so many "
        f"times what it does of {SIZE:,}: {factors}."
    )


def _ordered(found: Cost, values: int, times: float) -> str:
    """The methods with their times, the fastest first."""
    timed = [(x.nanoseconds[values], x.method) for x in found.lines if values in x.nanoseconds]
    return "; ".join(f"{method} {shown(times * taken)}" for taken, method in sorted(timed))


def _errors(found: Cost, depth: int) -> str:
    lines = [x for x in found.lines if x.depth == depth and x.nanoseconds]
    return f"- Depth {depth}, in ulp: {'; '.join(f'{x.method} {_ulp(x)}' for x in lines)}."


def _sizes(found: Cost) -> str:
    head = ["method", *(f"{n:,}" for n in found.sizes), "bytes", "ulp"]
    rows = [
        [x.method, *(shown(x.nanoseconds[n]) for n in found.sizes), _bytes(x), _ulp(x)]
        for x in found.lines
        if x.nanoseconds
    ]
    return _table(head, rows)


def _depths(found: Cost) -> str:
    head = ["method", "depth", "ns a value", "ulp", "bytes", "derived in", "operations"]
    rows = [
        [
            *(x.method, str(x.depth), shown(x.nanoseconds[SIZE]), _ulp(x), _bytes(x), _seconds(x)),
            "" if x.operations is None else f"{x.operations:,} {x.unit}",
        ]
        for x in found.lines
        if x.nanoseconds
    ]
    return _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---:" if i else "---" for i in range(len(head))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _bytes(line: CostLine) -> str:
    return "" if line.bytes is None else shown(line.bytes)


def _ulp(line: CostLine) -> str:
    return "" if line.ulp is None else shown(line.ulp)


def _seconds(line: CostLine) -> str:
    seconds = line.seconds
    return f"{shown(seconds)} s" if seconds >= 1 else f"{shown(1e3 * seconds)} ms"


def plot(by_depth: Cost) -> str:
    """Plot error against time at two depths."""
    return replace(by_depth, lines=[x for x in by_depth.lines if x.depth in (1, _MIDDLE)]).plot()


def _cost(data: Mapping[str, Any]) -> Cost:
    lines, by_width = ([*map(_line, data[name])] for name in ("lines", "by_width"))
    return Cost(data["function"], data["sizes"], lines, data["absent"], by_width)


def _line(data: Mapping[str, Any]) -> CostLine:
    return CostLine(**{**data, "nanoseconds": {int(n): t for n, t in data["nanoseconds"].items()}})


def write(path: Path) -> None:
    """The page and its plot from the data beside it."""
    found = read(path.with_suffix(".json"))
    path.write_text(page(found), encoding="utf-8")
    path.with_suffix(".svg").write_text(plot(found.by_depth), encoding="utf-8")


def main() -> None:
    """Write the page and its plot, measured anew or from the data beside it."""
    path, *options = sys.argv[1:]
    data = Path(path).with_suffix(".json")
    if options == ["--measure"]:
        _keep(data, measured())
    elif options == ["--overview"]:
        _keep(data, json.loads(data.read_text("utf-8")) | {"overview": overview_measured()})
    elif options == ["--width"]:
        _keep(data, json.loads(data.read_text("utf-8")) | {"by_width": width_measured()})
    write(Path(path))


def _keep(path: Path, found: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
