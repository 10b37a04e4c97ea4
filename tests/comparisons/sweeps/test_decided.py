"""What bounds decide of a sweep's gradients is what the judge says of each."""

from __future__ import annotations

import json
from dataclasses import replace

import numba
import numpy as np
import pytest

from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status
from comparisons.sweeps import blocks
from comparisons.sweeps.blocks import Prepared, prepared
from comparisons.sweeps.decided import _moved
from comparisons.sweeps.plainly import ulp_of
from comparisons.sweeps.recipe import Recipe
from symdiff.oracle.tables.kernel import LEADING, descend

SIZE = 2**14
SEED = 0


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Chunks of 2¹⁴ points."""
    monkeypatch.setattr(blocks, "CHUNK", SIZE)


@numba.njit
def ends(bits, table, rules, values, lows, highs):
    """Fill in the ends of m at single points, and the units there."""
    tree, rows = table
    nodes, used, units = np.empty(1, np.uint64), np.empty(1, np.uint64), np.empty(len(bits))
    for i in range(len(bits)):
        one = slice(i, i + 1)
        descend(bits[one], tree, nodes, used)
        size = abs(values[i])
        units[i] = ulp_of(size, rules.smallest_normal, rules.scale, rules.smallest)
        shift, row = used[0] - LEADING, rows[nodes[0]]
        _moved(bits[one], shift, row, rules, units[i], lows[one], highs[one])
    return units


@pytest.mark.parametrize(
    "name", ["gelu", "silu", "tanh", "sigmoid", "softplus", "mish", "softsign", "selu", "cube"]
)
def test_the_ends_hold_what_is_computed(name):
    """The sensitivity in float64 lies between the bounds that a row gives, and these are near."""
    ready = prepared(Recipe(name, (), "float32", "reverse", Budget()))
    rng = np.random.default_rng(SEED)
    near, sizes = rng.normal(0, 5, 20_000), 2.0 ** rng.uniform(-126, 126, 20_000)
    z = np.concatenate([near, sizes, -sizes]).astype(np.float32).astype(float)
    found = ready.table.enclose(z)
    fit = found.certified & (abs(found.high) < 1e38) & ~ready._near_kinks(z)
    z, values = z[fit], found.high[fit]
    lows, highs = np.empty(z.size), np.empty(z.size)
    rules, table = ready._deciding.rules, (ready.table.tree, ready.table.rows)
    units = ends(z.view(np.uint64), table, rules, values, lows, highs)

    assert ready._deciding.by_input
    moved = ready.judge.truth.sensitivity(ready.variable, {ready.variable: z})
    moved = np.broadcast_to(moved, z.shape) * ready.dtype.unit_roundoff
    assert (lows <= moved).all()
    assert (moved <= highs).all()
    assert (highs - lows <= 2.0**-20 * (moved + units)).all()


def spoilt(how):
    """A subject whose gradients are off in one way."""

    class Off(Prepared):
        def _computed(self, values):
            found = super()._computed(values).copy()
            with np.errstate(over="ignore", invalid="ignore"):
                return np.ascontiguousarray(how(found), dtype=np.float32)

    return Off


WAYS = {
    "by a thousandth": lambda g: g * np.float32(1.001),
    "5 everywhere": lambda g: np.full_like(g, 5.0),
    "the largest": lambda g: np.full_like(g, np.finfo(np.float32).max),
    "NaN": lambda g: np.full_like(g, np.nan),
    "infinite": lambda g: np.full_like(g, np.inf),
    "turned and infinite": lambda g: np.where(np.arange(g.size) % 3, -np.inf, g),
    "lost": lambda g: g * 0,
    "turned": lambda g: -g,
    "two units": lambda g: (g.view(np.int32) + 2).view(np.float32),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("gelu", 0xC1000000),  # no digit of torch's own is right
        ("gelu", 0xB4000000),  # a half, and m next to nothing
        ("silu", 0x40000000),
        ("square", 0x7EFFF000),  # from where 2z overflows
        ("cube", 0x7F700000),  # beyond float32, and within float64
        ("exponential", 0x42B17000),  # from where eᶻ overflows
        ("selu", 0xBF800000),
        ("relu", 0x00000000),
    ],
)
def test_a_tally_is_the_judge_s(name, start, way, monkeypatch):
    """Counts, worst points, extremes and envelope, whatever is wrong."""
    start -= start % SIZE
    ready = prepared(Recipe(name, (), "float32", "reverse", Budget()))
    off = spoilt(WAYS[way])
    quick = off(ready.subject, ready.recipe).chunk(start)
    monkeypatch.setattr(off, "_deciding", None)
    monkeypatch.setattr(blocks, "fit_for", lambda computed, *_: np.zeros(computed.shape, bool))
    slow = off(ready.subject, ready.recipe).chunk(start)

    assert json.dumps(quick.to_json(), sort_keys=True) == json.dumps(slow.to_json(), sort_keys=True)


def test_a_number_where_the_truth_is_beyond_float64_is_missed():
    """It was counted as correctly rounded: its unit was infinite, and so was half of it."""
    ready = prepared(Recipe("exponential", (), "float32", "reverse", Budget()))
    found = spoilt(WAYS["5 everywhere"])(ready.subject, ready.recipe).chunk(0x44700000)  # e^960

    assert found.counts == {Status.MISSED: SIZE}


def test_what_code_writes_into_its_inputs_and_ones_is_gone():
    """A backward that spoils the memory it is lent gives the same gradients in the next chunk."""
    ready = prepared(Recipe("silu", (), "float32", "reverse", Budget()))
    fresh = Prepared(replace(ready.subject, of_user=True), ready.recipe)
    before = fresh.chunk(0x40000000)
    fresh._memory.ones.zero_()
    fresh._memory.inputs.zero_()

    assert fresh.chunk(0x40000000) == before
