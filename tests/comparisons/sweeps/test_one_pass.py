"""The compiled passes change the speed of a sweep and not a number of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status
from comparisons.sweeps import blocks
from comparisons.sweeps.blocks import CHUNK, Prepared, prepared
from comparisons.sweeps.faithful import OTHER, classify, sort_patterns
from comparisons.sweeps.points import Left
from comparisons.sweeps.recipe import Recipe

SIZE = 2**16


class Spoilt(Prepared):
    """A subject whose gradients are off: by nothing, by some ulps, by much, lost, or NaN."""

    def _computed(self, values):
        """torch's, spoilt in one of sixteen points."""
        found = super()._computed(values).copy()
        rng = np.random.default_rng(int(values.view(np.uint32)[0]))
        off = np.flatnonzero(rng.random(found.size) < 1 / 16)
        bits = found.view(np.int32)
        bits[off] += rng.integers(-40, 40, off.size, dtype=np.int32)
        kinds = rng.integers(0, 40, off.size)
        found[off[kinds == 0]] *= -1
        found[off[kinds == 1]] = 0
        found[off[kinds == 2]] = np.nan
        found[off[kinds == 3]] = np.inf
        found[off[kinds == 4]] += rng.normal(size=(kinds == 4).sum()).astype(np.float32)
        return found


@pytest.fixture
def small(monkeypatch):
    """Chunks of 2¹⁶ points."""
    monkeypatch.setattr(blocks, "CHUNK", SIZE)


def told(tally):
    """All its numbers, NaN equal to itself."""
    return json.dumps(tally.to_json(), sort_keys=True)


def in_full(subject, start, monkeypatch):
    """The tally with every point that is not plainly faithful judged by the judge."""
    with monkeypatch.context() as patched:
        patched.setattr(Prepared, "table", None)
        patched.setattr(blocks, "fit_for", lambda computed, *_: np.zeros(computed.shape, bool))
        return Spoilt(subject.subject, subject.recipe).chunk(start)


@pytest.mark.parametrize("units", [0, 1, -1, 2])
@pytest.mark.parametrize("name", ["gelu", "softplus", "tanh"])
@pytest.mark.parametrize("start", [0, 0x20000000, 0x38800000, 0x42000000, 0xC2C80000], ids=hex)
def test_one_truth_and_one_gradient_over_many_points(name, start, units):
    """They are counted as point by point: torch's gradients, all but one moved by some units."""
    ready = prepared(Recipe(name, (), "float32", "reverse", Budget()))
    values = np.arange(start, start + SIZE, dtype=np.uint32).view(np.float32)
    computed = ready._computed(values).copy()
    computed.view(np.int32)[1:] += units
    by_point = classify(
        computed.astype(float), ready.table.enclose(values), ready.dtype, ready.bulk_from
    )

    found = sort_patterns(start, computed, ready.table, ready.dtype, ready.bulk_from)
    open_ = ~ready.table.enclose(values).certified
    counts = np.bincount(by_point.kind[~open_], minlength=3)
    assert [found.correct, found.faithful, len(found.other)] == counts.tolist()
    assert found.open.tolist() == np.flatnonzero(open_).tolist()
    assert found.most == by_point.most
    assert found.other.tolist() == np.flatnonzero((by_point.kind == OTHER) & ~open_).tolist()


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", ["gelu", "softplus", "leaky_relu", "hardsigmoid", "identity"])
@pytest.mark.parametrize("start", [0x3F800000 - SIZE // 2, 0xC1000000, 0x00000000], ids=hex)
def test_a_tally_is_the_judge_s(name, start, monkeypatch):
    """Counts, worst points, extremes and envelope, where everything is wrong that can be."""
    start -= start % SIZE
    ready = prepared(Recipe(name, (), "float32", "reverse", Budget()))
    quick = Spoilt(ready.subject, ready.recipe).chunk(start)

    assert told(quick) == told(in_full(ready, start, monkeypatch))
    assert len(quick.counts) > 2


@pytest.mark.usefixtures("small")
def test_other_budgets(monkeypatch):
    """A stricter one, and one that allows nothing."""
    for budget in (Budget(0.75, 2.0), Budget(0, 0)):
        ready = prepared(Recipe("silu", (), "float32", "reverse", budget))
        quick = Spoilt(ready.subject, ready.recipe).chunk(0x40400000)

        assert told(quick) == told(in_full(ready, 0x40400000, monkeypatch))


@pytest.mark.usefixtures("small")
def test_several_chunks_are_judged_together():
    """And have the sum of their tallies."""
    ready = prepared(Recipe("silu", (), "float32", "reverse", Budget()))
    spoilt = Spoilt(ready.subject, ready.recipe)
    starts = [0x40400000, 0x40400000 + SIZE, 0xC0400000]

    apart = [spoilt.chunk(start) for start in starts]
    assert told(spoilt.tally(starts)) == told(apart[0] + apart[1] + apart[2])


def test_a_piece_ends_where_its_bin_does():
    """At √2, in the middle of a chunk, and at none else."""
    z = np.arange(0x3FB00000, 0x3FB00000 + CHUNK, dtype=np.uint32).view(np.float32)
    of_each = blocks.bins(z.astype(np.float64))
    found = list(blocks._pieces(z))

    assert sum(piece.stop - piece.start for _, piece in found) == z.size
    assert len(found) > 1
    for number, piece in found:
        assert (of_each[piece] == number).all()


def test_nothing_left_is_judged_as_nothing():
    """A chunk in which all is plainly faithful."""
    assert not Left()
    ready = prepared(Recipe("relu", (), "float32", "reverse", Budget()))
    assert ready.chunk(0x40000000).counts == {Status.CORRECT: CHUNK}
