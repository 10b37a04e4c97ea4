"""Turn results into rows: plain values that travel between processes and make a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

from sympy import Expr, Symbol

import symdiff
from comparisons.dtypes import FloatType
from comparisons.judge.power.power import Power
from comparisons.report.data.profile import curve, profile
from comparisons.report.data.row import Row
from comparisons.results.code.reproduction import reproduction, reproduction_of_finding
from comparisons.results.decision import Decision
from comparisons.results.engine_table import Difference
from comparisons.results.kink_conventions import Convention
from comparisons.results.point import Point
from comparisons.results.result import Result
from comparisons.results.summary import Summary, deciding
from comparisons.subjects.subject import Reading, Subject
from symdiff import Definition
from symdiff.graph import Graph
from symdiff.graph.graph import equations
from symdiff.kinks import Kink
from symdiff.notation.names import barred
from symdiff.notation.printable import printable, whole_characters
from symdiff.trees.extent import TooLarge

_MOST_KINKS = 24  # rows of one table
_LONG = 24  # characters of a number that is still read at a glance
_LONGEST_NAME = 4000  # as in the schema; a formula may be a name, of 2,000 characters
_MOST_LINES = 60  # of a user's source
_LONGEST_EQUATION = 600  # characters
_BROKEN = 5  # points beyond what is allowed


def result_row(result: Result) -> Row:
    """The row of one result: all that a report says of it."""
    subject, worst, budget = result.subject, result.worst, result.budget
    of = result.worst_summary

    def at(point: Point) -> Row:
        return _point_row(result.dtype, "" if of is None else subject.label(of.name), point)

    row: Row = {
        "kind": "comparison",
        "subject": _name(subject),
        "source": subject.definition.source if subject.definition else "",
        "code": subject.code,
        "place": subject.origin.place,
        "identity": subject.origin.identity,
        "captured": [],
        "of_torch": subject.of_torch,
        "of_user": subject.of_user or subject.captured,
        "dtype": str(result.dtype),
        "engine": str(result.engine),
        "cotangent": result.cotangent,
        "device": result.device,
        "budget": {"accurate": budget.accurate, "absolute": budget.absolute},
        "verdict": str(result.verdict),
        "decided_by": _decided_by(result),
        "values": result.values,
        "bulk_ulp": result.bulk_ulp,
        "counts": {str(status): n for status, n in result.counts().items()},
        "adjoints": [_adjoint_row(subject, s) for s in result.summaries],
        "absent": {subject.label(k): why for k, why in result.absent.items()},
        "problems": {subject.label(k): what for k, what in result.wrong_presence.items()},
        "reproduction": reproduction_of_finding(result),
        "worst": None if worst is None else {**at(worst), "reproduction": reproduction(result)},
        "broken": [at(point) for point in result.broken(_BROKEN)],
        "ideal": _ideal_row(result),
        "profile": profile(result.envelope),
        "mathematics": _mathematics(result),
    }
    reading = _reading(subject)
    if reading is not None:
        row["captured"] = [list(line) for line in reading.lines[:_MOST_LINES]]
        row["mathematics"] |= _equations(reading.graph, symdiff.adjoints(reading.graph))
    whole: Row = whole_characters(row)  # a half in a name or a code would not be sent, nor written
    return whole


def difference_row(difference: Difference, first: Result) -> Row:
    """The row of two engines that differ; `first` is the first engine's comparison."""
    return {
        "kind": "difference",
        "subject": _name(first.subject),
        "place": first.subject.origin.place,
        "identity": first.subject.origin.identity,
        "dtype": str(first.dtype),
        "cotangent": first.cotangent,
        "device": first.device,
        "parameters": _parameters(first),
        **asdict(difference),
        "adjoint": barred(difference.adjoint),
        "nearer": difference.nearer,
    }


def convention_row(found: Convention) -> Row:
    """The row of a kink: the derivative that one way of writing a function takes there."""
    values = {k: getattr(found, k) for k in ("code", "at", "left", "right", "taken", "inside")}
    return {"kind": "convention", "subject": found.definition, **values}


def detection_row(subject: str, mutation: str, caught_by: Mapping[str, bool]) -> Row:
    """The row of a deliberately wrong backward: which checkers reject it."""
    return {
        "kind": "detection",
        "subject": subject,
        "mutation": mutation,
        "caught_by": {name: bool(caught) for name, caught in caught_by.items()},
    }


def _name(subject: Subject) -> str:
    """A name in one line, such as a file's schema takes."""
    return printable(str(subject), _LONGEST_NAME)


def _adjoint_row(subject: Subject, summary: Summary) -> Row:
    counts = {str(status): n for status, n in summary.counts.items()}
    return {
        **asdict(summary),
        "name": subject.label(summary.name),
        "verdict": str(summary.verdict),
        "counts": counts,
        "decided_by": asdict(summary.decided_by),
        "power": None if summary.power is None else _power_row(summary.power),
    }


def _decided_by(result: Result) -> Row:
    """The number that the verdict was taken from; of a finding in words what it is about."""
    if result.wrong_presence:
        return asdict(
            Decision(None, f"{result.subject.label(next(iter(result.wrong_presence)))}, in words")
        )
    found = deciding(result.summaries, result.verdict)
    return asdict(found or Decision(None, "nothing to judge"))


def _power_row(power: Power) -> Row:
    """The row of what a pass is worth: relative errors that would have been seen, a sentence."""
    figures = {k: getattr(power, k) for k in ("entries", "zeros", "absolute", "common", "found")}
    seen = {k: asdict(getattr(power, k)) for k in ("own", "gradcheck", "allclose")}
    reached = [asdict(each) for each in power.reached]
    return {"sentence": power.sentence, **figures, **seen, "reached": reached}


def _point_row(dtype: FloatType, name: str, point: Point) -> Row:
    bits = dtype.hex_bits
    return {
        "adjoint": name,
        "index": list(point.index or ()),
        "inputs": [[k, repr(v), bits(v)] for k, v in point.inputs.items()],
        "computed": repr(point.computed),
        "computed_bits": bits(point.computed),
        "truth": repr(point.truth),
        "ulp": point.ulp,
        "status": str(point.status),
    }


def _ideal_row(result: Result) -> Row | None:
    """The distance to the mathematical function, where that is not the documented one."""
    ideal = result.ideal
    if ideal is None:
        return None
    worst = _point_row(result.dtype, result.subject.label(ideal.name), ideal.worst)
    return {"bulk_ulp": ideal.bulk_ulp, "worst": worst}


def _equation(name: str, value: Expr) -> list[str]:
    """As text, and as LaTeX."""
    return [
        f"{name} = {symdiff.text(value)}",
        f"{symdiff.latex(Symbol(name))} = {symdiff.latex(value)}",
    ]


def _reading(subject: Subject) -> Reading | None:
    """The user's code with its own names; None where the graph is what is shown."""
    if subject.reading is None:
        return None
    try:
        return subject.reading()
    except ValueError:  # it ran otherwise this time, as code that depends on the clock does
        return None


def _equations(graph: Graph, adjoints: symdiff.Adjoints) -> Row:
    """The lines of a graph and their adjoints; of what is too long to be read that it is."""
    return {
        "lines": _read(lambda: {symdiff.text(Symbol(n)): e for n, e in equations(graph).items()}),
        "adjoints": _read(lambda: {barred(n): e for n, e in adjoints.lines.items()}),
    }


def _read(lines: Callable[[], Mapping[str, Expr]]) -> list[list[str]]:
    try:
        return [_short(_equation(name, value)) for name, value in lines().items()]
    except TooLarge as error:
        return [[str(error), rf"\text{{{error}}}"]]


def _short(equation: list[str]) -> list[str]:
    """The equation, or its left side where the right is too long to be read."""
    if len(equation[0]) <= _LONGEST_EQUATION:
        return equation
    (text, _, _), (tex, _, _) = (side.partition(" = ") for side in equation)
    return [f"{text} = … ({len(equation[0]):,} characters)", rf"{tex} = \ldots"]


def _mathematics(result: Result) -> Row:
    """The formula, its adjoints and the tutorial's lines, in text and LaTeX; kinks; a curve."""
    graph, adjoints = result.subject.graph, result.derived
    described = result.subject.definition
    single = described if described and len(described.variables) == 1 else None
    shown = (
        _equations(graph, adjoints)
        if result.subject.captured
        else {
            "lines": [
                _equation(symdiff.text(Symbol(name)), value)
                for name, value in {**equations(graph), **adjoints.where}.items()
            ],
            "adjoints": _adjoint_lines(adjoints),
        }
    )
    return {
        **shown,
        "tutorial": _tutorial(single) if single else [],
        "parameters": _parameters(result),
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


def _parameters(result: Result) -> dict[str, float]:
    subject = result.subject
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
