"""What a check sees of an error of 10⁻⁶ in one entry: this one, gradcheck and allclose.

`python tests/comparisons/capture/injected.py docs/power.md` writes the table, over all operations
that have a gradient; a second number is of how many samples of each.
"""

from __future__ import annotations

import math
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from mpmath import mp, mpf
from opinfos import operations
from torch import Tensor
from torch.utils._pytree import tree_leaves

from comparisons.capture import Refused
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.modes.reverse import Reverse
from comparisons.judge.graphs.allowance import Allowance, precision_of
from comparisons.judge.graphs.entries import judge_entries
from comparisons.judge.power.power import ALLCLOSE, GRADCHECK
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.from_code import from_code

SIZE = 1e-6
FLOAT64 = FLOAT_TYPES["float64"]
_UNKNOWN = "not computed: lambdify has no such function of mpmath's"
PATIENCE = 60.0  # seconds for one operation
SAMPLES = 4  # of an operation, on the page


@dataclass(frozen=True)
class Rejection:
    """The worst gradient of torch's in one sample, beside two truths."""

    sample: str
    adjoint: str
    torch: float
    truth: float  # by the enclosure of the adjoint
    slopes: tuple[float, float]  # by differences of the value to either side, of 60 digits

    @property
    def unknown(self) -> bool:
        """Whether the slopes could not be computed."""
        return any(map(math.isnan, self.slopes))

    @property
    def shown(self) -> bool:
        """Whether torch's is beyond both slopes, as far as float64 tells."""
        if self.unknown:
            return False
        low, high = sorted(self.slopes)
        room = 2.0**-46 * max(abs(low), abs(high))
        return not low - room <= self.torch <= high + room


@dataclass
class Seen:
    """Of the entries of an operation's gradients that are not 0: in how many the error is seen."""

    name: str
    samples: int = 0
    entries: int = 0
    own: int = 0
    gradcheck: int = 0
    allclose: int = 0
    accurate: int = 0  # samples whose gradients as torch computes them are accurate
    agrees: int = 0
    disagrees: int = 0
    refused: list[str] = field(default_factory=list)  # samples that could not be judged, and why
    rejected: list[Rejection] = field(default_factory=list)


def seen(name: str, samples: int = 10**6) -> Seen:
    """Put the error into every entry in turn, of torch's own gradients at its own samples.

    Entries are judged one by one, so all of them at once say the same as each in turn.
    """
    op, row, started = operations()[name], Seen(name), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample in op.sample_inputs("cpu", torch.float64, requires_grad=True):
            leaves = tree_leaves((sample.input, sample.args, sample.kwargs))
            if not any(isinstance(a, Tensor) and a.is_floating_point() for a in leaves):
                continue
            if row.samples == samples or time.perf_counter() - started > PATIENCE:
                break
            try:
                _add(op, sample, row)
            except (Refused, ValueError, TypeError, RuntimeError) as error:
                # docs/opinfos.md says what cannot be captured
                row.refused.append(str(error).partition("\n")[0])
    return row


def _add(op: object, sample: object, row: Seen) -> None:
    subject = from_code(op, (sample.input, *sample.args), sample.kwargs, FLOAT64)
    case = case_of(Asked(subject, FLOAT64))
    if case.truth.adjoints.signature.pointwise:
        return
    found = case.answer(Reverse())
    allowance = Allowance(case.truth.adjoints, case.inputs, precision_of(FLOAT64))
    row.samples += 1
    verdict = found.verdict
    row.accurate += verdict is Verdict.ACCURATE
    row.agrees += verdict is Verdict.AGREES
    row.disagrees += verdict is Verdict.DISAGREES
    if verdict is Verdict.DISAGREES:
        row.rejected.append(_rejection(case, found, sample))
    for name, one in found.adjoints.items():
        if not subject.label(name).endswith(".grad"):
            continue
        true, right = one.enclosure, one.judgement.excess <= 1
        telling = right & true.certified & ~true.contains(np.zeros(true.shape))
        wrong = one.computed * (1 + SIZE)
        judged = judge_entries(name, wrong, true, allowance, FLOAT64)
        off, size = np.abs(wrong - true.high), np.abs(true.high)
        row.entries += int(telling.sum())
        row.own += int((judged.excess[telling] > 1).sum())
        row.gradcheck += int((off > GRADCHECK[0] * size + GRADCHECK[1])[telling].sum())
        row.allclose += int((off > ALLCLOSE[0] * size + ALLCLOSE[1])[telling].sum())


def _rejection(case: Case, found: Comparison, sample: object) -> Rejection:
    text = _said(sample)
    for name, problem in found.wrong_presence.items():
        return Rejection(text, f"{case.subject.label(name)} {problem}", *[float("nan")] * 2, (0, 0))
    worst = found.worst_adjoint
    assert worst is not None
    point, label = worst.worst, case.subject.label(worst.name)
    place = f"{label}{list(point.index)}"
    try:
        slopes = _slopes(case, worst.name, point.index)
    except (NameError, TypeError, NotImplementedError):  # mpmath lacks a function of it
        slopes = float("nan"), float("nan")
    return Rejection(text, place, point.computed, point.truth, slopes)


def _said(sample: object) -> str:
    """A sample's arguments: of tensors the shapes."""
    leaves = tree_leaves((sample.input, sample.args, sample.kwargs))
    return ", ".join(str(tuple(a.shape)) if isinstance(a, Tensor) else repr(a) for a in leaves)


def _slopes(case: Case, name: str, index: tuple[int, ...]) -> tuple[float, float]:
    """What Σ v y changes by, to the left and to the right of one input; 60 digits and more.

    The values alone are used, of a graph that the capture has compared with torch's.
    """
    values = case.derived.adjoints.lambdify("mpmath")
    weights = case.subject.bare.weights.values()
    with mp.workdps(150):
        exact = {k: _exact(v) for k, v in case.inputs.items()}
        if name in weights:  # its adjoint is the value itself
            value = float(np.asarray(values(**exact)[name], object)[index])
            return value, value
        shape = case.subject.shape_of(name, exact[name].shape)  # which the index is of
        step = mpf(10) ** -70 * max(1, abs(exact[name].reshape(shape)[index]))

        def total(by: mpf) -> mpf:
            moved = exact[name].reshape(shape).copy()
            moved[index] += by
            found = values(**{**exact, name: moved.reshape(exact[name].shape)})
            pairs = (zip(exact[w].ravel(), np.ravel(found[w]), strict=True) for w in weights)
            return mp.fsum(v * y for pair in pairs for v, y in pair)

        left, middle, right = (total(k * step) for k in (-1, 0, 1))
        return float((middle - left) / step), float((right - middle) / step)


def _exact(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(mpf, 1, 1)(values), object)


def table(rows: list[Seen]) -> str:
    """The rows as a page of the documentation."""
    rows_of_all, rows = rows, [row for row in rows if row.entries]
    total, checked = (sum(getattr(r, k) for r in rows) for k in ("entries", "samples"))
    share = {k: sum(getattr(r, k) for r in rows) / total for k in ("own", "gradcheck", "allclose")}
    plain = [r for r in rows if r.own == r.entries and r.accurate == r.samples]
    said = [r for r in rows if r not in plain]
    lines = [
        "# What a check sees",
        "",
        f"A relative error of {SIZE:.0e} put into one entry of one gradient, in float64, at the",
        "samples of torch's own test database: in how many of the entries it is seen, of those",
        "that are not 0. *gradcheck* and *allclose* stand for their default tolerances beside the",
        f"true value, which is more than they know. torch {torch.__version__.partition('+')[0]}.",
        "This page is generated by `python tests/comparisons/capture/injected.py docs/power.md`.",
        "",
        "| | entries | seen |",
        "|---|---|---|",
        f"| this check | {total:,} | **{share['own']:.3%}** |",
        f"| gradcheck | {total:,} | {share['gradcheck']:.3%} |",
        f"| allclose | {total:,} | {share['allclose']:.3%} |",
        "",
        f"So of {len(rows)} operations at {checked:,} samples; functions of numbers are judged in",
        f"ulp, and are no part of it. Of {len(plain)} operations torch's gradients are accurate at",
        "every sample, and the error is seen in every entry. The others:",
        "",
        "| operation | samples | accurate, agrees, wrong | entries | seen | gradcheck | allclose |",
        "|---|---|---|---|---|---|---|",
    ]
    for r in said:
        verdicts = f"{r.accurate}, {r.agrees}, {r.disagrees}"
        shares = " | ".join(f"{n / r.entries:.1%}" for n in (r.own, r.gradcheck, r.allclose))
        lines.append(f"| `{r.name}` | {r.samples} | {verdicts} | {r.entries:,} | {shares} |")
    left = [(r.name, why) for r in rows_of_all for why in sorted(set(r.refused))]
    return "\n".join([*lines, *_rejected(rows_of_all), *_left(left), ""])


def _rejected(rows: list[Seen]) -> list[str]:
    """Where torch's own gradient is rejected, beside the value's differences."""
    found = [(r.name, one) for r in rows for one in r.rejected]
    samples = sum(r.accurate + r.agrees + r.disagrees for r in rows)
    lines = [
        "",
        "## Where torch's own gradient is rejected",
        "",
        f"{len(found)} of {samples:,} samples. The slopes are what the value changes by to the",
        "left and to the right of that input, in 150 digits: torch is *shown wrong* where its",
        "gradient is neither of them nor between.",
        "",
        "| operation | sample | entry | torch | truth | slopes of the value | shown wrong |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found:
        slopes = f"{one.slopes[0]:.9g}, {one.slopes[1]:.9g}"
        cells = [one.sample, one.adjoint, f"{one.torch:.9g}", f"{one.truth:.9g}", slopes]
        no = _UNKNOWN if one.unknown else "**no**"
        cells.append("yes" if one.shown else no)
        lines.append(f"| `{name}` | {' | '.join(c.replace('|', '¦') for c in cells)} |")
    return lines


def _left(left: list[tuple[str, str]]) -> list[str]:
    if not left:
        return []
    lines = ["", "## What could not be judged", "", "| operation | why |", "|---|---|"]
    return lines + [f"| `{name}` | {why.replace('|', '¦')[:160]} |" for name, why in left]


def main(target: str, samples: int = SAMPLES) -> None:
    """Measure every operation at some of its samples, and write the page."""
    torch.set_num_threads(1)
    rows = []
    for name in operations():
        rows.append(seen(name, int(samples)))
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    Path(target).write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
