"""Read and write the records, and compare a run with them."""

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
    """The versions and the processor that the records were measured on."""
    return dict(json.loads((FOLDER / _ABOUT).read_text(encoding="utf-8")))


def elsewhere() -> str | None:
    """In words why a run here is not comparable with the records; None if it is."""
    then, now = recorded_about(), about()
    other = [f"{k} {now[k]} instead of {then[k]}" for k in then if then[k] != now[k]]
    return f"the records were measured elsewhere: {', '.join(other)}" if other else None


def beside_record(name: str, run: Record) -> Changes:
    """Compare an activation with its record: what got worse, better or otherwise changed."""
    return changes(recorded(name), run)


def renew(name: str) -> tuple[str, str]:
    """Measure an activation and write its record; its name and what changed, in words."""
    import torch

    torch.set_num_threads(1)  # a process a core
    run = measured(name)
    known = (FOLDER / f"{name}.json").exists()
    said = str(beside_record(name, run)) if known else "recorded for the first time"
    write(name, run)
    return name, said


def write(name: str, record: Record) -> None:
    """Write a record, one measure a line, so that a change is a line."""
    FOLDER.mkdir(exist_ok=True)
    types = []
    for dtype, groups in record.items():
        lines = ",\n  ".join(json.dumps(group, ensure_ascii=False) for group in groups)
        types.append(f' "{dtype}": [\n  {lines}\n ]')
    (FOLDER / f"{name}.json").write_text("{\n" + ",\n".join(types) + "\n}\n", encoding="utf-8")


def write_about() -> None:
    """Write down the versions and the processor that the records are measured on."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / _ABOUT).write_text(json.dumps(about(), indent=1) + "\n", encoding="utf-8")
