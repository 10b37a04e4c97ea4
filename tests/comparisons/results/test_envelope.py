"""The extremes of the errors by the size of the input."""

import numpy as np
import pytest
from sampled import in_turns

import comparisons
from comparisons.judge.budget import Budget
from comparisons.results.envelope import LAST, Bin, bins, joined
from comparisons.sweeps.blocks import CHUNK, prepared
from comparisons.sweeps.recipe import Recipe


@pytest.mark.parametrize(
    ("z", "expected"),
    [
        (0.0, 0),
        (2.0**-17, 0),
        (2.0**-16, 1),
        (-1.0, -33),
        (1.0, 33),
        (1.5, 34),
        (65504.0, 64),
        (1e300, LAST),
        (-1e300, -LAST),
    ],
)
def test_a_bin_is_half_an_octave(z, expected):
    """From 2^−16 to 2^16; one between and one beyond on either side."""
    assert bins(np.array([z]))[0] == expected


def test_parts_add_up_to_the_whole():
    """The most of each, and all wrong points; a bin that one part lacks is the other's."""
    one = {0: Bin(1.0, 0.5, 32.0, 2), 3: Bin(0.0, 0.0, 4.0, 0)}
    two = {0: Bin(0.5, 0.75, 16.0, 1), -7: Bin(9.0, 0.0, 8.0, 1)}

    assert joined([one, two]) == {0: Bin(1.0, 0.75, 32.0, 3), 3: one[3], -7: two[-7]}
    assert joined([one, two]) == joined([two, one])
    assert joined([]) == {}


@pytest.mark.parametrize(
    ("name", "start"),
    in_turns(["gelu", "tanh", "hardsigmoid"], [0x3F300000, 0xC0B00000, 0x00000000]),
)
def test_a_chunk_has_the_envelope_of_a_comparison(name, start):
    """Of half octaves that meet within it too; the first pass bounds an error, and closely."""
    chunk = prepared(Recipe(name, (), "float32", "reverse", Budget())).chunk(start)
    z = np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32).astype(np.float64)
    slow = comparisons.compare(name, dtype="float32", inputs={"z": z})
    expected = slow.envelope

    assert chunk.envelope.keys() == expected.keys()
    assert len(chunk.envelope) == (1 if start == 0 else 2)
    for number, found in chunk.envelope.items():
        wanted = expected[number]
        assert found.wrong == wanted.wrong
        assert found[:2] == pytest.approx(wanted[:2], rel=1e-6, abs=1e-6)
        assert found.allowed == pytest.approx(wanted.allowed, rel=1e-4)  # less some conditioning
    assert chunk.wrong == sum(found.wrong for found in expected.values())
