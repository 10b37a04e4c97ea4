"""What shows a property of many cases alike: a part of them in `make test`, the rest marked slow.

The part is fixed, and begins elsewhere in each test, so that a function is in some of them.
"""

from collections.abc import Collection, Iterable

import pytest

SLOW = pytest.mark.slow


def sampled(cases: Iterable[object], one_in: int, first: int = 0) -> list[object]:
    """Each `one_in`-th case beginning at the `first`, quick; those between are slow."""
    return [_marked(case, quick=i % one_in == first) for i, case in enumerate(cases)]


def in_turns(cases: Iterable[object], kinds: Collection[object], at_once: int = 1) -> list[object]:
    """Each case with each kind; quick with `at_once` of them, with others at the next case."""
    return [
        _marked((*_values(case), kind), quick=(j - i) % len(kinds) < at_once)
        for i, case in enumerate(cases)
        for j, kind in enumerate(kinds)
    ]


def _values(case: object) -> tuple[object, ...]:
    return case if isinstance(case, tuple) else (case,)


def _marked(case: object, *, quick: bool) -> object:
    marks = () if quick else (SLOW,)
    if hasattr(case, "marks"):  # made by pytest.param
        return pytest.param(*case.values, id=case.id, marks=(*case.marks, *marks))
    return pytest.param(*_values(case), marks=marks)
