"""Tallies: counts and extremes that add up in any order."""

import json
import random

import pytest

from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.envelope import Bin
from comparisons.sweeps.tally import Extreme, Tally


def extreme(pattern, ulp=1.0, excess=0.5):
    """A point that only its pattern and errors tell apart."""
    return Extreme(pattern, 0.25, 1.0, 1.5, ulp, excess)


PARTS = [
    Tally({Status.CORRECT: 10}, 0.5, 1, 0, {}),
    Tally({Status.CORRECT: 5, Status.LOST: 2}, 0.7, 0, 1, {Status.LOST: extreme(9, 8.0, 0.9)}),
    Tally({Status.LOST: 1}, 0.1, 0, 0, {Status.LOST: extreme(7, 8.0, 0.9)}),
    Tally(
        {Status.FAITHFUL: 4},
        0.9,
        2,
        0,
        {Status.FAITHFUL: extreme(3, 0.9, 0.1)},
        conditioned_ulp=0.8,
        envelope={-3: Bin(0.9, 0.1, 32.0, 0), 4: Bin(0.5, 0.75, 40.0, 2)},
    ),
    Tally(conditioned_ulp=0.7, envelope={4: Bin(0.25, 1.5, 36.0, 1)}),
]


def test_the_order_of_adding_does_not_matter():
    """Every permutation (seed 11) gives the same total; of equal extremes the lower pattern."""
    draw = random.Random(11)  # noqa: S311 - a seeded shuffle
    totals = []
    for _ in range(20):
        parts = PARTS.copy()
        draw.shuffle(parts)
        totals.append(sum(parts, Tally()).to_json())

    assert all(total == totals[0] for total in totals)
    total = Tally.from_json(totals[0])
    assert total.counts == {Status.CORRECT: 15, Status.FAITHFUL: 4, Status.LOST: 3}
    assert (total.values, total.bulk_ulp, total.by_ball, total.uncertified) == (22, 0.9, 3, 1)
    assert total.worst[Status.LOST].pattern == 7
    assert (total.conditioned_ulp, total.wrong) == (0.8, 3)
    assert total.envelope == {-3: Bin(0.9, 0.1, 32.0, 0), 4: Bin(0.5, 1.5, 40.0, 3)}


def test_json_keeps_every_bit():
    """To text and back is the same tally."""
    total = sum(PARTS, Tally())

    assert Tally.from_json(json.loads(json.dumps(total.to_json(), allow_nan=False))) == total


@pytest.mark.parametrize("data", [{}, {"counts": {"no such status": 1}}, {"counts": None}])
def test_what_is_no_tally_is_refused(data):
    """A damaged record raises, and is not taken for an empty one."""
    with pytest.raises((KeyError, ValueError, TypeError, AttributeError)):
        Tally.from_json(data)


def test_the_verdict_is_that_of_the_points():
    """Lost values agree, a point beyond the budget disagrees, else it is accurate."""
    assert Tally({Status.CORRECT: 1}).verdict is Verdict.ACCURATE
    assert sum(PARTS, Tally()).verdict is Verdict.AGREES
    beyond = Tally({Status.INACCURATE: 1}, worst={Status.INACCURATE: extreme(1, 99.0, 1.1)})
    assert (PARTS[0] + beyond).verdict is Verdict.DISAGREES
    first = (PARTS[1] + beyond).by_wrongness()[0]
    assert first == (Status.INACCURATE, beyond.worst[Status.INACCURATE])
