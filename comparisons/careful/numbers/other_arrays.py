"""Ask a hand-written backward, or code judged by other code, at other arguments than those given.

A softmax whose backward drops a row that has no positive entry is right wherever a row of normal
numbers was drawn. So the code is captured anew at arguments that it would take as well, and what
looks wrong there is judged as what was given is.

Then the entries are made larger and smaller by powers of two, as far as the code's own values are
what its forward says: nothing is asked where that leaves its type or loses its digits. A backward
that overflows where the forward does not is wrong at entries of some hundred, as e^x/(1 + e^x)² is;
beyond, and where entries are subnormal, only numbers are held against it. At the furthest scale
four factors of that size are numbers of the type still: a norm may be squared.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from comparisons.careful.numbers import moves
from comparisons.careful.numbers.iterations import goes_on, stops_sooner
from comparisons.careful.numbers.suspicion import arguments_of, norms, steady, suspicious
from comparisons.careful.numbers.tips import is_nan_at_a_tip
from comparisons.careful.unasked import Also, Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.engines.call import run
from comparisons.engines.modes.reverse import Reverse
from comparisons.engines.undisturbed import calling
from comparisons.judge.vocabulary import Verdict
from comparisons.results.comparison import Comparison
from comparisons.subjects.own.arguments import MOST_AXES
from comparisons.subjects.own.bare import Bare

_WHAT = "other arrays"
_SCALES = (6, 9, 20, 60)  # exponents of the entries' scales, from the nearest on
_OVERFLOWING = 9  # beyond it, where entries are some thousand, only numbers are held against code
_LONG = 1.0  # seconds that a check at a scale may take, so that a larger one is asked too
_TOGETHER, _TOGETHER_ELSE = {"float64": 200}, 28  # the furthest, of all arguments together
# Operations of code at longer axes, and how often it may take those of the axes given: each is
# captured, derived and evaluated, in some milliseconds. A recurrence over 131 steps takes fewer:
# the definition of a kernel that goes by blocks may be one.
_OPERATIONS, _TIMES = 1500, 4
_MOST_ALONE = 3  # arguments that are moved each by itself
_ONES = "the ones on a diagonal that are not given do not grow, and their triangle gets singular"
_CHOSEN = "the inputs look chosen: of one sign, or with equal entries, sums or norms"


def other_arrays(case: Case, bare: Bare) -> Iterator[Comparison | Unasked | Also]:
    """The comparisons at other arguments that are wrong, and in words what else was asked."""
    why = _obstacle(case)
    if why:
        yield Unasked(_WHAT, why)
        return
    asked: list[str] = []
    with calling(case.subject):
        sizes = norms(case)
        free = any(moves.is_free(np.asarray(case.inputs[name])) for name in arguments_of(case))
        if not free:
            yield Unasked("other numbers", _CHOSEN)
        for name, change in _changes(case, bare, free=free):
            found = _asked(case, bare, name, change, sizes)
            if isinstance(found, Comparison) and is_nan_at_a_tip(found):
                found = Unasked(name, "its gradient is NaN there, where there is none")
            if isinstance(found, Unasked):
                yield found
            elif found is not None:
                asked.append(name)
            if isinstance(found, Comparison):
                yield found
                return
        if free:
            yield from _scaled(case, bare, sizes, asked)
    if asked:
        yield Also(f"the same at {', '.join(asked)}")


def _changes(case: Case, bare: Bare, *, free: bool) -> Iterator[tuple[str, moves.Change]]:
    """The ways to change the arguments, by name, their scales left out.

    Args: free, whether some of them look as if any numbers would do.
    """
    given, solves = bare.nearby.given, case.subject.shared == "matrix"
    if case.subject.surrogate:  # of which gradient= may say another thing where numbers are equal
        yield from moves.OF_SIZES.items() if free else ()
        return
    if free:
        yield from moves.OF_NUMBERS.items()
    if free and not solves:
        yield from moves.OF_LESS_RANK.items()
    if not bare.stores:
        yield from moves.of_integers(given).items()
    if not solves:
        least = _operations(bare, lambda given: given) or 0
        runs = partial(_runs, bare, most=max(_OPERATIONS, _TIMES * least))
        yield from moves.of_lengths(given, runs, apart=bare.stores)


def _runs(bare: Bare, change: moves.Change, *, most: float) -> bool:
    """Whether the code that is the definition runs at arguments that are changed, and soon."""
    return _operations(bare, change, most) is not None


def _operations(bare: Bare, change: moves.Change, most: float = float("inf")) -> int | None:
    """How many operations the definition takes at arguments changed; None if it does not run.

    Args: most, after how many it is left.
    """
    from comparisons.capture.running.code import code_of
    from comparisons.engines.operations import operations

    try:
        arguments, named = change(bare.nearby.given)
        code = code_of(bare.nearby.function, arguments, named, ())
        return operations(lambda: code(code.inputs), most)
    except Exception:  # noqa: BLE001 - code need not be made for such arguments
        return None


def _scaled(
    case: Case, bare: Bare, sizes: Mapping[str, float], asked: list[str]
) -> Iterator[Comparison | Unasked]:
    """The same at entries of other scales; to `asked` is added which."""
    powers = [0]
    if bare.ones:
        yield Unasked("larger entries", _ONES)
    for ladder in _scales(case)[bare.ones :]:
        for power in ladder:
            name, change = f"entries 2^{power} times as large", moves.scaled(power)
            started = time.process_time()
            found = _asked(case, bare, name, change, sizes, 2.0**power)
            if isinstance(found, Comparison) and (
                abs(power) <= _OVERFLOWING or _is_a_number(found)
            ):
                yield found
                return
            if isinstance(found, Comparison):
                yield Unasked(name, "its backward overflows")
            elif isinstance(found, Unasked):
                yield found
            if found is not True:
                break
            powers.append(power)
            if time.process_time() - started > _LONG:  # a loop up to the entries, say
                yield Unasked(f"entries more than 2^{power} times as large", "it takes long")
                break
    subnormal = False
    for name in arguments_of(case)[:_MOST_ALONE]:
        change = moves.subnormal(case.dtype, np.asarray(case.inputs[name]))
        found = _asked(case, bare, f"entries of {name} that are subnormal", change, {}, 1.0)
        if isinstance(found, Comparison) and _is_a_number(found):
            yield found
            return
        subnormal |= found is True
    if len(powers) > 1:
        asked.append(f"entries from 2^{min(powers)} to 2^{max(powers)} times as large")
    asked += ["entries subnormal in one argument"] if subnormal else []


def _asked(
    case: Case,
    bare: Bare,
    name: str,
    change: moves.Change,
    sizes: Mapping[str, float],
    scale: float | None = None,
) -> Comparison | Unasked | bool | None:
    """The comparison at arguments changed, if it is wrong; None if nothing can be said there.

    Args: sizes, of the gradients at the given arrays; scale, of the entries, if they are scaled.
    """
    with warnings.catch_warnings(action="ignore"):  # of arguments that the user did not give
        arguments, named = change(bare.nearby.given)
        try:
            subject = bare.at_others(arguments, named)
            asked = Asked(subject, case.dtype, device=case.setting.device, budget=case.budget)
            moved = case_of(asked)
        except Exception:  # noqa: BLE001 - code need not be made for such arguments
            return None
        try:
            found = moved.gradients(Reverse()).values
        except Exception as error:  # noqa: BLE001 - the user's code may raise anything
            return _raising(moved, name, error)
        try:
            looks_wrong = suspicious(moved, found, sizes, scale)
            if looks_wrong and scale is not None and not steady(moved):
                return None
        except Exception:  # noqa: BLE001 - what cannot be estimated there
            return None
        if looks_wrong and goes_on(case, moved):
            return Unasked(name, "an iteration that comes to rest at those given does not there")
        if looks_wrong and scale is not None and stops_sooner(case, moved):
            return Unasked(name, "an iteration stops there after fewer steps than at those given")
        if looks_wrong:
            named = replace(moved.subject, name=f"{case.subject} at {name}")
            answer = replace(moved, subject=named).answer(Reverse())
            if answer.verdict is Verdict.DISAGREES:
                return answer
        return None if looks_wrong is None else True


def _raising(moved: Case, name: str, error: Exception) -> Unasked | None:
    """In words that the backward raises where the forward does not."""
    try:
        run(moved.subject, moved.setting.leaves(moved.subject, moved.inputs))
    except Exception:  # noqa: BLE001 - as above
        return None
    said = str(error).partition("\n")[0]
    return Unasked(name, f"its backward raises {type(error).__name__}: {said}")


def _scales(case: Case) -> list[list[int]]:
    """Exponents by which each argument is scaled, larger ones and smaller ones."""
    count = max(1, len(arguments_of(case)))
    furthest = _TOGETHER.get(case.dtype.name, _TOGETHER_ELSE) // count
    powers = [p for p in (*_SCALES, furthest) if p <= furthest]
    return [powers, [-p for p in powers]]


def _is_a_number(answer: Comparison) -> bool:
    """Whether what is wrong is no overflow."""
    return all(np.isfinite(a.computed).all() for a in answer.adjoints.values())


def _obstacle(case: Case) -> str:
    """Why other arrays are not asked; empty if they are."""
    if tied := case.subject.tied(MOST_AXES):
        return f"gradient= is of these tensors alone: {tied}"
    if case.subject.draws:
        return "random numbers are drawn"
    if case.dtype.bits == 16:
        return "a type of few digits"
    if sum(np.size(x) for x in case.inputs.values()) > moves.MOST:
        return "many entries"
    return ""
