"""Ask in float32 beside float64, where the code may have a branch of its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comparisons.careful.unasked import Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.modes.reverse import Reverse
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.bare import Bare

SINGLE = "float32"
_SUSPICIOUS = 2.0**-6  # of the norm: no digits lost, another number


def in_single(case: Case, bare: Bare) -> Iterator[Comparison | Unasked]:
    """The comparison in float32 if it is wrong; certified only where an estimate looks wrong."""
    if case.dtype.name != "float64":
        return
    try:
        kind = FLOAT_TYPES[SINGLE]
        asked = case_of(
            Asked(bare.again(kind), kind, device=case.setting.device, budget=case.budget)
        )
        expected = asked.derived.approximate(asked.inputs)
        found = asked.gradients(Reverse()).values
        for name, wanted in expected.items():
            got = found.get(name)
            if got is None:
                continue
            off = np.linalg.norm(np.ravel(got - wanted))
            if not off <= _SUSPICIOUS * np.linalg.norm(np.ravel(wanted)):
                answer = asked.answer(Reverse())
                if answer.verdict is Verdict.DISAGREES:  # float64 was asked: no other is held up
                    yield answer
                return
    except Exception as error:  # noqa: BLE001 - code need not run in float32
        yield Unasked(SINGLE, str(error).partition("\n")[0])
