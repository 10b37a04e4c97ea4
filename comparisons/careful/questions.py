"""Ask a user's code what a careful person would, the cheap and the likely questions first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from comparisons.careful.numbers.in_single import SINGLE
from comparisons.careful.numbers.other_arrays import other_arrays
from comparisons.careful.of_arrays import of_arrays
from comparisons.careful.of_entries import of_entries
from comparisons.careful.of_points import of_points, where_it_holds
from comparisons.careful.of_several import of_several
from comparisons.careful.unasked import Also, Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import FloatType
from comparisons.engines.engine import Engine
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.undisturbed import calling
from comparisons.results.comparison import Comparison
from comparisons.subjects.subject import Subject

Answer = Comparison | Unasked | Also


def careful(
    case: Case, *, elsewhere: bool = True, engines: Sequence[Engine] | None = None
) -> Iterator[Answer]:
    """The answers to all further questions about a case, if its code is the user's own.

    Args: elsewhere, whether at other points too, where the user did not say which; engines, of
        another framework, which are asked at the same points in place of torch's.
    """
    subject = case.subject
    written = subject.bare is not None and subject.bare.written
    alone = subject.alone if written else None
    if subject.alone is not None and engines is None and not subject.captured:
        yield from _alone(case, subject.alone())
    if subject.captured:
        yield from of_arrays(case, engines)
        if elsewhere and engines is None:
            yield from of_entries(case)
            bare = subject.bare
            if bare is not None and (written or bare.by_other_code) and not subject.pointwise:
                yield from other_arrays(case, bare)
        if alone is not None and engines is None and elsewhere:
            yield from _elsewhere(case, alone)
    elif subject.of_user and len(subject.graph.inputs) == 1 and case.cotangent == "ones":
        yield from of_points(case, elsewhere=elsewhere, engines=engines)
    elif subject.of_user and subject.definition is not None and engines is None:
        yield from of_several(case, elsewhere=elsewhere)


def asked_too(subject: Subject, dtype: FloatType) -> tuple[str, ...]:
    """The types that a check in a type looks at beside it, or reports as not looked at."""
    if dtype.name != "float64":
        return ("float64",) if subject.no_double else ()
    own = subject.bare is not None and not subject.pointwise and subject.framework == "torch"
    return (SINGLE,) if own else ()


def _alone(case: Case, subject: Subject) -> Iterator[Answer]:
    """A module as a function of its input: at every point, where the module's own are few."""
    alone = _case_of(case, subject)
    yield alone.answer(Reverse())
    if subject.of_user:
        yield from of_points(alone, elsewhere=True)


def _elsewhere(case: Case, alone: Callable[[], Subject]) -> Iterator[Answer]:
    """A backward written by hand, of a function entry by entry: at entries not given."""
    try:
        with calling(case.subject):
            subject = alone()
    except ValueError as error:
        yield Unasked("other points", str(error).partition(";")[0])
        return
    except Exception as error:  # noqa: BLE001 - code of one shape, say, may raise anything
        yield Unasked("other points", f"{type(error).__name__}: {error}".partition("\n")[0])
        return
    yield from where_it_holds(_case_of(case, subject))


def _case_of(case: Case, subject: Subject) -> Case:
    return case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))
