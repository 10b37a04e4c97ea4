"""The position along an axis."""

from flint import arb

from symdiff.graph.kinds.position import positions


def test_positions_are_of_the_length_s_kind():
    """Exact balls where the length is one."""
    found = positions(arb(3))

    assert found.tolist() == [0, 1, 2]
    assert all(isinstance(number, arb) and number.is_exact() for number in found)
