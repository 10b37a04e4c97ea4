"""The failure a check raises: which gradient, where, by how much, and how to see it oneself."""

from __future__ import annotations

from comparisons.comparison import Comparison
from comparisons.reproduction import reproduction
from symdiff.notation.names import barred


class GradientMismatch(AssertionError):
    """A gradient that torch computed is not the adjoint of the definition."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        super().__init__(describe(comparison))

    def __reduce__(self) -> tuple[type[AssertionError], tuple[str]]:
        # Torch callables do not pickle; across processes the message is what matters.
        return (AssertionError, (str(self),))


def describe(comparison: Comparison) -> str:
    """The mismatch in words: activation, adjoint, worst input in exact bits, values, error."""
    head = f"{comparison.subject}, {comparison.dtype}, {comparison.engine}: "
    if comparison.wrong_presence:
        name, problem = next(iter(comparison.wrong_presence.items()))
        return f"{head}{barred(name)} {problem}\n  reproduce with: {reproduction(comparison)}"
    worst = comparison.worst_adjoint
    if worst is None:
        return f"{head}there is no gradient to compare"
    wrong = int((worst.judged.excess > 1).sum())
    counts = ", ".join(f"{n} {status}" for status, n in worst.counts.items())
    point, bits = worst.worst, comparison.dtype.hex_bits
    inputs = ", ".join(f"{k} = {v!r} ({bits(v)})" for k, v in point.inputs.items())
    return "\n".join(
        [
            f"{head}{barred(worst.name)} is wrong at {wrong} of {worst.computed.size} points",
            f"  worst input  {inputs or 'see the arrays in the comparison'}",
            f"  torch        {point.computed!r} ({bits(point.computed)})",
            f"  closed form  {point.truth!r}",
            f"  error        {point.ulp:.4g} ulp, relative {point.relative:.3g}",
            f"  allowed      {comparison.budget.absolute:g} ulp of max(|g|, 1)",
            f"  all points   {counts}",
            f"  reproduce    {reproduction(comparison)}",
        ]
    )
