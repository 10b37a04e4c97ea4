"""Tell where a gradient is NaN for want of one: at the tip of a norm, where two points meet.

There it has no derivative. torch's own norm takes 0 for its share, and a root of a sum of squares
NaN, which spoils the whole sum over other points.
"""

from __future__ import annotations

import numpy as np

from comparisons.dtypes import float_type
from comparisons.engines.call import run
from comparisons.engines.engine import Setting
from comparisons.inputs.values import Inputs
from comparisons.results.comparison import Comparison
from comparisons.subjects.subject import Subject

_STEP = 2.0**-20
_APART = 2.0**-10  # relatively, of slopes on two sides; curvature makes less of the step
_MOST = 8  # entries that are looked at


def is_nan_at_a_tip(answer: Comparison) -> bool:
    """Whether all that is wrong is NaN, for 0 or where the values have two slopes."""
    if answer.wrong_presence:
        return False
    left = _MOST
    for name, found in answer.adjoints.items():
        wrong = found.judgement.excess > 1
        if not np.isnan(found.computed[wrong]).all():
            return False
        for index in map(tuple, np.argwhere(wrong & (found.enclosure.high != 0))):
            if left and not _has_two_slopes(answer.subject, found.inputs, name, index):
                return False
            left = max(0, left - 1)
    return True


def _has_two_slopes(subject: Subject, inputs: Inputs, name: str, index: tuple[int, ...]) -> bool:
    """Whether the output's slopes by one entry differ before and behind it, in float64."""
    setting = Setting(float_type("float64"))
    size = np.abs(inputs[name]).max(initial=0.0) or 1.0

    def output(by: float) -> float:
        at = {n: np.array(x, dtype=np.float64) for n, x in inputs.items()}
        at[name][index] += by * size * _STEP
        found = run(subject, setting.leaves(subject, at))[subject.graph.output_name]
        return float(found.detach())

    try:
        before, here, behind = output(-1), output(0), output(1)
    except Exception:  # noqa: BLE001 - code that is not made for float64 may raise anything
        return False
    one, other = here - before, behind - here
    return bool(abs(one - other) > _APART * max(abs(one), abs(other)))
