"""What a careful person asks beside one gradient: other circumstances of the same code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from comparisons.case import Case
from comparisons.dtypes import Float64Array, FloatType
from comparisons.engines.accumulated import Accumulated
from comparisons.engines.engine import Engine
from comparisons.engines.long import Long
from comparisons.engines.noncontiguous import NonContiguous
from comparisons.engines.reverse import Reverse
from comparisons.engines.strided import Strided
from comparisons.engines.tails import Tails
from comparisons.engines.transposed import Transposed
from comparisons.engines.value import Value
from comparisons.engines.with_nan import WithNan
from comparisons.inputs.values import COTANGENT, seeded

# Of a user's function of points, at random points and for a random cotangent.
_OF_POINTS: tuple[Engine, ...] = (
    Value(),
    Reverse(),
    Accumulated(),
    Strided(),
    Transposed(),
    Tails(),
    WithNan(),
    Long(),
)
# Of captured code, whose cotangent is random already.
_OF_ARRAYS: tuple[Engine, ...] = (NonContiguous(), Accumulated())
_RANDOM_POINTS = 2**15


@dataclass(frozen=True)
class Question:
    """A case and how torch is to differentiate it."""

    case: Case
    engine: Engine


def careful(
    case: Case, *, elsewhere: bool = True, engines: Sequence[Engine] | None = None
) -> Iterator[Question]:
    """What else to ask of the code of a case, if it is the user's own; nothing of torch's.

    Args: elsewhere, whether at other points too, where the user did not say which; engines, by
        default those of torch that lay tensors out otherwise.
    """
    subject = case.subject
    if subject.captured:
        asked, chosen = case, engines or _OF_ARRAYS
    elif subject.of_user and len(subject.graph.inputs) == 1 and case.cotangent == "ones":
        asked, chosen = _of_points(case, elsewhere=elsewhere), engines or _OF_POINTS
    else:
        return
    for engine in chosen:
        if engine.refuses(subject) is None and engine.unavailable() is None:
            yield Question(asked, engine)


def _of_points(case: Case, *, elsewhere: bool) -> Case:
    """The case for a random cotangent, at random points between those it was at.

    The cotangent is between 1 and 2 in size: a smaller one would ask for f' where it overflows.
    """
    ((name, given),) = case.inputs.items()
    points = _random_points(case.dtype) if elsewhere else given
    draw = seeded()
    sizes = draw.uniform(1, 2, size=points.shape) * draw.choice([-1.0, 1.0], size=points.shape)
    inputs = {name: points, COTANGENT: case.dtype.round(sizes)}
    return replace(case, inputs=inputs, cotangent="random")


def _random_points(dtype: FloatType) -> Float64Array:
    """Half of them uniform over [−8, 8], a distance of 10⁻³ apart; half over all magnitudes."""
    draw = seeded()
    near = draw.uniform(-8, 8, size=_RANDOM_POINTS // 2)
    exponents = draw.uniform(dtype.e_min, dtype.e_max, size=_RANDOM_POINTS // 4)
    usual = draw.uniform(-20, 10, size=_RANDOM_POINTS // 4)  # where most inputs are
    sizes = np.exp2(np.concatenate([exponents, usual]))
    signs = draw.choice([-1.0, 1.0], size=sizes.shape)
    return draw.permutation(dtype.round(np.concatenate([near, signs * sizes])))
