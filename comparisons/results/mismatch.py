"""Fail a check in words: which gradient, where, by how much, and how to see it oneself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from comparisons.inputs.position import entry, position
from comparisons.inputs.values import COTANGENT
from comparisons.judge.vocabulary import Verdict, verdict_named
from comparisons.results.code.reproduction import reproduction, reproduction_of_finding
from comparisons.results.comparison import Comparison
from comparisons.results.point import Point
from comparisons.results.result import Result
from comparisons.results.summary import Summary
from comparisons.results.views.number import shown
from symdiff.notation.names import barred

Found = TypeVar("Found", bound=Result)

_PATIENCE = 5.0  # seconds for a diagnosis in a message
_QUICK = 2**12  # entries of arrays that one is made for unasked
_SECOND = (
    "  second order what forward computes and saves is a constant to the backward: compute it",
    "               there, or, if none is meant, mark the backward with once_differentiable of",
    "               torch.autograd.function",
)
_ROUNDED = 2.0**-24  # v itself, or in float32, where a step is made of `(x > 0).float()`
_POINTS = 5  # in a message: enough to see where they lie


class Inconclusive(AssertionError):
    """Raised where no error that matters would have been seen at the comparison's inputs."""

    def __init__(self, comparison: Result) -> None:
        self.comparison = comparison
        super().__init__(
            f"{comparison.subject}, {comparison.dtype}, {comparison.engine}: "
            f"{inconclusive(comparison)}"
        )

    def __reduce__(self) -> tuple[type[AssertionError], tuple[str]]:
        return (AssertionError, (str(self),))  # as below


class GradientMismatch(AssertionError):
    """Raised where a computed gradient is not the adjoint of the definition."""

    __module__ = "comparisons"  # where users have it from, and what pytest's summary prints

    def __init__(self, comparison: Result) -> None:
        self.comparison = comparison
        super().__init__(describe(comparison))

    def __reduce__(self) -> tuple[type[AssertionError], tuple[str]]:
        # Torch callables do not pickle; across processes the message is what matters.
        return (AssertionError, (str(self),))


def accepted(found: Found, accept: Verdict | str = Verdict.FAILS_AT_INFINITY) -> Found:
    """The result, if it fares no worse than `accept`.

    Raises: GradientMismatch if it does; Inconclusive if the inputs do not tell; ValueError if
        there is no such verdict.
    """
    __tracebackhide__ = True
    if found.verdict.worse_than(verdict_named(accept)):
        raise (
            Inconclusive(found)
            if found.verdict is Verdict.INCONCLUSIVE
            else GradientMismatch(found)
        )
    return found


def inconclusive(found: Result) -> str:
    """In words which gradients nothing is known of, why, and what to do."""
    nothing = found.nothing_to_judge if isinstance(found, Comparison) else {}
    unknown = [s for s in found.summaries if s.verdict is Verdict.INCONCLUSIVE]
    because: dict[str, list[str]] = {}
    for name, why in nothing.items() or ((s.name, _unknown(s)) for s in unknown):
        because.setdefault(why, []).append(found.subject.label(name))
    said = "; ".join(f"{', '.join(names)}, {why}" for why, names in because.items())
    if nothing:
        return f"there is no gradient to judge ({said}); give code whose result depends on an input"
    return f"inconclusive for {said}"


def _unknown(summary: Summary) -> str:
    """Why no error would have been seen, and at which inputs one would be."""
    power = summary.power
    if power is None or power.unjudged:
        why = "no entry was judged" if power is None else power.unjudged
        return f"of which {why}; give inputs at which it has a gradient that can be certified"
    return (
        f"of which rounding alone may change every entry by more than {power.line:.2g} of it, so "
        "that no error would have been seen; give inputs at which it is no small difference of "
        "large terms, or compare in float64"
    )


def describe(found: Result) -> str:
    """The mismatch in words: function, adjoint, worst input in exact bits, values, error."""
    head = f"{found.subject}{found.subject.origin.where}, {found.dtype}, {found.engine}: "
    if found.wrong_presence:
        name, problem = next(iter(found.wrong_presence.items()))
        said = [
            f"{head}{found.subject.label(name)} {problem}",
            *_constant(found, name, problem),
            *_missing(found, name, problem),
        ]
        return "\n".join([*said, f"  reproduce    {_indented(reproduction_of_finding(found))}"])
    worst, summary, bits = found.worst, found.worst_summary, found.dtype.hex_bits
    if worst is None or summary is None:
        return f"{head}there is no gradient to compare"
    wrong, power = found.wrong, summary.power
    judgement = f"is wrong at {wrong}" if wrong else f"{summary.verdict}, and more was asked,"
    if power is not None and power.scaled and not wrong:
        judgement = (
            f"is {power.found:+.2g} of itself off in all {power.what} together, where rounding "
            f"explains {power.common:.2g}, at none by itself"
        )
    counts = ", ".join(f"{n} {status}" for status, n in summary.counts.items())
    inputs = ", ".join(f"{k} = {v!r} ({bits(v)})" for k, v in worst.inputs.items())
    return "\n".join(
        [
            f"{head}{found.subject.label(summary.name)} {judgement} of {summary.values} points",
            _worst_place(found, worst, summary.name, inputs),
            f"  {found.engine.framework:<12} {worst.computed!r} ({bits(worst.computed)})",
            f"  closed form  {worst.truth!r}",
            f"  error        {_sizes(found, worst)}",
            f"  allowed      {_allowed(found, worst)}",
            f"  all points   {counts}",
            *(_SECOND if _of_second_order(found) else []),
            *_worst_points(found.broken(_POINTS), found),
            *([] if power is None else [f"  this check   {power.sentence}"]),
            *_surrogate(found, summary.name, worst),
            *_at_tie(worst),
            f"  reproduce    {_indented(reproduction(found))}",
            *_diagnosis(found),
            *_what_is_right(found),
        ]
    )


def _worst_place(found: Result, worst: Point, name: str, inputs: str) -> str:
    """The place of the worst error: an input, or an entry of an array."""
    if found.subject.pointwise:
        return f"  worst input  {inputs or 'see the arrays in the comparison'}"
    whole = entry(found.subject.label(name), worst.index)
    return f"  worst entry  {whole}{f', where {inputs}' if inputs else ''}"


def _sizes(found: Result, worst: Point) -> str:
    """The error of the worst value; of an array in its own size, which `allowed` is in."""
    if not math.isfinite(worst.computed) and math.isfinite(worst.truth):
        return f"{worst.status}: {shown(worst.computed)} where the truth is a number"
    sizes = f"{worst.ulp:.4g} ulp, relative {worst.relative:.3g}"
    return sizes if found.subject.pointwise else f"{abs(worst.computed - worst.truth):.3g}, {sizes}"


def _allowed(found: Result, worst: Point) -> str:
    """The line beyond which a gradient is wrong."""
    budget = found.budget
    if found.subject.pointwise:
        return f"{budget.absolute:g} ulp of max(|g|, 1)"
    line = (
        "2 ulp and what no first-order rounding of the operations exceeds"
        if budget.strict
        else "2 ulp and 16 times what rounding each operation adds up to, as frameworks compute it"
    )
    return line if math.isnan(worst.allowed) else f"{worst.allowed:.2g}: {line}"


def _surrogate(found: Result, name: str, worst: Point) -> list[str]:
    """The remark on a gradient whose truth is 0: it may be a surrogate, and meant."""
    said = getattr(found.subject, "surrogate", False)  # by gradient=, which is the truth here
    if said or worst.truth != 0 or worst.computed == 0:
        return []
    flat = found.subject.flat()
    if not flat:
        return []
    weights = [value for key, value in worst.inputs.items() if key.startswith(f"{COTANGENT}_")]
    straight = any(abs(worst.computed - v) <= _ROUNDED * abs(v) for v in weights)
    gave = COTANGENT if straight else f"{worst.computed:.6g}"
    return _remark(flat[0], name, f"; backward gave {gave}")


def _at_tie(worst: Point) -> list[str]:
    """The remark that the closed form itself may give something else at a tie."""
    if not worst.at_tie:
        return []
    joins = f"and joins there with the slope {worst.truth:.6g} on both sides"
    return [
        f"  remark       the code takes another case at this entry than beside it, {joins}",
        "               if a condition is meant to be constant, compute it under no_grad()",
    ]


def _constant(found: Result, name: str, problem: str) -> list[str]:
    """The remark where only integers depend on the input: a table is looked up."""
    flat = found.subject.flat() if problem.startswith("has a gradient") else ()
    return _remark(flat[0], name, "") if flat else []


def _missing(found: Result, name: str, problem: str) -> list[str]:
    """What to do where a backward gives None: of an argument that was not meant to have a gradient.

    gradcheck asks for the gradients of the tensors that require one.
    """
    if "(None)" not in problem or not found.subject.of_user:
        return []
    if _of_second_order(found):
        return list(_SECOND)
    argument = name.rstrip("_")
    return [
        f"  remark       if {argument} is a constant, call requires_grad_() on the tensors whose",
        "               gradients are asked for: the others are constants then",
    ]


def _of_second_order(found: Result) -> bool:
    """Whether it is the gradient of a gradient that is judged."""
    return found.engine.order == 2 or found.subject.graph.derived_from is not None


def _remark(flat: str, name: str, gave: str) -> list[str]:
    """What is constant, and how to say that a surrogate is meant."""
    return [
        f"  remark       {flat} is locally constant, so {barred(name)} = 0{gave}",
        "               if a surrogate is meant, say by gradient= what it should be",
    ]


def _diagnosis(found: Result) -> list[str]:
    """The cause of the error of the user's own code, if that is quickly found.

    It is beside the failure, never in its place: whatever goes wrong here is not told.
    """
    if not isinstance(found, Comparison) or not found.subject.of_user or found.worst is None:
        return []
    if found.engine.framework != "torch":  # only torch's operators are followed
        return []
    if _of_second_order(found):  # the first derivative is what is followed
        return []
    inputs = found.worst_adjoint.inputs if found.worst_adjoint else {}
    if not found.subject.pointwise and sum(v.size for v in inputs.values()) > _QUICK:
        return ["  diagnosis    result.diagnose() says where it comes from"]
    try:
        said = found.diagnose(seconds=_PATIENCE).explanation
    except Exception:  # noqa: BLE001 - as above
        return []
    return [f"  diagnosis    {said[0]}", *(f"    {line}" for line in said[1:])] if said else []


def _indented(statements: str) -> str:
    """The statements, a remark above them on a line of its own, both in line with the rest."""
    return statements.replace("\n", f"\n{' ' * 15}")


def _worst_points(points: Sequence[Point], found: Result) -> list[str]:
    """The worst points as aligned columns; none where one line above says all."""
    if len(points) < 2:
        return []
    pointwise = found.subject.pointwise
    names = list(points[0].inputs) if pointwise else ["entry"]
    rows = [[*names, found.engine.framework, "closed form", "ulp", "status"]]
    for p in points:
        at = [*map(repr, p.inputs.values())] if pointwise else [position(p.index)]
        rows.append([*at, repr(p.computed), repr(p.truth), f"{p.ulp:.3g}", str(p.status)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return ["  worst points", *(f"    {line}" for line in lines)]


def _what_is_right(found: Result) -> list[str]:
    """The hint on how to read the right gradient of the user's own code."""
    subject = found.subject
    if not isinstance(found, Comparison) or not found.wrong or not subject.captured:
        return []
    if subject.surrogate or subject.framework != "torch" or _of_second_order(found):
        return []
    return ["  what is right  print(comparisons.closed_form(…)), called as check was"]
