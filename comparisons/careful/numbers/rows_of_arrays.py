"""Ask for other numbers of rows: one alone, all but the last, very many on two threads.

Asked where the rows of the inputs, along their first axis, have nothing to do with each other: a
row's gradient is then the same whatever stands beside it, and that of a weight a sum over rows.
Whether they have is seen from the graph: what becomes NaN where one row is NaN.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.careful.running.plain_run import (
    Arrays,
    Ran,
    cotangents_of,
    differs,
    inputs_of,
    plain_run,
)
from comparisons.careful.running.script import Script, Told, of_plain_run
from comparisons.careful.unasked import Unasked
from comparisons.cases.asked import Asked, case_of
from comparisons.cases.case import Case
from comparisons.dtypes import Float64Array
from comparisons.inputs.position import position
from comparisons.inputs.values import seeded
from comparisons.subjects.own.bare import Bare
from symdiff.array_types import IndexArray
from symdiff.graph import Input, topological

_MANY = 2**17 + 1  # entries: several threads have their share, and indices are beyond 16 bits
_SEVERAL = 2**12
_PATIENCE = 4.0  # seconds that very many rows may take
_ELSEWHERE = 0.1  # how far from the inputs, in the size of the largest
_ALIKE = 1e-6  # relatively, of what float64 arithmetic computes in two ways
_WHAT = "other numbers of rows"
_TWO_THREADS = "torch.set_num_threads(2)"


@dataclass(frozen=True, eq=False)
class RowsApart:
    """The inputs and outputs that have rows, each row a computation of its own."""

    count: int
    inputs: Sequence[str]
    without: Sequence[str]  # weights, and what else all rows share


def rows_of(case: Case, bare: Bare) -> RowsApart | None:
    """The rows of a case; None if there is one row, or rows depend on each other."""
    graph = case.subject.graph
    counts = {bare.shapes[y][:1] for y in bare.weights}
    if len(counts) != 1 or not all(counts) or min(counts)[0] < 2:
        return None
    ((count,),) = counts
    letters = {graph.lines[y].axes[:1] for y in bare.weights} - {()}
    inputs = {i.name: i.axes for i in graph.inputs if i.name not in bare.weights.values()}
    fitting = [n for n in inputs if bare.shapes[n][:1] == (count,)]
    used = {n.name for n in topological(graph.output_nodes) if isinstance(n, Input)}
    # what values alone go by, as a direction, is in no derivative and has rows all the same
    having = [n for n in fitting if inputs[n][:1] in letters or n not in used] or fitting
    others = [n for n in inputs if n not in having]
    if not having:
        return None
    rows = RowsApart(count, having, others)
    apart = all(_apart(case, bare, rows, row) for row in {0, count // 2, count - 1})
    return rows if apart and _alike(case, bare, rows) else None


def _apart(case: Case, bare: Bare, rows: RowsApart, row: int) -> bool:
    """Whether NaN in one row leaves all others as they are, by the graph."""
    at = dict(case.inputs)
    for name in (*rows.inputs, *bare.weights.values()):
        at[name] = np.array(at[name])
        at[name][row] = np.nan
    clean = case.derived.approximate(case.inputs)
    spoiled = case.derived.approximate(at)
    others = np.arange(rows.count) != row
    judged = [n for n in (*rows.inputs, *bare.weights.values()) if n in clean]
    return all(np.array_equal(clean[n][others], spoiled[n][others], equal_nan=True) for n in judged)


def _alike(case: Case, bare: Bare, rows: RowsApart) -> bool:
    """Whether rows in another order give the same in that order, by the graph: tril does not.

    At other numbers than those given, of which rows that are equal would not tell.
    """
    draw = seeded()
    moving = [*rows.inputs, *bare.weights.values()]
    at = {n: np.asarray(case.inputs[n], dtype=np.float64) for n in case.inputs}
    for name in moving:
        size = np.abs(at[name][np.isfinite(at[name])]).max(initial=0.0) or 1.0
        at[name] = at[name] + _ELSEWHERE * size * draw.normal(size=at[name].shape)
    before = case.derived.approximate(at)
    after = case.derived.approximate({**at, **{n: np.roll(at[n], 1, 0) for n in moving}})
    return all(
        np.allclose(np.roll(before[n], 1, 0), after[n], _ALIKE, equal_nan=True)
        for n in moving
        if n in before
    )


def other_rows(case: Case, bare: Bare, rows: RowsApart | None) -> Iterator[Told | Unasked]:
    """In words each input whose gradient is wrong for another number of rows."""
    if rows is None:
        yield Unasked(_WHAT, "a row's gradient depends on the other rows, or there are none")
        yield from _on_threads(case, bare)
        return
    if case.subject.draws:
        yield Unasked(_WHAT, "random numbers are drawn, others for each")
        return
    if tied := case.subject.tied(1):
        yield Unasked(_WHAT, f"gradient= is of these tensors alone: {tied}")
        yield from _on_threads(case, bare)
        return
    if any(shape[:1] == (rows.count,) for shape in bare.constants):
        # a kernel that does not look at its lengths would read beyond the end of an index
        yield Unasked(_WHAT, "an argument that is no input has as many")
        yield from _on_threads(case, bare)
        return
    given = inputs_of(case, bare)
    whole = plain_run(case, bare, given, cotangents_of(case, bare))
    entries = max(sum(given[n].size for n in rows.inputs), 1)
    spent = 0.0
    several, many = (np.tile(np.arange(rows.count), -(-n // entries)) for n in (_SEVERAL, _MANY))
    for chosen in (np.arange(1), np.arange(rows.count - 1), several, many):
        if chosen is many and spent * _MANY / _SEVERAL > _PATIENCE:
            return
        started = time.process_time()
        try:
            found = _of_rows(case, bare, rows, chosen)
        except Exception as error:  # noqa: BLE001 - code need not take another number of rows
            yield Unasked(_WHAT, str(error).partition("\n")[0])
            return
        spent = time.process_time() - started
        reason = _depends(case, bare, rows, chosen, whole, found)
        if reason:
            yield Unasked(_WHAT, reason)
            return
        wrong = list(_wrong_of_rows(case, bare, rows, chosen, found))
        if wrong and _is_its_own(case, bare, rows, chosen, found):
            yield Unasked(_WHAT, "a gradient depends on how many there are")
            return
        yield from wrong


def _on_threads(case: Case, bare: Bare) -> Iterator[Told]:
    """Ask once more on two threads."""
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    expected = plain_run(case, bare, given, v).gradients
    for name, got in _on_two_threads(case, bare, given, v).gradients.items():
        wanted = expected[name]
        if differs(case, name, got, wanted, 1.0):
            at, said = _worst(got, wanted)
            script = of_plain_run(case, bare, given, v).printing(_gradient(given, name), at)
            yield name, f"is wrong on two threads: {said}", f"{_TWO_THREADS}; {script}"


def _of_rows(case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray) -> Ran:
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    part = {n: a[chosen] if n in rows.inputs else a for n, a in given.items()}
    way = _on_two_threads if len(chosen) > rows.count else plain_run
    return way(case, bare, part, {y: a[chosen] for y, a in v.items()})


def _depends(
    case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray, whole: Ran, found: Ran
) -> str:
    """In words that a row's value depends on how many rows there are; empty if not."""
    times = max(1.0, len(chosen) / rows.count)
    for y, value in found.values.items():
        wanted = whole.values[y][chosen]
        if value.shape != wanted.shape or differs(case, bare.weights[y], value, wanted, times):
            return "the value of a row depends on how many there are"
    return ""


def _is_its_own(case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray, found: Ran) -> bool:
    """Whether the gradients are what the code computes of these rows, captured anew.

    A step that is detached goes into gradients alone, and may be divided by the number of entries.
    """
    if case.subject.surrogate or len(chosen) > rows.count:
        return False
    try:
        truth = _captured_anew(case, bare, rows, chosen)
    except Exception:  # noqa: BLE001 - of few rows code may be captured no more
        return False
    return all(
        n in truth and not differs(case, n, g, np.reshape(truth[n], g.shape), 1.0)
        for n, g in found.gradients.items()
    )


def _captured_anew(case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray) -> Arrays:
    """The adjoints of the code of these rows, by a graph of them alone."""
    import torch
    from torch.utils._pytree import tree_flatten, tree_unflatten

    leaves, structure = tree_flatten(bare.nearby.given)
    real = [
        i for i, a in enumerate(leaves) if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]
    asked = [i for i in real if leaves[i].requires_grad] or real
    for name, i in zip(inputs_of(case, bare), asked, strict=False):  # then come parameters
        if name in rows.inputs:
            part = leaves[i].detach()[torch.from_numpy(chosen)]
            leaves[i] = part.requires_grad_(leaves[i].requires_grad)
    subject = bare.at_others(*tree_unflatten(leaves, structure))
    alone = case_of(Asked(subject, case.dtype, device=case.setting.device, budget=case.budget))
    own = cotangents_of(case, bare)
    cotangents = {v: own[y][chosen] for y, v in subject.bare.weights.items()}
    given = {n: np.reshape(cotangents.get(n, x), np.shape(x)) for n, x in alone.inputs.items()}
    return alone.derived.approximate(given)


def _wrong_of_rows(
    case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray, found: Ran
) -> Iterator[Told]:
    times = max(1.0, len(chosen) / rows.count)
    threads = " on two threads" if len(chosen) > rows.count else ""
    for name, wanted in _expected(case, bare, rows, chosen).items():
        if name in rows.without and case.dtype.bits == 16 and len(chosen) > rows.count:
            continue  # a sum of very many in 16 bits stands still, in torch's own kernels too
        got = found.gradients[name]
        if differs(case, name, got, wanted, times):
            at, said = _worst(got, wanted)
            script = _script(case, bare, rows, chosen).printing(
                _gradient(inputs_of(case, bare), name), at
            )
            on = f"{_TWO_THREADS}; " if threads and script else ""
            yield name, f"is wrong for {_number(chosen)}{threads}: {said}", f"{on}{script}"


def _script(case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray) -> Script:
    """The gradients for these rows, which are some, or all over and over."""
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    several = len(chosen) > rows.count
    index = f"[torch.arange({len(chosen)}) % {rows.count}]" if several else f"[:{len(chosen)}]"
    return of_plain_run(case, bare, given, v, (index, {*rows.inputs, *v}))


def _gradient(inputs: Iterable[str], name: str) -> str:
    return f"§g[{list(inputs).index(name)}]"


def _number(chosen: IndexArray) -> str:
    return f"{len(chosen):,} rows" if len(chosen) > 1 else "one row"


def _expected(case: Case, bare: Bare, rows: RowsApart, chosen: IndexArray) -> Arrays:
    """The gradients for these rows: each row's own, and of weights what the rows add up to.

    By the code itself, of all rows at once, whose cotangents are taken as often as the rows are.
    """
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    often = np.bincount(chosen, minlength=rows.count).astype(np.float64)
    weighted = {y: a * often.reshape(-1, *(1,) * (a.ndim - 1)) for y, a in v.items()}
    own, added = (plain_run(case, bare, given, at).gradients for at in (v, weighted))
    return {n: own[n][chosen] if n in rows.inputs else added[n] for n in own}


def _worst(got: Float64Array, wanted: Float64Array) -> tuple[tuple[int, ...], str]:
    """The entry that is furthest off: where it is, and it in words."""
    off = np.where(np.isfinite(got), np.abs(got - np.nan_to_num(wanted)), np.inf)
    index = tuple(map(int, np.unravel_index(int(np.argmax(off)), got.shape)))
    place = f"{position(index)} " if index else ""
    return index, f"{place}{float(got[index])!r} for {float(wanted[index])!r}"


def _on_two_threads(case: Case, bare: Bare, inputs: Arrays, cotangents: Arrays) -> Ran:
    return plain_run(case, bare, inputs, cotangents, threads=2)
