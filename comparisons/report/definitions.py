"""What the words of a report mean, each once."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.verdict import Status, Verdict

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "ulp": "A unit in the last place: the gap between neighbouring numbers of the type at the "
        "true gradient g, 2^(max(⌊log₂|g|⌋, e_min) − p + 1) for p bits of significand. Half an ulp "
        "is the best that rounding can do.",
        "conditioned ulp": "The error over ulp(g) + u·Σ|v ∂g/∂v|: beside the rounding of the "
        "answer, what rounding each value it is computed from explains. Near a root of the "
        "derivative every sound formula is many ulp off, and few conditioned ulp.",
        "in bulk": "At finite inputs where the gradient is at least a sixteenth of its "
        "largest value.",
        "budget": "What is allowed: for accurate, 4 conditioned ulp at every point; for agrees, "
        "32 ulp of max(|g|, 1). Beyond the second line a gradient is wrong.",
        "kink": "A point where the slope to the left and to the right differ. Any value between "
        "the two is a subgradient (Clarke 1983); which is taken is a convention.",
    }
)

VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.ACCURATE: "Within what the type could give, at every point.",
        Verdict.AGREES: "Sound, but small gradients have lost their relative accuracy.",
        Verdict.FAILS_AT_INFINITY: "Sound at every finite input, but NaN or wrong at ±∞, where the "
        "gradient has a limit.",
        Verdict.DISAGREES: "Wrong somewhere.",
    }
)

STATUSES: Mapping[Status, str] = MappingProxyType(
    {
        Status.CORRECT: "At most half an ulp off: no number of the type is nearer the truth.",
        Status.FAITHFUL: "Less than one ulp off: one of the two neighbours of the truth.",
        Status.WITHIN: "At most 4 conditioned ulp off.",
        Status.KINK_INSIDE: "At a kink, between the slopes on its two sides.",
        Status.UNDEFINED: "NaN or ∞ where there is no gradient: at a pole, or outside the domain.",
        Status.OUTSIDE: "A number where there is no gradient: counted, not judged.",
        Status.NOT_CERTIFIED: "The truth could not be certified here: counted, not judged.",
        Status.NON_FINITE_INPUT: "The input is NaN, or ±∞ without a limit: counted, not judged.",
        Status.NAN_IGNORED: "NaN went in and a number came out: counted, not judged.",
        Status.INACCURATE: "Further off than 4 conditioned ulp.",
        Status.LOST: "Zero or subnormal, where the truth is a normal number.",
        Status.WRONG_SIGN: "Of the other sign than the truth.",
        Status.AT_INFINITY: "At ±∞, NaN or another number than the limit of the gradient.",
        Status.KINK_OUTSIDE: "At a kink, not between the slopes on its two sides.",
        Status.SPURIOUS: "NaN or ∞ where the truth is finite.",
        Status.MISSED: "Finite, or the wrong ∞, where the truth is beyond the largest number.",
    }
)

MARKS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.ACCURATE: "✓",
        Verdict.AGREES: "≈",
        Verdict.FAILS_AT_INFINITY: "∞",
        Verdict.DISAGREES: "✗",
    }
)
# Beyond what is sound; those before are fine, or not judged.
WRONG = tuple(
    map(
        str,
        (
            Status.SPURIOUS,
            Status.MISSED,
            Status.KINK_OUTSIDE,
            Status.WRONG_SIGN,
            Status.LOST,
            Status.INACCURATE,
            Status.AT_INFINITY,
        ),
    )
)
