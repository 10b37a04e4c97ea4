"""List every function that is symdiff's own."""

from __future__ import annotations

from symdiff.functions.bessel import MODIFIED_BESSELS
from symdiff.functions.extremes import Extreme, maximum, minimum
from symdiff.functions.gamma import POLYGAMMAS, digamma, lgamma
from symdiff.functions.inverse_normal import erfcx, erfinv, log_ndtr, ndtri
from symdiff.functions.logistic import sech, sigmoid, softplus, tanh
from symdiff.functions.near_one import expm1, log1p
from symdiff.functions.normal import Phi, phi
from symdiff.functions.rounding import ceil, floor, rint, trunc
from symdiff.functions.special_function import SpecialFunction
from symdiff.functions.spherical_bessel import j1, sinc
from symdiff.functions.stable_function import StableFunction

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
    *(floor, ceil, trunc, rint),
    *(erfinv, erfcx, ndtri, log_ndtr),
    lgamma,
    digamma,
    *POLYGAMMAS,
    *MODIFIED_BESSELS,
)
