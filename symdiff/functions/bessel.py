"""The modified Bessel functions of the first kind, Iₙ, of whole order."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import sympy
from sympy import Expr

from symdiff.array_types import Float64Array
from symdiff.functions.special_function import SpecialFunction

_ORDERS = 12
_NEAR = 2.0**-27


class ModifiedBessel(SpecialFunction):
    """Iₙ, with Iₙ′ = (Iₙ₋₁ + Iₙ₊₁)/2 and I₀′ = I₁."""

    order = 0

    def fdiff(self, argindex: int = 1) -> Expr:
        (z,) = self.args
        n = self.order
        return bessel_i(1, z) if n == 0 else (bessel_i(n - 1, z) + bessel_i(n + 1, z)) / 2

    @classmethod
    def definition(cls, z: Expr) -> Expr:
        return sympy.besseli(cls.order, z)

    @classmethod
    def numpy(cls, z: Float64Array) -> Float64Array:
        from scipy.special import iv

        # scipy's underflows near 0. Source: DLMF 10.25.2, its first term; the next is z²/4(n + 1).
        n, x = cls.order, np.asarray(z, dtype=np.float64)
        with np.errstate(under="ignore"):
            first = (x / (2 * math.factorial(n) ** (1 / max(n, 1)))) ** n
        return np.where(np.abs(x) < _NEAR, first, iv(n, x))

    @classmethod
    def mpmath(cls, z: Any) -> Any:
        return mpmath.besseli(cls.order, z)

    @classmethod
    def arb(cls, z: Any) -> Any:
        from flint import arb

        return z.bessel_i(arb(cls.order))


MODIFIED_BESSELS: tuple[type[ModifiedBessel], ...] = tuple(
    type(
        f"I_{n}",
        (ModifiedBessel,),
        {
            "order": n,
            "text": f"I_{n}",
            "latex": f"I_{{{n}}}",
            "torch": f"torch.special.i{n}({{0}})" if n < 2 else "",
            "__doc__": f"I of order {n}.",
        },
    )
    for n in range(_ORDERS + 1)
)


def bessel_i(order: int, z: Expr) -> Expr:
    """The modified Bessel function Iₙ(z). Raises: ValueError beyond the 12th order."""
    if order > _ORDERS:
        raise ValueError(f"I of order {order} is not known; orders up to {_ORDERS} are")
    return MODIFIED_BESSELS[order](z)
