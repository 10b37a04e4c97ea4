"""Periodic functions, bells, and ratios of polynomials."""

from __future__ import annotations

from functools import partial

from sympy import Abs, Piecewise, Rational, cos, exp, pi, real_roots, sin, sqrt

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.definition import smooth
from symdiff.expression.formula import exact, real_symbol
from symdiff.functions import sinc

BELLS_AND_WAVES: Family = {}
_wave = partial(stanza, BELLS_AND_WAVES)

_alpha, _omega = real_symbol("alpha"), real_symbol("omega")

_wave(
    "sine",
    sin(_omega * z),
    edges={"omega": ("0", "1", "-1", "1000")},
    omega="30",
    source="Sitzmann et al. 2020, SIREN, arXiv:2006.09661",
)

_wave("cosine", cos(z), source="Gashler and Ashmore 2014; torch.cos")

_wave(
    "snake",
    z + sin(_alpha * z) ** 2 / _alpha,
    derivative=1 + sin(2 * _alpha * z),
    edges={"alpha": ("0.001", "-1", "50")},
    alpha="1",
    source="Ziyin et al. 2020, arXiv:2006.08195",
)

_wave("gcu", z * cos(z), source="Growing cosine unit: Noel et al. 2021, arXiv:2108.12943")

_wave("cosid", cos(z) - z, source="Eger et al. 2018, Is it time to swish?, arXiv:1901.02671")

_wave(
    "minsin",
    Piecewise((z, z <= 0), (sin(z), True)),  # min(z, sin z)
    at={0: smooth},
    source="Eger et al. 2018, Is it time to swish?, arXiv:1901.02671",
)

_wave("sinc", sinc(z), source="Kunc and Kléma 2024, arXiv:2402.09092")

_wave("normalized_sinc", sinc(pi * z), source="torch.sinc; jax.numpy.sinc")

_wave("gaussian", exp(-(z**2)), source="Gashler and Ashmore 2014; Ramachandran et al. 2017")

_wave(
    "ricker",
    2 / (sqrt(3) * pi ** Rational(1, 4)) * (1 - z**2) * exp(-(z**2) / 2),
    source="Mexican hat wavelet: Ricker 1953; Zhang and Benveniste 1992, Wavelet networks",
)

_wave("wave", (1 - z**2) * exp(-(z**2)), source="Hauser et al. 2018; Kunc and Kléma 2024")

_wave(
    "multiquadric",
    sqrt(1 + z**2),
    source="Hardy 1971, Multiquadric equations of topography",
)

_wave(
    "inverse_multiquadric",
    1 / sqrt(1 + z**2),
    source="Hardy 1971, Multiquadric equations of topography",
)

_wave(
    "bent_identity",
    (sqrt(z**2 + 1) - 1) / 2 + z,
    source="Godfrey 2019, An evaluation of parametric activation functions, arXiv:1902.09721",
)

# the coefficients that approximate leaky_relu(0.01): `leaky_relu_0_01` of the authors' code
_OVER = ("0.02979246", "0.61837738", "2.32335207", "3.05202660", "1.48548002", "0.25103717")
_UNDER = ("1.14201226", "4.39322834", "0.87154450", "0.34720652")
_p = sum(exact(c) * z**i for i, c in enumerate(_OVER))
_q = sum(exact(c) * z ** (i + 1) for i, c in enumerate(_UNDER))
_wave(
    "pau",
    _p / (1 + Abs(_q)),
    at={root: _p.diff(z).subs(z, root) for root in real_roots(_q)},  # sign(0) = 0
    source="Padé activation unit of degrees 5/4: Molina et al. 2019, arXiv:1907.06732",
)
