"""Write the page on what a check says of each published function, in each type.

The answers are kept beside the page, so that a run that was stopped goes on where it was.

python -m tools.real_code.page docs/real_code.md
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

import comparisons
from comparisons.results.views.number import shown
from tools.real_code import language, vision
from tools.real_code.trial import Trial

TYPES = ("float64", "float32", "bfloat16")
PACKAGES: dict[str, Callable[[], Iterator[Trial]]] = {
    "transformers": language.transformers,
    "timm": vision.timm,
    "x-transformers": language.x_transformers,
    "torchvision": vision.torchvision,
    "segmentation-models-pytorch": vision.segmentation_models_pytorch,
    "pytorch-metric-learning": vision.pytorch_metric_learning,
    "entmax": language.entmax,
}
_FOLDER = r"[^ (]*site-packages/"  # where packages are installed is no finding
HEAD = """# Code that people use

What `comparisons.check` says of activations, losses, norms and small layers of published packages,
captured as they are: no formula was written for any. A cell has the verdict and the largest error
of a value or gradient of usual size, in ulp, beside the certified derivative of that very code. A
function of one variable is asked at every half from -20 to 20, kinks included, at ±40 and ±120,
where exponentials overflow; layers and losses at seeded normal numbers. What is marked is said
below the table. Code that computes in float32 whatever it is given is some 10⁹ ulp off in float64,
and is judged by its own roundings. `python -m tools.real_code.page docs/real_code.md` asks what is
not yet known of the packages installed, keeps it in `real_code.jsonl`, and writes this page.
"""


def asked(trial: Trial, dtype: str) -> tuple[str, str]:
    """Check one function in one type: verdict, largest error, and what there is to say."""
    torch.manual_seed(0)
    try:
        result = comparisons.check(trial.function, *trial.given, dtype=dtype)
    except comparisons.GradientMismatch as error:
        found, line = error.comparison, str(error).partition("\n")[0]
        worst = getattr(found, "worst", None)
        more = _without_folder(line if worst is None else f"{line}; {worst}")
        if str(getattr(found, "subject", "")).startswith("the gradient of"):
            return "right; not its second derivative", more
        return "**disagrees**", more
    except comparisons.Inconclusive as error:
        return "inconclusive", _without_folder(str(error).partition("\n")[0])
    except Exception as error:  # noqa: BLE001 - whatever published code raises is what is told
        line = str(error).partition("\n")[0]
        return "not asked", f"{type(error).__name__}: {_without_folder(line)}"
    return f"{result.verdict} {shown(result.bulk_ulp)}", ""


def _without_folder(sentence: str) -> str:
    return re.sub(_FOLDER, "", sentence)


class Answers:
    """The answers on disk, one line each of package, version, function, type, cell, remarks."""

    def __init__(self, path: Path) -> None:
        """Read the answers of the file, if there is one."""
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.path = path
        self.known = {tuple(key): (cell, more) for *key, cell, more in map(json.loads, lines)}

    def of(self, package: str, trial: Trial) -> list[tuple[str, str]]:
        """The cell and the remarks for each type; asked if they are not known."""
        found = []
        for dtype in TYPES:
            key = (package, version(package), trial.name, dtype)
            if key not in self.known:
                self.known[key] = asked(trial, dtype)
                with self.path.open("a", encoding="utf-8") as file:
                    line = json.dumps([*key, *self.known[key]], ensure_ascii=False)
                    file.write(line + "\n")
            found.append(self.known[key])
        return found

    def tables(self) -> Iterator[str]:
        """The tables of what is known, one a package."""
        for package in PACKAGES:
            rows: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
            for (of, number, name, dtype), answer in self.known.items():
                if of == package:
                    rows.setdefault((number, name), {})[dtype] = answer
            for number in sorted({number for number, _ in rows}):
                whole = {n: r for (v, n), r in rows.items() if v == number and len(r) == len(TYPES)}
                yield f"## {package} {number}\n\n{_table(whole)}\n"


def _table(rows: Mapping[str, Mapping[str, tuple[str, str]]]) -> str:
    """One line a function, and below them what is marked."""
    lines = ["| function | " + " | ".join(TYPES) + " |", "|---" * (len(TYPES) + 1) + "|"]
    said: dict[str, int] = {}
    for name, answers in rows.items():
        cells = []
        for dtype in TYPES:
            cell, more = answers[dtype]
            mark = f" ({said.setdefault(more, len(said) + 1)})" if more else ""
            cells.append(cell + mark)
        lines.append(f"| `{name}` | " + " | ".join(cells) + " |")
    notes = [f"{number}. {sentence}" for sentence, number in said.items()]
    return "\n".join(lines) + ("\n\n" + "\n".join(notes) if notes else "")


def main() -> None:
    """Check what is not known of the packages installed; write the page, its last section kept."""
    (path,) = map(Path, sys.argv[1:])
    answers = Answers(path.with_suffix(".jsonl"))
    for package, trials in PACKAGES.items():
        with suppress(PackageNotFoundError):
            version(package)
            for trial in trials():
                answers.of(package, trial)
    write(path, answers)


def write(path: Path, answers: Answers) -> None:
    """Write the page of what is known."""
    mark = "\n## What was found\n"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    page = "\n".join([HEAD, *answers.tables()])
    path.write_text(page + "".join(before.partition(mark)[1:]), encoding="utf-8")


if __name__ == "__main__":
    main()
