"""What gradcheck, fast and slow, and the bare `comparisons.check` say of every entry.

    python tests/corpus/runner.py [--kind KIND] [--only wrong|honest|arrays]

Prints a row an entry, then counts by kind: rejected, passed, refused (the tool could not say).
"""
# ruff: noqa: T201 - a script prints

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from arrays_honest import HONEST as HONEST_ARRAYS
from arrays_wrong import WRONG as WRONG_ARRAYS
from pointwise_honest import HONEST
from pointwise_wrong import WRONG
from surrogates import SURROGATES
from torch import Tensor
from torch.autograd.gradcheck import GradcheckError

import comparisons

SEED = 20240229
REJECTED, PASSED, REFUSED = "rejected", "passed", "refused"


@dataclass(frozen=True)
class Said:
    """What one tool said of one function."""

    outcome: str
    seconds: float
    why: str = ""


@dataclass(frozen=True)
class Row:
    """One entry and what every tool said of it."""

    group: str  # wrong, honest, or surrogate: wrong by the letter, as it is meant to be
    kind: str
    name: str
    said: dict[str, Said]


def _timed(judge: Callable[[], tuple[str, str]]) -> Said:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome, why = judge()
    return Said(outcome, time.perf_counter() - start, why.partition("\n")[0][:150])


def by_gradcheck(
    function: Callable[..., Tensor],
    inputs: Sequence[Tensor],
    *,
    fast: bool,
    dtypes: Sequence[torch.dtype] = (torch.float64,),
) -> Said:
    """At its default tolerances, which its documentation gives for float64."""

    def judge() -> tuple[str, str]:
        if torch.float64 not in dtypes:
            return REFUSED, "gradcheck is for float64"
        try:
            torch.autograd.gradcheck(function, tuple(inputs), fast_mode=fast)
        except GradcheckError as error:
            return REJECTED, str(error)
        except Exception as error:  # noqa: BLE001 - whatever a wrong function makes torch raise
            return REFUSED, f"{type(error).__name__}: {error}"
        return PASSED, ""

    return _timed(judge)


def by_check(
    function: Callable[[Tensor], Tensor], definition: str, dtypes: Iterable[torch.dtype]
) -> Said:
    """The bare call in each type; the first rejection decides."""

    def judge() -> tuple[str, str]:
        verdicts = []
        for dtype in dtypes:
            try:
                found = comparisons.check(function, definition, dtype=dtype)
            except comparisons.GradientMismatch as mismatch:
                return REJECTED, f"{str(dtype)[6:]}: {mismatch}"
            except Exception as error:  # noqa: BLE001 - whatever it is, the tool did not answer
                return REFUSED, f"{str(dtype)[6:]}: {type(error).__name__}: {error}"
            verdicts.append(f"{str(dtype)[6:]} {found.verdict}")
        return PASSED, ", ".join(verdicts)

    return _timed(judge)


def points(count: int, low: float, high: float) -> Tensor:
    """Normal numbers of standard deviation 3 in (low, high), as a user of gradcheck would draw."""
    draw = torch.Generator().manual_seed(SEED)
    z = 3 * torch.randn(count, dtype=torch.float64, generator=draw)
    return z[(z > low) & (z < high)].requires_grad_()


def pointwise_rows(only: str | None, kind: str | None) -> Iterable[Row]:
    """Every function of one variable, by all three tools."""
    for honest, entries in ((False, WRONG), (True, HONEST)):
        if only not in (None, "honest" if honest else "wrong"):
            continue
        for entry in entries:
            if kind not in (None, entry.kind):
                continue
            z = points(64, entry.exact.low, entry.exact.high)
            said = {
                "gradcheck fast": by_gradcheck(
                    entry.function, (z,), fast=True, dtypes=entry.dtypes
                ),
                "gradcheck slow": by_gradcheck(
                    entry.function, (z,), fast=False, dtypes=entry.dtypes
                ),
                "check": by_check(entry.function, entry.definition, entry.dtypes),
            }
            yield Row("honest" if honest else "wrong", entry.kind, entry.name, said)


def array_rows(only: str | None, kind: str | None) -> Iterable[Row]:
    """Every function of arrays, by gradcheck; `check` takes no plain function of arrays yet."""
    cases: list[tuple[str, str, str, Callable[..., Tensor], Sequence[Tensor]]] = [
        ("wrong", e.kind, f"{e.name} by {size}" if size else e.name, function, e.example())
        for e in WRONG_ARRAYS
        for size, function in [
            (None, e.function),
            *((s, e.of_size(s)) for s in (1e-3, 1e-6, 1e-9) if e.of_size),
        ]
    ]
    cases += [
        ("honest", e.kind, f"{e.name}, {name}", function, e.example(100, torch.float64))
        for e in HONEST_ARRAYS
        for name, function in e.algorithms.items()
    ]
    cases += [
        ("surrogate", "surrogate", s.name, s.function, (points(16, -np.inf, np.inf),))
        for s in SURROGATES
    ]
    for group, of_kind, name, function, inputs in cases:
        if only not in (None, "arrays") or kind not in (None, of_kind):
            continue
        said = {
            "gradcheck fast": by_gradcheck(function, inputs, fast=True),
            "gradcheck slow": by_gradcheck(function, inputs, fast=False),
        }
        yield Row(group, f"{of_kind}, arrays", name, said)


def table(rows: Sequence[Row]) -> str:
    """Counts of rejected / passed / refused by kind and tool, and the total time of each."""
    tools = list(dict.fromkeys(tool for row in rows for tool in row.said))
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.group, row.kind].append(row)
        total = "all, arrays" if row.kind.endswith(", arrays") else "all"
        groups[row.group, total].append(row)
    lines = [f"{'rejected / passed / refused':34s}" + "".join(f"{tool:>20s}" for tool in tools)]
    for (group, kind), members in sorted(groups.items()):
        cells = []
        for tool in tools:
            said = [row.said[tool] for row in members if tool in row.said]
            counts = Counter(s.outcome for s in said)
            cells.append(
                " / ".join(str(counts[o]) for o in (REJECTED, PASSED, REFUSED)) if said else "—"
            )
        label = f"{group}, {kind} ({len(members)})"
        lines.append(f"{label:34s}" + "".join(f"{cell:>20s}" for cell in cells))
    seconds = (sum(r.said[t].seconds for r in rows if t in r.said) for t in tools)
    lines.append(f"{'seconds':34s}" + "".join(f"{s:>20.1f}" for s in seconds))
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Print a row an entry as it is judged, and the table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kind")
    asked.add_argument("--only", choices=("wrong", "honest", "arrays"))
    options = asked.parse_args(arguments)
    rows = []
    for make in (pointwise_rows, array_rows):
        for row in make(options.only, options.kind):
            rows.append(row)
            print(f"{row.group} | {row.kind} | {row.name}", flush=True)
            for tool, said in row.said.items():
                print(f"    {tool}: {said.outcome} in {said.seconds:.2f} s  {said.why}")
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
