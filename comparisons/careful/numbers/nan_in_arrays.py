"""Put a NaN into one row of an array: the gradient must keep it, and keep it in that row.

A backward is linear in the cotangent: a NaN there is one in every gradient that depends on it. Code
whose rows have something to do with each other, as batch_norm's have, may well spread it; so what
is asked of other rows is asked only where the graph says that they are apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from comparisons.careful.numbers.rows_of_arrays import RowsApart
from comparisons.careful.running.plain_run import Arrays, cotangents_of, inputs_of, plain_run
from comparisons.careful.running.script import Told, of_plain_run
from comparisons.cases.case import Case
from comparisons.inputs.position import position
from comparisons.inputs.values import seeded
from comparisons.subjects.own.bare import Bare
from symdiff.array_types import BoolArray

_CLEAR = 2.0**-10  # of the largest: a slope that is not 0


def nan_in_arrays(case: Case, bare: Bare, rows: RowsApart | None) -> Iterator[Told]:
    """In words each input whose gradient loses a NaN or passes it on to other rows."""
    yield from _in_cotangent(case, bare, rows)
    if rows is not None and not bare.fixed:
        yield from _in_a_row(case, bare, rows)


def _in_cotangent(case: Case, bare: Bare, rows: RowsApart | None) -> Iterator[Told]:
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    y = next((y for y in v if v[y].size), None)
    if y is None:
        return
    at = int(seeded().integers(v[y].size))
    spoiled, unit = np.array(v[y]), np.zeros(v[y].shape)
    spoiled.flat[at], unit.flat[at] = np.nan, 1.0
    only = {other: np.zeros(a.shape) for other, a in v.items()}
    slopes = plain_run(case, bare, given, {**only, y: unit}).gradients
    found = plain_run(case, bare, given, {**v, y: spoiled}).gradients
    clean = plain_run(case, bare, given, v).gradients
    shown = partial(_shown, case, bare, given, {**v, y: spoiled})
    for name, got in found.items():
        slope = np.abs(slopes[name])
        moved = np.isfinite(slope) & (slope > _CLEAR * np.nanmax(slope, initial=0.0))
        swallowed = moved & ~np.isnan(got)
        if swallowed.any():
            where = _first(swallowed)
            number = float(got[where])
            said = f"is {number!r}{_at(where)} for a cotangent of NaN: it is swallowed"
            yield name, said, shown(name, where)
        elif rows is not None and name in rows.inputs:
            row = np.unravel_index(at, v[y].shape)[0]
            spread = np.isnan(got) & ~np.isnan(clean[name])
            spread[row] = False
            if spread.any():
                where = _first(spread)
                said = f"is NaN{_at(where)} if the cotangent of row {row} holds a NaN"
                yield name, said, shown(name, where)


def _in_a_row(case: Case, bare: Bare, rows: RowsApart) -> Iterator[Told]:
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    row = rows.count // 2
    spoiled = dict(given)
    for name in rows.inputs:
        spoiled[name] = np.array(given[name])
        spoiled[name][row] = np.nan
    try:
        found = plain_run(case, bare, spoiled, v)
    except Exception:  # noqa: BLE001 - code may refuse NaN
        return
    clean = plain_run(case, bare, given, v)
    others = np.arange(rows.count) != row
    for y, value in found.values.items():
        if np.isnan(value[others]).any() and not np.isnan(clean.values[y][others]).any():
            return  # the value itself is of all rows
    for name in rows.inputs:
        spread = np.isnan(found.gradients[name]) & ~np.isnan(clean.gradients[name])
        spread[row] = False
        if spread.any():
            where = _first(spread)
            said = f"is NaN{_at(where)} if row {row} of the inputs is NaN"
            yield name, said, _shown(case, bare, spoiled, v, name, where)


def _shown(
    case: Case, bare: Bare, given: Arrays, v: Arrays, name: str, where: tuple[int, ...]
) -> str:
    """The statements that print an entry of a gradient."""
    place = f"§g[{list(given).index(name)}]"
    return of_plain_run(case, bare, given, v).printing(place, where)


def _at(where: tuple[int, ...]) -> str:
    return f" at {position(where)}" if where else ""


def _first(where: BoolArray) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(where)[0])
