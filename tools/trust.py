"""Write docs/trust.md: what the bare check and gradcheck say of honest and of wrong functions.

    python -m tools.trust measure     # judges the corpus: benchmarks/data/trust.jsonl, a line a row
    python -m tools.trust             # writes the page from it

What was measured already is kept, so that a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[1]
RECORD = _ROOT / "benchmarks" / "data" / "trust.jsonl"
PAGE = _ROOT / "docs" / "trust.md"
TOOLS = ("comparisons.check", "gradcheck", "gradcheck, fast")
REJECTED, PASSED, REFUSED = "rejected", "passed", "refused"

Row = dict[str, str]  # group, kind, name, type, and what each tool said
Judge = Callable[[], object]


def entries() -> Iterator[tuple[Row, Mapping[str, Judge]]]:
    """List each entry of the corpus in each of its types, and how each tool is asked about it."""
    sys.path.insert(0, str(_ROOT / "tests" / "corpus"))
    import torch
    from arrays_honest import HONEST as HONEST_ARRAYS  # type: ignore[import-not-found]
    from arrays_wrong import WRONG as WRONG_ARRAYS  # type: ignore[import-not-found]
    from pointwise_honest import HONEST  # type: ignore[import-not-found]
    from pointwise_wrong import WRONG  # type: ignore[import-not-found]
    from runner import points  # type: ignore[import-not-found]

    from comparisons import check

    def gradchecks(function: Any, inputs: Any, kind: torch.dtype) -> dict[str, Judge]:
        if kind != torch.float64:  # its tolerances are for float64
            return {}
        given = tuple(inputs)
        return {
            TOOLS[1]: lambda: torch.autograd.gradcheck(function, given),
            TOOLS[2]: lambda: torch.autograd.gradcheck(function, given, fast_mode=True),
        }

    for group, of_one in (("wrong", WRONG), ("honest", HONEST)):
        for e in of_one:
            accept = "agrees" if e.kind == "infinity" else "fails at ∞"
            z = points(64, e.exact.low, e.exact.high)
            for kind in e.dtypes:
                row = {"group": group, "kind": e.kind, "name": f"{e.definition}: {e.name}"}
                row["type"] = str(kind)[6:]
                yield (
                    row,
                    {
                        TOOLS[0]: partial(
                            check, e.function, e.definition, dtype=kind, accept=accept
                        ),
                        **gradchecks(e.function, (z,), kind),
                    },
                )
    arrays = [
        ("wrong", e.kind, f"{e.name}: {e.wrong}", e.function, e.example) for e in WRONG_ARRAYS
    ]
    arrays += [
        ("honest", e.kind, f"{e.name}: {name}", f, partial(e.example, 100, torch.float64))
        for e in HONEST_ARRAYS
        for name, f in e.algorithms.items()
    ]
    for group, of, name, function, example in arrays:
        row = {"group": f"{group}, arrays", "kind": of, "name": name, "type": "float64"}
        yield (
            row,
            {
                TOOLS[0]: partial(_check_of_arrays, function, example),
                **gradchecks(function, example(), torch.float64),
            },
        )


def _check_of_arrays(function: Callable[..., Any], example: Callable[[], Any]) -> object:
    from comparisons import check

    return check(function, *example())


def said(judge: Judge) -> str:
    """The tool's answer: rejected, passed, or refused, where it raised something else."""
    from torch.autograd.gradcheck import GradcheckError

    from comparisons import GradientMismatch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judge()
        except (GradcheckError, GradientMismatch):
            return REJECTED
        except Exception:  # noqa: BLE001 - whatever a wrong function makes torch raise
            return REFUSED
    return PASSED


def key(row: Row) -> tuple[str, ...]:
    """The key that tells a row from all others."""
    return tuple(row[k] for k in ("group", "kind", "name", "type"))


def measured() -> list[Row]:
    """The rows measured so far, from the record."""
    if not RECORD.exists():
        return []
    return [json.loads(line) for line in RECORD.read_text(encoding="utf-8").splitlines()]


def measure(part: str) -> None:
    """Measure what the record does not have yet, and add it."""
    known = {key(row) for row in measured()}
    for row, judges in entries():
        if key(row) in known or not row["group"].startswith(part):
            continue
        found = {**row, **{tool: said(judge) for tool, judge in judges.items()}}
        with RECORD.open("a", encoding="utf-8") as record:
            record.write(json.dumps(found, ensure_ascii=False) + "\n")


def page(rows: Iterable[Row]) -> str:
    """The text of the page."""
    groups: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        groups[row["group"]][row["kind"]].append(row)
    parts = [_HEAD]
    parts += [_table(group, groups[group]) for group in _TITLES if group in groups]
    return "\n".join(parts)


_HEAD = """# How far a pass can be trusted

The corpus in `tests/corpus` holds functions whose backward is wrong, by class, and honest ones:
torch's own, textbook formulas, other algorithms. What the bare `comparisons.check` says of each,
beside `torch.autograd.gradcheck` at its defaults, slow and fast. Each cell: rejected / passed /
refused (the tool raised something else). A wrong function should be rejected, an honest one should
pass. gradcheck is asked in float64 only, which its tolerances are for. What is wrong at ±∞ only is
rejected by `accept="agrees"`, and asked so here; by default it is said, not rejected.

This page is written by `python -m tools.trust`.
"""
_TITLES = {
    "wrong": "Wrong functions of one variable",
    "honest": "Honest functions of one variable, in each type",
    "wrong, arrays": "Wrong functions of arrays",
    "honest, arrays": "Honest functions of arrays",
}


def _table(group: str, kinds: Mapping[str, Sequence[Row]]) -> str:
    lines = [f"## {_TITLES[group]}\n", f"| class | rows | {' | '.join(TOOLS)} |"]
    lines.append("|---|---|" + "---|" * len(TOOLS))
    whole = [row for rows in kinds.values() for row in rows]
    for kind, rows in [*sorted(kinds.items()), ("all", whole)]:
        lines.append(f"| {kind} | {len(rows)} | {' | '.join(_cell(rows, t) for t in TOOLS)} |")
    wanted = REJECTED if group.startswith("wrong") else PASSED
    left = [row for row in whole if row[TOOLS[0]] != wanted]
    if left:
        lines.append(f"\nBy `comparisons.check` not {wanted}:\n")
        lines += [f"- {r['name']} ({r['kind']}, {r['type']}): {r[TOOLS[0]]}" for r in left]
    return "\n".join(lines) + "\n"


def _cell(rows: Sequence[Row], tool: str) -> str:
    counts = Counter(row[tool] for row in rows if tool in row)
    if not counts:
        return "—"
    return " / ".join(str(counts[outcome]) for outcome in (REJECTED, PASSED, REFUSED))


def main(arguments: Sequence[str]) -> None:
    """Measure, or write the page."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", nargs="?", choices=("measure",))
    asked.add_argument("--part", default="", help="wrong or honest")
    options = asked.parse_args(arguments)
    if options.what == "measure":
        measure(options.part)
    else:
        PAGE.write_text(page(measured()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
