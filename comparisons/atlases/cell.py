"""A cell of the atlas says in plain values how right a framework's gradient of a function is."""

from __future__ import annotations

import numpy as np

import symdiff
from comparisons.dtypes import FloatType
from comparisons.engines.snippet import AmongPoints
from comparisons.judge.vocabulary import Status
from comparisons.report.data.row import Row
from comparisons.results.adjoint_result import AdjointResult
from comparisons.results.code.reproduction import reproduction
from comparisons.results.comparison import Comparison
from comparisons.results.envelope import LAST, Envelope
from comparisons.results.point import Point
from comparisons.results.result import Example

_USUAL = 1 / 16
_NOT_FINITE = (Status.SPURIOUS, Status.MISSED)


def cell(head: Row, found: Comparison) -> Row:
    """The row of plain values that the atlas keeps of one comparison.

    Args: head, the function, the type, the framework, its code.
    """
    definition = found.subject.definition
    assert definition is not None  # noqa: S101 - every function of a framework has one
    (slope,) = found.adjoints.values()
    counts = found.counts()
    usual = _usual_worst(slope, found.dtype)
    return {
        **head,
        "absent": "",
        "definition": symdiff.text(definition.valued(definition.formula)),
        "verdict": str(found.verdict),
        "values": found.values,
        "usual_ulp": 0.0 if usual is None else usual.ulp,
        "usual": None if usual is None else _point(found, usual),
        "conditioned_ulp": slope.max_conditioned,
        "not_finite": sum(counts.get(s, 0) for s in _NOT_FINITE),
        "lost": counts.get(Status.LOST, 0),
        "wrong_sign": counts.get(Status.WRONG_SIGN, 0),
        "counts": {str(s): n for s, n in counts.items()},
        "worst": _point(found, slope.worst),
        "errors": _errors(found.envelope),
    }


def absent_cell(head: Row, why: str) -> Row:
    """The cell of a framework that could not be asked, with the reason."""
    return {**head, "absent": why}


def _usual_worst(slope: AdjointResult, dtype: FloatType) -> Point | None:
    """The value that is furthest off in ulp where the gradient is of its usual size.

    That is at least 1/16 of 1, or of the largest gradient where that is smaller: an ulp of less is
    a small error beside what a network adds up. Finite numbers only, in and out.
    """
    (at,) = slope.inputs.values()
    size = np.where(np.isfinite(slope.truth), np.abs(slope.truth), 0.0)
    usual = (size >= min(1.0, size.max(initial=0.0)) * _USUAL) & (size < dtype.largest)
    usual &= np.isfinite(at) & np.isfinite(slope.judgement.ulp)
    if not usual.any():
        return None
    return slope.point(int(np.argmax(np.where(usual, slope.judgement.ulp, -1.0))))


def _point(found: Comparison, point: Point) -> Row:
    """A gradient in decimal and in bits, and the framework's code that prints it."""
    ((name, at),) = point.inputs.items()
    dtype = found.dtype
    example = Example(name, {name: np.asarray(at)}, (), AmongPoints(0, found.values))
    return {
        "at": at,
        "at_bits": dtype.hex_bits(at),
        "computed": point.computed,
        "computed_bits": dtype.hex_bits(point.computed),
        "truth": point.truth,
        "ulp": point.ulp,
        "status": str(point.status),
        "reproduction": reproduction(found, example),
    }


def _errors(envelope: Envelope | None) -> str:
    """The largest error in ulp in each of 131 bins of the input; `-` where a bin has no points."""
    found = []
    for number in range(-LAST, LAST + 1):
        extremes = (envelope or {}).get(number)
        most = None if extremes is None else np.max([extremes.above, extremes.below])
        found.append("-" if most is None else f"{most:.3g}")
    return " ".join(found)
