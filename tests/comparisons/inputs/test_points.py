"""Where gradients are compared."""

import mpmath
import numpy as np
import pytest

import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.inputs.points import every_pattern, neighbours, structured
from comparisons.inputs.several import several

types = pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)


@types
class TestStructured:
    def test_every_binade_of_both_signs_is_visited(self, dtype):
        """From the smallest subnormal to the largest exponent."""
        points = structured(dtype)[:-3]
        wanted = set(range(dtype.e_min - dtype.precision + 1, dtype.e_max + 1))
        for sign in (1, -1):
            side = points[np.sign(points) == sign]
            assert wanted == set((np.frexp(side)[1] - 1).tolist())

    def test_all_points_are_values_of_the_type(self, dtype):
        """Rounding changes none; ±0 are both there, ±∞ and NaN last; none occurs twice."""
        points = structured(dtype, special=[0.1])

        assert np.array_equal(points[-3:], [-np.inf, np.inf, np.nan], equal_nan=True)
        points = points[:-3]
        assert np.isfinite(points).all()
        assert (dtype.round(points) == points).all()
        assert {0.0, -0.0} <= set(points.tolist())
        assert sorted(np.signbit(points[points == 0]).tolist()) == [False, True]
        assert len(set(points.tolist())) == len(points) - 1  # the zeros are equal

    def test_special_points_have_their_neighbours(self, dtype):
        """Three numbers on either side of a kink."""
        assert set(neighbours(0.3, dtype)) <= set(structured(dtype, special=[0.3]))
        assert len(set(neighbours(0.3, dtype))) == 7

    def test_roots_are_found(self, dtype):
        """A root of f' is between two of the points nearest to it."""
        with mpmath.workdps(30):
            slope = lambda z: mpmath.ncdf(z) + z * mpmath.npdf(z)  # noqa: E731 - gelu'
            root = float(mpmath.findroot(slope, -0.75))
        f = symdiff.adjoints(symdiff.pointwise(symdiff.activation("gelu"))).lambdify()
        points = structured(dtype, derivative=lambda z: np.asarray(f(z=z)["z"]))

        nearest = np.sort(np.abs(points - root))[:2]
        assert (nearest <= 2.0**-dtype.precision).all()


class TestEveryPattern:
    @pytest.mark.parametrize("name", ["bfloat16", "float16"])
    def test_is_all_of_a_16_bit_type(self, name):
        """65,536 patterns, each finite value and infinity once, in the order of the bits."""
        values = every_pattern(FLOAT_TYPES[name])
        numbers = values[~np.isnan(values)]

        assert len(values) == 65_536
        assert len({v.hex() for v in numbers.tolist()}) == len(numbers)
        assert FLOAT_TYPES[name].hex_bits(values[300]) == "0x012c"


@types
@pytest.mark.parametrize("name", symdiff.losses)
def test_pairs_lie_in_the_domain(name, dtype):
    """Inputs of a loss are values of the type and inside its domain."""
    definition = symdiff.loss(name)
    points = several(definition, dtype)

    for variable, values in points.items():
        low, high = definition.domain.get(variable, (-np.inf, np.inf))
        assert ((values >= low) & (values <= high)).all()
        assert (dtype.round(values) == values).all()
