"""The same gradient computed in two ways: where the ways differ, and which is nearer the truth."""

import pytest
from sampled import sampled

from comparisons import Verdict

WAYS = ("reverse", "jvp", "compiled", "strided", "single")


@pytest.mark.parametrize(
    ("name", "dtype"),
    sampled(
        [
            ("gelu", "float64"),
            ("gelu", "float32"),
            ("silu", "float32"),
            ("silu", "bfloat16"),
            ("tanh", "float32"),
            ("mish", "float32"),
            ("mish", "bfloat16"),
            ("elu", "float32"),
        ],
        8,
    ),
)
def test_every_way_holds_at_finite_inputs(name, dtype, compare_gradients):
    """They differ bit for bit, and none of them beyond what is allowed."""
    points = None if dtype == "bfloat16" else "structured"
    table = compare_gradients.engines(name, dtype=dtype, names=WAYS, points=points)

    assert len(table) + len(table.absent) == len(WAYS)
    assert set(table.absent) <= {"compiled"}
    for engine in table:
        assert not table[engine].verdict.worse_than(Verdict.FAILS_AT_INFINITY)
    for difference in table.beside_first():
        assert difference.first == "reverse"
        assert difference.first_nearer + difference.second_nearer <= difference.points
        assert difference.points <= difference.compared
