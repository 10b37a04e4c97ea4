"""Choose the cotangent: ones, and the numbers at which products go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import seeded

_Make = Callable[[tuple[int, ...], FloatType], Float64Array]


def _random(shape: tuple[int, ...], dtype: FloatType) -> Float64Array:
    return dtype.round(seeded().normal(size=shape))


def _subnormal(shape: tuple[int, ...], dtype: FloatType) -> Float64Array:
    """Odd multiples of the smallest number, of both signs."""
    count = np.arange(int(np.prod(shape))).reshape(shape)
    sign = np.where(count % 2 == 0, 1.0, -1.0)
    return np.asarray(sign * (2 * (count % 50) + 1) * dtype.smallest_subnormal)


COTANGENTS: Mapping[str, _Make | None] = MappingProxyType(
    {
        "ones": None,  # what torch takes by itself
        "random": _random,
        "subnormal": _subnormal,
        "largest": lambda shape, dtype: np.full(shape, dtype.largest),
        "zero": lambda shape, dtype: np.zeros(shape),  # noqa: ARG005 - zero in every type
    }
)


def cotangent_of(
    given: str | npt.ArrayLike, shape: tuple[int, ...], dtype: FloatType
) -> tuple[str, Float64Array | None]:
    """The name of a cotangent, and its values in the type; None for ones.

    Raises: ValueError if the name is unknown or the array has another shape.
    """
    if isinstance(given, str):
        if given not in COTANGENTS:
            raise ValueError(
                f"unknown cotangent {given!r}; known are {', '.join(COTANGENTS)}, or give an array"
            )
        make = COTANGENTS[given]
        return given, None if make is None else make(shape, dtype)
    values = dtype.round(np.asarray(given, dtype=np.float64))
    try:
        return "given", np.broadcast_to(values, shape)
    except ValueError:
        raise ValueError(
            f"the cotangent has shape {values.shape}; the output has {shape}"
        ) from None
