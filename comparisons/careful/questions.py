"""What else to ask of a user's code: a generator of answers, the cheap and the likely first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comparisons.careful.in_single import SINGLE
from comparisons.careful.of_arrays import of_arrays
from comparisons.careful.of_points import of_points
from comparisons.careful.unasked import Unasked
from comparisons.case import Asked, Case, case_of
from comparisons.engines.engine import Engine
from comparisons.engines.modes.reverse import Reverse
from comparisons.results.comparison import Comparison
from comparisons.subjects.subject import Subject

Answer = Comparison | Unasked


def careful(
    case: Case, *, elsewhere: bool = True, engines: Sequence[Engine] | None = None
) -> Iterator[Answer]:
    """What else there is to say of the code of a case, if it is the user's own.

    Args: elsewhere, whether at other points too, where the user did not say which; engines, of
        another framework, which are asked at the same points in place of torch's.
    """
    subject = case.subject
    if subject.alone is not None and engines is None:
        yield from _alone(case, subject.alone)
    if subject.captured:
        yield from of_arrays(case, engines)
    elif subject.of_user and len(subject.graph.inputs) == 1 and case.cotangent == "ones":
        yield from of_points(case, elsewhere=elsewhere, engines=engines)


def asked_too(subject: Subject) -> tuple[str, ...]:
    """The types that a check in float64 looks at beside it."""
    own = subject.bare is not None and not subject.pointwise and subject.framework == "torch"
    return (SINGLE,) if own else ()


def _alone(case: Case, subject: Subject) -> Iterator[Answer]:
    """A module as a function of its input: at every point, where the module's own are few."""
    alone = case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))
    yield alone.answer(Reverse())
    if subject.of_user:
        yield from of_points(alone, elsewhere=True)
