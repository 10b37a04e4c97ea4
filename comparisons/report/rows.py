"""Comparisons as plain values: what travels between processes and what a page is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Expr, Symbol

import symdiff
from comparisons.comparison import AdjointResult, Comparison
from comparisons.reproduction import reproduction
from symdiff.adjoint import equations
from symdiff.notation.names import barred

Row = dict[str, Any]  # str, int, float, bool, None, lists and dicts of them: xdist's only types


def comparison_row(comparison: Comparison) -> Row:
    """Everything a report says of one comparison."""
    subject, worst = comparison.subject, comparison.worst_adjoint
    return {
        "kind": "comparison",
        "subject": str(subject),
        "source": subject.definition.source if subject.definition else "",
        "dtype": str(comparison.dtype),
        "engine": comparison.engine,
        "verdict": str(comparison.verdict),
        "values": comparison.values,
        "bulk_ulp": comparison.bulk_ulp,
        "counts": {str(status): n for status, n in comparison.counts().items()},
        "adjoints": [_adjoint_row(a) for a in comparison.adjoints.values()],
        "absent": {barred(k): why for k, why in comparison.absent.items()},
        "problems": {barred(k): what for k, what in comparison.wrong_presence.items()},
        "worst": None if worst is None else _point_row(comparison, worst),
        "mathematics": _mathematics(comparison),
    }


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


def _point_row(comparison: Comparison, adjoint: AdjointResult) -> Row:
    point, bits = adjoint.worst, comparison.dtype.hex_bits
    return {
        "adjoint": barred(adjoint.name),
        "inputs": [[k, repr(v), bits(v)] for k, v in point.inputs.items()],
        "computed": repr(point.computed),
        "computed_bits": bits(point.computed),
        "truth": repr(point.truth),
        "ulp": point.ulp,
        "reproduction": reproduction(comparison, adjoint),
    }


def _equation(name: str, value: Expr) -> list[str]:
    """As text, and as LaTeX."""
    return [
        f"{name} = {symdiff.text(value)}",
        f"{symdiff.latex(Symbol(name))} = {symdiff.latex(value)}",
    ]


def _mathematics(comparison: Comparison) -> Row:
    """The formula and its adjoints, in text and LaTeX, and the kinks in words."""
    graph = comparison.subject.graph
    adjoints = symdiff.adjoints(graph)
    definition = comparison.subject.definition
    kinks = definition.kinks() if definition and len(definition.variables) == 1 else ()
    return {
        "lines": [
            _equation(symdiff.text(Symbol(name)), value)
            for name, value in {**equations(graph), **adjoints.where}.items()
        ],
        "adjoints": [_equation(barred(name), value) for name, value in adjoints.lines.items()],
        "parameters": {k: float(v) for k, v in graph.parameters.items()},
        "kinks": [
            [symdiff.text(k.at), symdiff.text(k.left), symdiff.text(k.right), symdiff.text(k.taken)]
            for k in kinks
            if not k.smooth
        ],
    }
