"""The records on disk, and what a run is beside them."""

from __future__ import annotations

import json
from pathlib import Path

from comparisons.report.summaries.changes import Changes
from tools.bounds.against_record import changes
from tools.bounds.measure import Record, about, measured

FOLDER = Path(__file__).parent / "records"
_ABOUT = "about.json"


def recorded(name: str) -> Record:
    """The record of an activation. Raises: ValueError if there is none."""
    path = FOLDER / f"{name}.json"
    if not path.exists():
        raise ValueError(f"{name} has no record; `make bounds` makes one")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def recorded_about() -> dict[str, str]:
    """What the records were measured on."""
    return dict(json.loads((FOLDER / _ABOUT).read_text(encoding="utf-8")))


def elsewhere() -> str | None:
    """Why a run here is not to be held against the records, in words; None if it is."""
    then, now = recorded_about(), about()
    other = [f"{k} {now[k]} instead of {then[k]}" for k in then if then[k] != now[k]]
    return f"the records were measured elsewhere: {', '.join(other)}" if other else None


def beside_record(name: str, run: Record) -> Changes:
    """What got worse, better or otherwise changed since the record of an activation."""
    return changes(recorded(name), run)


def renew(name: str) -> tuple[str, str]:
    """Measure an activation, put its record down; returns its name and what changed, in words."""
    import torch

    torch.set_num_threads(1)  # a process a core
    run = measured(name)
    known = (FOLDER / f"{name}.json").exists()
    said = str(beside_record(name, run)) if known else "recorded for the first time"
    write(name, run)
    return name, said


def write(name: str, record: Record) -> None:
    """Put a record down, a line a measure, so that a change is a line."""
    FOLDER.mkdir(exist_ok=True)
    types = []
    for dtype, groups in record.items():
        lines = ",\n  ".join(json.dumps(group, ensure_ascii=False) for group in groups)
        types.append(f' "{dtype}": [\n  {lines}\n ]')
    (FOLDER / f"{name}.json").write_text("{\n" + ",\n".join(types) + "\n}\n", encoding="utf-8")


def write_about() -> None:
    """Put down what the records are measured on."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / _ABOUT).write_text(json.dumps(about(), indent=1) + "\n", encoding="utf-8")
