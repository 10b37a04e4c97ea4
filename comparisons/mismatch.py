"""The failure a check raises: which gradient, where, by how much, and how to see it oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from comparisons.comparison import AdjointResult, Comparison
from comparisons.reproduction import reproduction
from comparisons.verdict import Verdict, verdict_named
from symdiff.notation.names import barred

if TYPE_CHECKING:
    from comparisons.sweep import Sweep

Found = TypeVar("Found", bound="Comparison | Sweep")

_POINTS = 5  # in a message: enough to see where they lie


class GradientMismatch(AssertionError):
    """A gradient that torch computed is not the adjoint of the definition."""

    def __init__(self, comparison: Comparison | Sweep) -> None:
        self.comparison = comparison
        super().__init__(describe(comparison))

    def __reduce__(self) -> tuple[type[AssertionError], tuple[str]]:
        # Torch callables do not pickle; across processes the message is what matters.
        return (AssertionError, (str(self),))


def accepted(comparison: Found, accept: Verdict | str = Verdict.FAILS_AT_INFINITY) -> Found:
    """The comparison, if it fares no worse than `accept`.

    Raises: GradientMismatch if it does; ValueError if there is no such verdict.
    """
    if comparison.verdict.worse_than(verdict_named(accept)):
        raise GradientMismatch(comparison)
    return comparison


def describe(found: Comparison | Sweep) -> str:
    """The mismatch in words: activation, adjoint, worst input in exact bits, values, error."""
    comparison = found if isinstance(found, Comparison) else found.worst_points
    head = f"{comparison.subject}, {comparison.dtype}, {comparison.engine}: "
    if comparison.wrong_presence:
        name, problem = next(iter(comparison.wrong_presence.items()))
        return f"{head}{barred(name)} {problem}\n  reproduce with: {reproduction(comparison)}"
    worst = comparison.worst_adjoint
    if worst is None:
        return f"{head}there is no gradient to compare"
    if isinstance(found, Comparison):
        wrong, values = int((worst.judged.excess > 1).sum()), worst.computed.size
        statuses = worst.counts
    else:
        wrong, values, statuses = found.tally.wrong, found.values, found.counts()
    judgement = f"is wrong at {wrong}" if wrong else f"{worst.verdict}, and more was asked,"
    counts = ", ".join(f"{n} {status}" for status, n in statuses.items())
    point, bits = worst.worst, comparison.dtype.hex_bits
    inputs = ", ".join(f"{k} = {v!r} ({bits(v)})" for k, v in point.inputs.items())
    return "\n".join(
        [
            f"{head}{barred(worst.name)} {judgement} of {values} points",
            f"  worst input  {inputs or 'see the arrays in the comparison'}",
            f"  torch        {point.computed!r} ({bits(point.computed)})",
            f"  closed form  {point.truth!r}",
            f"  error        {point.ulp:.4g} ulp, relative {point.relative:.3g}",
            f"  allowed      {comparison.budget.absolute:g} ulp of max(|g|, 1)",
            f"  all points   {counts}",
            *_worst_points(worst),
            f"  reproduce    {reproduction(comparison)}",
        ]
    )


def _worst_points(adjoint: AdjointResult) -> list[str]:
    """The worst points as aligned columns; none where one line above says all."""
    points = adjoint.broken(_POINTS)
    if len(points) < 2:
        return []
    names = list(points[0].inputs)
    rows = [[*names, "torch", "closed form", "ulp", "status"]]
    for p in points:
        numbers = [*(p.inputs[name] for name in names), p.computed, p.truth]
        rows.append([*map(repr, numbers), f"{p.ulp:.3g}", str(p.status)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return ["  worst points", *(f"    {line}" for line in lines)]
