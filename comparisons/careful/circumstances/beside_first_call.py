"""Judge the gradients of another circumstance beside those of the first call."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.running.calls import Found, differing
from comparisons.cases.case import Case
from comparisons.engines.engine import Gradients
from comparisons.engines.modes.reverse import Reverse
from comparisons.inputs.position import position
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.comparison import Comparison

Index = tuple[int, ...]


def judged(
    case: Case, first: Found, found: Found, what: str, shown: Callable[[str, Index], str]
) -> Iterator[Comparison]:
    """The findings where gradients are not those of the first call, and are wrong.

    Args: shown, the statements that print an entry of a gradient, by its index.
    """
    other = {
        name: np.reshape(found[name], np.shape(case.inputs[name]))
        for name in differing(found, first)
    }
    if not other:
        return
    result = case.judged(Reverse(), Gradients(other), case.inputs, None)
    for name, adjoint in result.adjoints.items():
        before = np.reshape(first[name], adjoint.computed.shape)
        as_before = np.isnan(before) & np.isnan(adjoint.computed)  # judged already
        adjoint.judgement.excuse(as_before, Status.UNDEFINED)
        if adjoint.verdict is not Verdict.DISAGREES:
            continue
        worst, wrong = adjoint.worst, adjoint.judgement.wrong
        at = f" at {position(worst.index)}" if worst.index else ""
        yield finding(
            case,
            name,
            f"is wrong at {wrong or adjoint.values} of {adjoint.values} points {what}: "
            f"{worst.computed!r} for {worst.truth!r}{at}; in a plain call it "
            f"is {float(before[adjoint.worst_index])!r}",
            shown(name, worst.index or ()),
        )


def said(error: Exception) -> str:
    """The first line of an exception's message."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
