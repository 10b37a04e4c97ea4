"""No gap: every cell has a point, whatever the type."""

import numpy as np
import pytest

from comparisons.dtypes import float_type
from comparisons.inputs.dense import dense


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("low", "high", "least"),
    [(0.508, 0.509, 1), (-1.0012, -1.0002, 1), (100.3, 100.7, 40), (900.0, 900.4, 2),
     (3.0e-5, 3.1e-5, 5), (-709.5, -709.0, 2), (1e20, 2.1e20, 2)],
)  # fmt: skip
def test_a_gap_of_two_cells_holds_a_point(dtype, low, high, least):
    """By construction, and so for any gap."""
    points = dense(float_type(dtype))

    assert ((points > low) & (points < high)).sum() >= least


def test_points_are_of_the_type_and_finite_and_the_same_each_time():
    """Of a 16-bit type every value but NaN and infinity."""
    for name in ("float64", "float32"):
        kind = float_type(name)
        points = dense(kind, special=[0.3])
        assert np.isfinite(points).all()
        assert np.array_equal(points, kind.round(points))
        assert np.array_equal(points, dense(kind, special=[0.3]))
        assert kind.round([0.3])[0] in points
        assert np.signbit(points[points == 0]).any()
    assert np.unique(dense(float_type("float16"))).size == 2**16 - 2 * 2**10 - 1
