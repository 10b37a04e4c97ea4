"""Explain the words of a report, each once, with the numbers of the budget in their place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status, Verdict

_ALLOWED = Budget()  # a row has its own; the words are about what is usual

TERMS: Mapping[str, str] = MappingProxyType(
    {
        "ulp": "A unit in the last place: the gap between neighbouring numbers of the type at the "
        "true gradient g, 2^(max(⌊log₂|g|⌋, e_min) − p + 1) for p bits of significand. Half an ulp "
        "is the best that rounding can do.",
        "conditioned ulp": "The error over ulp(g) + u·Σ|v ∂g/∂v|: beside the rounding of the "
        "answer, what rounding each value it is computed from explains. Near a root of the "
        "derivative every sound formula is many ulp off, and few conditioned ulp.",
        "× allowed": "Of a function of whole tensors, the error over what is allowed: 2 ulp and 16 "
        "times what independent roundings of all operations that lead to the entry add up to.",
        "in bulk": "At finite inputs where the gradient is at least a sixteenth of its "
        "largest value.",
        "budget": f"What is allowed: for accurate, {_ALLOWED.accurate:g} conditioned ulp at every "
        f"point; for agrees, {_ALLOWED.absolute:g} ulp of max(|g|, 1). Beyond the second line a "
        "gradient is wrong.",
        "kink": "A point where the slope to the left and to the right differ. Any value between "
        "the two is a subgradient (Clarke 1983); which is taken is a convention.",
    }
)
VERDICTS: Mapping[str, str] = MappingProxyType({str(v): v.meaning for v in Verdict})
STATUSES: Mapping[str, str] = MappingProxyType(
    {str(s): s.meaning(_ALLOWED.accurate) for s in Status}
)
