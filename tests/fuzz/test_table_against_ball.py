"""Certified values of tables of random formulas against balls: none contradicts."""

from __future__ import annotations

import time
from itertools import count

import numpy as np
import pytest
from formulas import case
from fuzz_pool import SECONDS, Settings, Tally, Worker, report, task
from symdiff_asked import apart

from symdiff.oracle.enclosures.enclosure import Enclosure

_TWO_GIVE_UP = 40  # times as many formulas as would do are tried at most


def compare(values: int, each: int, seed: int, record: list[str] | None = None) -> Tally:
    """So many certified table values, `each` at most of a formula, held against the ball."""
    tally, began = Tally(), time.monotonic()
    most = _TWO_GIVE_UP * values // each
    with Worker() as worker:
        for i in count():
            if tally.counts["table values compared"] >= values or i >= most:
                break
            job = task(case(f"{seed}:table:{i}"), Settings(points=0, grid=0, seconds=SECONDS))
            worker.run({**job, "compare": each, "seed": i}, tally)
    if record is not None:
        record.append(
            f"{tally.counts['table values compared']:,} values of {tally.formulas} formulas in "
            f"{time.monotonic() - began:.0f} s"
        )
    return tally


def contradictions(tally: Tally) -> list[str]:
    """Those found; a hang is another test's."""
    return [str(f) for f in tally.findings if f.kind.startswith("contradiction")]


def test_some_table_values_are_in_their_balls(record_property):
    """5,000 of random formulas, seed 20; the time is in the test's record."""
    spent: list[str] = []
    tally = compare(5_000, 1_500, seed=20, record=spent)
    record_property("table_against_ball", spent[0])
    assert contradictions(tally) == [], report(tally)
    assert tally.counts["table values compared"] >= 5_000


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_ten_million_table_values_are_in_their_balls(part, record_property):
    """A million values in each part, seeds 30 to 39."""
    spent: list[str] = []
    tally = compare(1_000_000, 20_000, seed=30 + part, record=spent)
    record_property("table_against_ball", spent[0])
    assert contradictions(tally) == [], report(tally)
    assert tally.counts["table values compared"] >= 1_000_000


def test_enclosures_that_are_apart_are_seen():
    """Of equal, touching and separate enclosures only the last are apart."""

    def enclosure(high: list[float], bound: list[float]) -> Enclosure:
        size = len(high)
        return Enclosure(np.array(high), np.zeros(size), np.array(bound), np.ones(size, dtype=bool))

    a = enclosure([1.0, 1.0, 1.0, 1e300, 0.0], [0.0, 1e-10, 1e-10, 1e280, 0.0])
    b = enclosure([1.0, 1.0 + 1e-10, 1.0 + 3e-10, -1e300, 5e-324], [0.0, 1e-10, 1e-10, 0.0, 0.0])
    assert [False, False, True, True, True] == apart(a, b).tolist()
