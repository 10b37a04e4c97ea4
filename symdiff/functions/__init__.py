"""Special functions whose derivatives stay accurate where textbook forms overflow or cancel.

One stanza a function: its derivative (`fdiff`), how each arithmetic evaluates it, and how it is
written. Plain SymPy would not do: `diff(1/(1 + exp(-z)))` evaluates to NaN at −800,
`1 - tanh(z)**2` loses every digit from z = 20 on, and `cosh(z)**-2` overflows.

SymPy differentiates straight into these forms: σ' = σ(z) σ(−z), tanh' = sech²(z), Φ' = φ(z).
"""

from __future__ import annotations

from symdiff.functions.bessel import MODIFIED_BESSELS
from symdiff.functions.extremes import Extreme, maximum, minimum
from symdiff.functions.gamma import POLYGAMMAS, digamma, lgamma
from symdiff.functions.inverse_normal import erfcx, erfinv, log_ndtr, ndtri
from symdiff.functions.logistic import sech, sigmoid, softplus, tanh
from symdiff.functions.near_one import expm1, log1p
from symdiff.functions.normal import Phi, phi
from symdiff.functions.rounding import Rounding, ceil, floor, rint, trunc
from symdiff.functions.special_function import SpecialFunction
from symdiff.functions.spherical_bessel import j1, sinc
from symdiff.functions.stable_function import Float64Array, StableFunction, with_constant
from symdiff.functions.unspecified import UnspecifiedFunction, unspecified

__all__ = [
    "EXTREMES",
    "SPECIAL_FUNCTIONS",
    "STABLE_FUNCTIONS",
    "Extreme",
    "Float64Array",
    "Phi",
    "Rounding",
    "SpecialFunction",
    "StableFunction",
    "UnspecifiedFunction",
    "expm1",
    "j1",
    "log1p",
    "maximum",
    "minimum",
    "phi",
    "sech",
    "sigmoid",
    "sinc",
    "softplus",
    "tanh",
    "unspecified",
    "with_constant",
]

STABLE_FUNCTIONS: tuple[type[StableFunction], ...] = (
    sigmoid,
    softplus,
    tanh,
    sech,
    Phi,
    phi,
    expm1,
    log1p,
    sinc,
    j1,
)

EXTREMES: tuple[type[Extreme], ...] = (maximum, minimum)

SPECIAL_FUNCTIONS: tuple[type[SpecialFunction], ...] = (
    floor,
    ceil,
    trunc,
    rint,
    erfinv,
    erfcx,
    ndtri,
    log_ndtr,
    lgamma,
    digamma,
    *POLYGAMMAS,
    *MODIFIED_BESSELS,
)
