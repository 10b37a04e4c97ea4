"""Add two instructions to numba: a fused multiply-add, and bits read as a float64.

Numba is given no fast-math flag, so a product and a sum are fused only where this asks for it. A
machine without the instruction gets libm's exact fma, slowly.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.extending import intrinsic


def _lower_fma(context: Any, a: Any, b: Any, c: Any) -> Any:  # noqa: ARG001 - numba passes its context
    """a·b + c, rounded once."""
    signature = types.float64(types.float64, types.float64, types.float64)

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001 - as above
        return builder.fma(*arguments)

    return signature, lower


def _lower_from_bits(context: Any, bits: Any) -> Any:  # noqa: ARG001 - as above
    """The float64 with these bits."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.float64(types.uint64), lower


def _lower_to_bits(context: Any, number: Any) -> Any:  # noqa: ARG001 - as above
    """The bits of a float64."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(signature.return_type))

    return types.uint64(types.float64), lower


fma: Any = intrinsic(_lower_fma)
from_bits: Any = intrinsic(_lower_from_bits)
to_bits: Any = intrinsic(_lower_to_bits)
