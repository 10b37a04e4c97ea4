"""Shrinkages: the identity less a function that is close to it around 0."""

from __future__ import annotations

from functools import partial

from sympy import Piecewise

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.expression.formula import real_symbol
from symdiff.functions import tanh

SHRINKAGES: Family = {}
_shrinkage = partial(stanza, SHRINKAGES)

_shrinkage(
    "tanhshrink",
    z - tanh(z),
    derivative=tanh(z) ** 2,  # diff's 1 − sech² cancels around 0
    source="torch.nn.Tanhshrink; keras.activations.tanh_shrink",
)

_lambd = real_symbol("lambd")
_shrinkage(
    "softshrink",
    Piecewise((z - _lambd, z > _lambd), (z + _lambd, z < -_lambd), (0, True)),
    at={_lambd: 0, -_lambd: 0},
    edges={"lambd": ("0", "1e-30", "1000")},
    lambd="0.5",
    source="torch.nn.Softshrink; keras.activations.soft_shrink",
)

_shrinkage(
    "hardshrink",
    Piecewise((z, z > _lambd), (z, z < -_lambd), (0, True)),
    at={_lambd: 0, -_lambd: 0},  # f itself jumps there
    edges={"lambd": ("0", "1e-30", "1000", "inf")},
    lambd="0.5",
    source="torch.nn.Hardshrink; keras.activations.hard_shrink",
)
