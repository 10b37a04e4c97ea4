"""Every stable function, for who goes through them all."""

from __future__ import annotations

from symdiff.functions.extremes import Extreme, maximum, minimum
from symdiff.functions.logistic import sech, sigmoid, softplus, tanh
from symdiff.functions.near_one import expm1, log1p
from symdiff.functions.normal import Phi, phi
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
