"""Comparisons as plain values: what travels between processes and what a page is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sympy import Expr, Symbol

import symdiff
from comparisons.comparison import AdjointResult, Comparison, Point
from comparisons.engine_table import Difference
from comparisons.kink_conventions import Convention
from comparisons.report.profile import curve, profile, texts
from comparisons.reproduction import reproduction
from comparisons.sweep import Sweep
from comparisons.torch_calls import TORCH_CALLS
from comparisons.verdict import Status
from symdiff import Definition
from symdiff.graph.graph import equations
from symdiff.kinks import Kink
from symdiff.notation.names import barred

# What has no error to speak of, or at most half an ulp.
_NO_ERROR = {
    Status.CORRECT,
    Status.KINK_INSIDE,
    Status.UNDEFINED,
    Status.OUTSIDE,
    Status.NOT_CERTIFIED,
    Status.NON_FINITE_INPUT,
    Status.NAN_IGNORED,
}
_MOST_KINKS = 24  # rows of one table
_LONG = 24  # characters of a number that is still read at a glance

Row = dict[str, Any]  # str, int, float, bool, None, lists and dicts of them: xdist's only types


def comparison_row(comparison: Comparison | Sweep) -> Row:
    """Everything a report says of one comparison, point by point or of all values."""
    if not isinstance(comparison, Comparison):
        return _sweep_row(comparison)
    subject, worst, budget = comparison.subject, comparison.worst_adjoint, comparison.budget
    return {
        "kind": "comparison",
        "subject": str(subject),
        "source": subject.definition.source if subject.definition else "",
        "code": subject.code,
        "of_torch": str(subject) in TORCH_CALLS,
        "dtype": str(comparison.dtype),
        "engine": comparison.engine,
        "cotangent": comparison.cotangent,
        "device": comparison.device,
        "budget": {"accurate": budget.accurate, "absolute": budget.absolute},
        "verdict": str(comparison.verdict),
        "values": comparison.values,
        "bulk_ulp": comparison.bulk_ulp,
        "counts": {str(status): n for status, n in comparison.counts().items()},
        "adjoints": [_adjoint_row(a) for a in comparison.adjoints.values()],
        "absent": {barred(k): why for k, why in comparison.absent.items()},
        "problems": {barred(k): what for k, what in comparison.wrong_presence.items()},
        "worst": None if worst is None else _worst_row(comparison, worst),
        "broken": []
        if worst is None
        else [_point_row(comparison, worst, p) for p in worst.broken(5)],
        "ideal": _ideal_row(comparison),
        "profile": profile(comparison),
        "mathematics": _mathematics(comparison),
    }


def _sweep_row(sweep: Sweep) -> Row:
    """The counts and the envelope of all values, beside the worst points."""
    (variable,) = (i.name for i in sweep.subject.graph.inputs)
    counts = sweep.counts()
    unequal = sum(n for status, n in counts.items() if status not in _NO_ERROR)
    off = unequal - counts.get(Status.FAITHFUL, 0)
    adjoint = {
        "name": barred(variable),
        "verdict": str(sweep.verdict),
        "values": sweep.values,
        "bulk_ulp": sweep.bulk_ulp,
        "conditioned_ulp": sweep.tally.conditioned_ulp,
        "above_half": unequal / max(1, sweep.values),
        "above_one": off / max(1, sweep.values),
        "counts": {str(status): n for status, n in counts.items()},
    }
    return {
        **comparison_row(sweep.worst_points),
        "verdict": str(sweep.verdict),
        "values": sweep.values,
        "bulk_ulp": sweep.bulk_ulp,
        "counts": adjoint["counts"],
        "adjoints": [adjoint],
        "ideal": None,
        "profile": texts(sweep.tally.envelope),
    }


def difference_row(difference: Difference, first: Comparison) -> Row:
    """Where two engines differ; `first` is the first one's comparison."""
    return {
        "kind": "difference",
        "subject": str(first.subject),
        "dtype": str(first.dtype),
        "cotangent": first.cotangent,
        "device": first.device,
        "parameters": _parameters(first),
        **asdict(difference),
        "adjoint": barred(difference.adjoint),
        "nearer": difference.nearer,
    }


def convention_row(found: Convention) -> Row:
    """What one way of writing a function takes at one of its kinks."""
    values = {k: getattr(found, k) for k in ("code", "at", "left", "right", "taken", "inside")}
    return {"kind": "convention", "subject": found.definition, **values}


def detection_row(subject: str, mutation: str, caught_by: Mapping[str, bool]) -> Row:
    """Which checkers reject a deliberately wrong backward."""
    return {
        "kind": "detection",
        "subject": subject,
        "mutation": mutation,
        "caught_by": {name: bool(caught) for name, caught in caught_by.items()},
    }


def _adjoint_row(adjoint: AdjointResult) -> Row:
    return {
        "name": barred(adjoint.name),
        "verdict": str(adjoint.verdict),
        "values": int(adjoint.computed.size),
        "bulk_ulp": adjoint.bulk_ulp,
        "conditioned_ulp": adjoint.max_conditioned,
        "above_half": adjoint.share_above(0.5),
        "above_one": adjoint.share_above(1.0),
        "counts": {str(status): n for status, n in adjoint.counts.items()},
    }


def _point_row(comparison: Comparison, adjoint: AdjointResult, point: Point) -> Row:
    bits = comparison.dtype.hex_bits
    return {
        "adjoint": barred(adjoint.name),
        "inputs": [[k, repr(v), bits(v)] for k, v in point.inputs.items()],
        "computed": repr(point.computed),
        "computed_bits": bits(point.computed),
        "truth": repr(point.truth),
        "ulp": point.ulp,
        "status": str(point.status),
    }


def _worst_row(comparison: Comparison, adjoint: AdjointResult) -> Row:
    return {
        **_point_row(comparison, adjoint, adjoint.worst),
        "reproduction": reproduction(comparison, adjoint),
    }


def _ideal_row(comparison: Comparison) -> Row | None:
    """The distance to the mathematical function, where that is not the documented one."""
    ideal = comparison.ideal
    if ideal is None:
        return None
    return {"bulk_ulp": ideal.bulk_ulp, "worst": _point_row(comparison, ideal, ideal.worst)}


def _equation(name: str, value: Expr) -> list[str]:
    """As text, and as LaTeX."""
    return [
        f"{name} = {symdiff.text(value)}",
        f"{symdiff.latex(Symbol(name))} = {symdiff.latex(value)}",
    ]


def _mathematics(comparison: Comparison) -> Row:
    """The formula, its adjoints and the tutorial's lines, in text and LaTeX; kinks; a curve."""
    graph = comparison.subject.graph
    adjoints = symdiff.adjoints(graph)
    described = comparison.subject.definition
    single = described if described and len(described.variables) == 1 else None
    return {
        "lines": [
            _equation(symdiff.text(Symbol(name)), value)
            for name, value in {**equations(graph), **adjoints.where}.items()
        ],
        "adjoints": _adjoint_lines(adjoints),
        "tutorial": _tutorial(single) if single else [],
        "parameters": _parameters(comparison),
        "kinks": [
            [_value(v) for v in (k.at, k.left, k.right, k.taken)] for k in _nearest_kinks(single)
        ],
        "curve": curve(adjoints, single) if single else None,
    }


def _nearest_kinks(definition: Definition | None) -> list[Kink]:
    """The kinks nearest to 0, in order, as many as a table can show: |sin z| has hundreds."""
    found = [k for k in definition.kinks() if not k.smooth] if definition else []
    nearest = sorted(found, key=lambda k: abs(float(k.at)))[:_MOST_KINKS]
    return [k for k in found if k in nearest]


def _parameters(comparison: Comparison) -> dict[str, float]:
    subject = comparison.subject
    described = subject.definition or subject.graph
    return {name: float(value) for name, value in described.parameters.items()}


def _tutorial(definition: Definition) -> list[list[str]]:
    """The lines of a neuron with this activation; none where a parameter has a name of its own."""
    if definition.parameters.keys() & symdiff.neuron().nodes.keys():
        return []
    return _adjoint_lines(symdiff.adjoints(symdiff.neuron(definition)))


def _value(exact: Expr) -> str:
    """A number as it is, or, where it is long (the root of a polynomial), as a decimal."""
    text = symdiff.text(exact)
    return text if len(text) <= _LONG else f"{float(exact):.6g}"


def _adjoint_lines(adjoints: symdiff.Adjoints) -> list[list[str]]:
    return [_equation(barred(name), value) for name, value in adjoints.lines.items()]
