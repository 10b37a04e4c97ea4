"""Write docs/published.md: what a check says of hand-written backwards that others published.

Those of the packages that are installed are asked, the others are named as missing. Each surrogate
gradient is asked twice: bare, where it is recognised as one, and by the formula that its docstring
states.

python -m tools.published docs/published.md [package …]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import comparisons
from tools.published.networks import (
    brevitas,
    entmax,
    gpytorch,
    liger_kernel,
    memcnn,
    pytorch_revgrad,
)
from tools.published.spiking import norse, snntorch, spikingjelly
from tools.published.trial import Trial

HEAD = """# Hand-written backwards of published code

What `comparisons.check` says of backwards that others wrote by hand in plain torch. A surrogate
gradient is no error: it is recognised as one, and then judged with `gradient=` by the formula that
its docstring states. *As documented* means: accurate in float64 and float32 at the inputs shown
here, which reach from -40 to 40 and leave out the points where the formula jumps. This page is made
by `python -m tools.published docs/published.md` from what is installed.
"""


PACKAGES: dict[str, Callable[[], Iterator[Trial]]] = {
    "snntorch": snntorch,
    "spikingjelly": spikingjelly,
    "liger-kernel": liger_kernel,
    "entmax": entmax,
    "brevitas": brevitas,
    "norse": norse,
    "pytorch-revgrad": pytorch_revgrad,
    "gpytorch": gpytorch,
    "memcnn": memcnn,
}


def found(trial: Trial) -> str:
    """The answer of the check in a few words."""
    said = []
    if trial.surrogate:
        said.append(_said(trial, "float64", {}))
    for dtype in trial.types:
        what = _said(trial, dtype, trial.options)
        said.append(f"{dtype}: {what}" if len(trial.types) > 1 else what)
    if len(said) > 1 and len({s.partition(": ")[2] for s in said[-len(trial.types) :]}) == 1:
        said[-len(trial.types) :] = [said[-1].partition(": ")[2]]
    return "; ".join(dict.fromkeys(said))


def _said(trial: Trial, dtype: str, options: dict[str, Any]) -> str:
    """One answer in words; a mismatch of the second derivative is told from the first's."""
    try:
        comparisons.check(trial.function, *trial.given, dtype=dtype, **options)
    except comparisons.GradientMismatch as error:
        result, text = error.comparison, str(error)
        if not options and "is locally constant" in text:
            return "a surrogate"
        if str(getattr(result, "subject", "")).startswith("the gradient of"):
            said = text.partition("\n")[0].rpartition(": ")[2].rpartition("reverse: ")[2]
            missing = "is missing, and no error says so"
            how = missing if "(None)" in said else f"**differs**: {said}"
            return f"right; its second derivative {how}"
        worst = result.worst
        if worst is None:
            return text.partition("\n")[0].partition(": ")[2] or text.partition("\n")[0]
        ratio = f", {worst.computed / worst.truth:.7g} times it" if worst.truth else ""
        line = text.partition("\n")[0].rpartition(": ")[2]
        return f"**differs**: {line}; {worst.computed:.7g} for {worst.truth:.7g}{ratio}"
    except Exception as error:  # noqa: BLE001 - whatever published code raises is what is told
        return f"**raises** {type(error).__name__}: {str(error).splitlines()[0]}"
    return "as documented" if options.get("gradient") else "right"


def table(trials: Iterator[Trial]) -> str:
    """The table of a package, one function a line."""
    rows = ["| function | asked | found |", "|---|---|---|"]
    rows += [f"| `{t.name}` | {t.asked} | {found(t)} |" for t in trials]
    return "\n".join(rows)


def page(before: str, chosen: Sequence[str]) -> str:
    """The text of the whole page.

    Args: before, the page as it was; chosen, whose tables are made anew, the others as they were.
    """
    kept = {s.split()[1]: s for s in re.split(r"(?m)^(?=## )", before) if s.startswith("## ")}
    parts = [HEAD]
    for name, trials in PACKAGES.items():
        if chosen and name not in chosen and name in kept:
            parts.append(kept[name].rstrip("\n") + "\n")
            continue
        try:
            parts.append(f"## {name} {version(name)}\n\n{table(trials())}\n")
        except PackageNotFoundError:
            parts.append(f"## {name}\n\nNot installed where this page was made.\n")
    return "\n".join(parts)


def main() -> None:
    """Write the page to the path that is given, what follows its tables kept.

    Packages named behind it alone are asked anew.
    """
    path, *chosen = sys.argv[1:]
    mark = "\n## By hand\n"
    target = Path(path)
    tables, *by_hand = (target.read_text(encoding="utf-8") if target.exists() else "").partition(
        mark
    )
    target.write_text(page(tables, chosen) + "".join(by_hand), encoding="utf-8")


if __name__ == "__main__":
    main()
