"""The floating-point formats."""

import numpy as np
import pytest
import torch

from comparisons.dtypes import FLOAT_TYPES, float_type


@pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
class TestFloatType:
    def test_its_limits_are_torch_s(self, dtype):
        """Largest, smallest normal and subnormal, unit roundoff and width are finfo's."""
        info = torch.finfo(dtype.torch)

        assert dtype.largest == info.max
        assert dtype.smallest_normal == info.tiny
        assert 2 * dtype.unit_roundoff == info.eps
        assert dtype.bits == info.bits
        tiniest = torch.tensor([dtype.smallest_subnormal], dtype=torch.float64).to(dtype.torch)
        assert tiniest.item() == dtype.smallest_subnormal

    def test_overflow_is_the_first_value_that_rounds_to_infinity(self, dtype):
        """One float64 below it rounds to the largest finite value."""
        if dtype.name == "float64":
            assert dtype.overflow == np.inf
        else:
            below = np.nextafter(dtype.overflow, 0)
            assert list(dtype.round([below, dtype.overflow])) == [dtype.largest, np.inf]

    def test_round_is_torch_s_where_torch_rounds_once(self, dtype):
        """Random float32 values of all binades (seed 3): one conversion away from 16-bit types."""
        draw = torch.Generator().manual_seed(3)
        bits = torch.randint(-(2**31), 2**31, (100_000,), generator=draw, dtype=torch.int64)
        values = bits.to(torch.int32).view(torch.float32)

        theirs = values.to(dtype.torch).double().numpy()
        assert np.array_equal(dtype.round(values.double().numpy()), theirs, equal_nan=True)

    def test_hex_bits_are_the_pattern(self, dtype):
        """The pattern of −1.5 read back is −1.5."""
        pattern = int(dtype.hex_bits(-1.5), 16)
        integer = {16: torch.int16, 32: torch.int32, 64: torch.int64}[dtype.bits]
        signed = pattern - 2**dtype.bits

        assert torch.tensor([signed], dtype=integer).view(dtype.torch).item() == -1.5


class TestFloatTypeOf:
    def test_takes_names_and_torch_types(self):
        """`float32` and `torch.float32` are the same type."""
        assert float_type("float32") is float_type(torch.float32) is FLOAT_TYPES["float32"]

    @pytest.mark.parametrize(
        "dtype", ["complex64", torch.int32, torch.complex128, "int8", "flot32"]
    )
    def test_refuses_what_has_no_gradient_in_the_reals(self, dtype):
        """One sentence names what was given and what is possible."""
        with pytest.raises(TypeError, match=r"is no real floating-point type; (did|known)"):
            float_type(dtype)
