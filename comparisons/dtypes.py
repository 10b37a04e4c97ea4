"""The floating-point types a gradient can be computed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from symdiff.array_types import Float64Array
from symdiff.oracle.enclosures.enclosure import FORMATS, Format
from symdiff.suggestion import suggestion

if TYPE_CHECKING:
    import torch

__all__ = ["FLOAT_TYPES", "Float64Array", "FloatType", "float_type"]


@dataclass(frozen=True)
class FloatType:
    """A type that torch computes in, and the binary format of its numbers.

    Source: IEEE 754-2019, table 3.5; bfloat16: Intel, BFLOAT16 hardware numerics definition, 2018.
    """

    name: str
    format: Format

    def __str__(self) -> str:
        return self.name

    @property
    def precision(self) -> int:
        """p, the bits of the significand, the hidden one included."""
        return self.format.precision

    @property
    def e_min(self) -> int:
        """The exponent of the smallest normal number."""
        return self.format.e_min

    @property
    def e_max(self) -> int:
        """The exponent of the largest finite number."""
        return self.format.e_max

    @property
    def bits(self) -> int:
        """The width of the format."""
        return self.precision + (self.e_max + 1).bit_length()

    @property
    def unit_roundoff(self) -> float:
        """u = 2^(−p), the largest relative error of rounding to nearest."""
        return float(2.0**-self.precision)

    @property
    def smallest_normal(self) -> float:
        """2^e_min."""
        return float(2.0**self.e_min)

    @property
    def smallest_subnormal(self) -> float:
        """2^(e_min − p + 1), the unit in the last place of zero and of every subnormal."""
        return self.format.smallest

    @property
    def largest(self) -> float:
        """(2 − 2^(1−p)) 2^e_max."""
        return (2.0 - 2.0 ** (1 - self.precision)) * 2.0**self.e_max

    @property
    def overflow(self) -> float:
        """The least magnitude that rounds to infinity, (2 − 2^(−p)) 2^e_max; ∞ for float64.

        It lies half a unit above `largest`; round to even takes the tie upwards.
        """
        return (2.0 - 2.0**-self.precision) * 2.0**self.e_max if self.precision < 53 else np.inf

    @property
    def torch(self) -> torch.dtype:
        """The torch type of this name."""
        import torch

        dtype: torch.dtype = getattr(torch, self.name)
        return dtype

    def round(self, values: npt.ArrayLike) -> Float64Array:
        """The values rounded to this type, to nearest and ties to even, held in float64.

        torch's own conversion to a 16-bit type goes through float32 and so rounds twice.
        """
        array = np.asarray(values, dtype=np.float64)
        if self.precision == 53:
            return array.copy()
        exponent = np.maximum(np.frexp(array)[1] - 1, self.e_min)
        unit = np.ldexp(1.0, exponent - self.precision + 1)  # a power of two: all steps are exact
        with np.errstate(invalid="ignore"):
            rounded = np.rint(array / unit) * unit
        return np.where(np.abs(array) >= self.overflow, np.copysign(np.inf, array), rounded)

    def ulp(self, values: Float64Array) -> Float64Array:
        """The unit in the last place of each value.

        ulp(y) = 2^(max(⌊log₂|y|⌋, e_min) − p + 1); zero and subnormals take the smallest subnormal.

        Args: values, any shape, float64, finite. Returns: the same shape, positive.
        Raises: ValueError if a value is NaN or infinite.
        Source: Muller et al., Handbook of Floating-Point Arithmetic, 2nd ed., §2.3.2.
        """
        if not np.isfinite(values).all():
            raise ValueError("ulp is defined for finite values; a NaN or an infinity was given")
        exponent = np.frexp(values)[1] - 1  # |y| = m·2^e with m in [½, 1)
        exponent = np.where(values == 0, self.e_min, np.maximum(exponent, self.e_min))
        return np.asarray(np.ldexp(1.0, exponent - self.precision + 1))

    def hex_bits(self, value: float) -> str:
        """The bit pattern of a value of this type, as hexadecimal digits."""
        import torch

        integer = {16: torch.int16, 32: torch.int32, 64: torch.int64}[self.bits]
        pattern = torch.tensor([value], dtype=torch.float64).to(self.torch).view(integer).item()
        return f"0x{int(pattern) % 2**self.bits:0{self.bits // 4}x}"


FLOAT_TYPES: Mapping[str, FloatType] = {
    name: FloatType(name, form) for name, form in FORMATS.items()
}


def float_type(dtype: str | torch.dtype | FloatType) -> FloatType:
    """The type by its name or torch's object.

    Raises: TypeError if it is complex, an integer or no type; gradients are of real floats.
    """
    if isinstance(dtype, FloatType):
        return dtype
    name = str(dtype).removeprefix("torch.")
    if name in FLOAT_TYPES:
        return FLOAT_TYPES[name]
    raise TypeError(f"{name!r} is no real floating-point type; {suggestion(name, FLOAT_TYPES)}")


def coarser(first: FloatType, second: FloatType) -> FloatType:
    """The one of fewer digits; the first of two alike."""
    return second if second.unit_roundoff > first.unit_roundoff else first
