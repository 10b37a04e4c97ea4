"""Linear on one side, exponential (or another saturating function) on the other."""

from __future__ import annotations

from functools import partial

import sympy
from sympy import Piecewise, exp, log, sqrt

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.definition import smooth
from symdiff.expression.formula import real_symbol
from symdiff.functions import expm1, log1p, sigmoid, softplus, tanh

EXPONENTIALS: Family = {}
_exponential = partial(stanza, EXPONENTIALS)

_alpha, _beta = real_symbol("alpha"), real_symbol("beta")

_exponential(
    "exponential",
    exp(z),
    source="keras.activations.exponential",
)

_exponential(
    "elu",
    Piecewise((z, z > 0), (_alpha * expm1(z), True)),
    at={0: _alpha},
    edges={"alpha": ("0", "-1", "1e-30", "1000")},
    alpha="1",
    source="torch.nn.ELU; jax.nn.elu; keras.activations.elu; Clevert et al. 2015, arXiv:1511.07289",
)

_scale = real_symbol("scale")
_exponential(
    "selu",
    Piecewise((_scale * z, z > 0), (_scale * _alpha * expm1(z), True)),
    at={0: _scale * _alpha},
    scale="1.0507009873554804934193349852946",
    alpha="1.6732632423543772848170429916717",
    source="torch.nn.SELU; jax.nn.selu; Klambauer et al. 2017, arXiv:1706.02515",
)

_exponential(
    "celu",
    Piecewise((z, z > 0), (_alpha * expm1(z / _alpha), True)),
    at={0: smooth},
    edges={"alpha": ("0.001", "1000", "-1")},
    alpha="1",
    source="torch.nn.CELU; jax.nn.celu; keras.activations.celu; Barron 2017, arXiv:1704.07483",
)

_exponential(
    "pelu",
    Piecewise((_alpha / _beta * z, z >= 0), (_alpha * expm1(z / _beta), True)),
    at={0: smooth},
    edges={"alpha": ("0.001", "1000"), "beta": ("0.01", "1000")},
    alpha="1",
    beta="1",
    source="Trottier et al. 2016, arXiv:1605.09332",
)

_exponential(
    "mpelu",
    Piecewise((z, z > 0), (_alpha * expm1(_beta * z), True)),
    at={0: _alpha * _beta},
    edges={"alpha": ("0", "-1"), "beta": ("0", "0.001", "100")},
    alpha="0.25",
    beta="1",
    source="Li et al. 2016, arXiv:1606.00305",
)

_exponential(
    "ptelu",
    Piecewise((z, z >= 0), (_alpha * tanh(_beta * z), True)),
    at={0: 1},
    edges={"alpha": ("0", "1e-30", "100"), "beta": ("0", "0.5")},
    alpha="1",
    beta="1",
    source="Parametric tangent hyperbolic linear unit: Duggal and Gupta 2017, ICCVW",
)

_exponential(
    "elish",
    Piecewise((z * sigmoid(z), z >= 0), (expm1(z) * sigmoid(z), True)),
    derivative=Piecewise(
        (sigmoid(z) + z * sigmoid(z) * sigmoid(-z), z >= 0),
        (exp(z) * sigmoid(z) + expm1(z) * sigmoid(z) * sigmoid(-z), True),
    ),
    at={0: smooth},
    source="Basirat and Roth 2018, arXiv:1808.00783",
)

_exponential(
    "hardelish",
    Piecewise((z, z >= 1), (z * (z + 1) / 2, z >= 0), (0, z <= -1), (expm1(z) * (z + 1) / 2, True)),
    at={-1: 0, 0: smooth, 1: 1},
    source="Basirat and Roth 2018, arXiv:1808.00783",
)

_exponential(
    "isrlu",
    Piecewise((z, z >= 0), (z / sqrt(1 + _alpha * z**2), True)),
    derivative=Piecewise((1, z >= 0), ((1 + _alpha * z**2) ** sympy.Rational(-3, 2), True)),
    at={0: smooth},
    edges={"alpha": ("0", "0.001", "1000")},
    alpha="1",
    source="Carlile et al. 2017, arXiv:1710.09967",
)

_gamma, _delta = real_symbol("gamma"), real_symbol("delta")
_exponential(
    "hexpo",
    Piecewise((-_alpha * expm1(-z / _beta), z >= 0), (_gamma * expm1(z / _delta), True)),
    at={0: _alpha / _beta},
    edges={"alpha": ("2",), "gamma": ("0.5",)},
    alpha="1",
    beta="1",
    gamma="1",
    delta="1",
    source="Kong and Takatsuka 2017, Hexpo: a vanishing-proof activation function",
)

_exponential(
    "softexponential",
    Piecewise(
        (-log(1 - _alpha * (z + _alpha)) / _alpha, _alpha < 0),
        (expm1(_alpha * z) / _alpha + _alpha, _alpha > 0),
        (z, True),
    ),
    edges={"alpha": ("0", "0.001", "1", "-0.001", "-0.5")},  # below 0 it has a domain
    alpha="0.5",
    source="Godfrey and Gashler 2016, arXiv:1602.01321",
)

_exponential(
    "logarithmic",
    Piecewise((log1p(z), z >= 0), (-log1p(-z), True)),
    at={0: smooth},
    source="Bilski 2000, The backpropagation learning with logarithmic transfer function; symlog "
    "of Hafner et al. 2023, arXiv:2301.04104",
)

_alpha_p, _alpha_n = real_symbol("alpha_p"), real_symbol("alpha_n")
_exponential(
    "xielu",
    Piecewise((_alpha_p * z**2 + _beta * z, z > 0), (_alpha_n * (expm1(z) - z) + _beta * z, True)),
    derivative=Piecewise((2 * _alpha_p * z + _beta, z > 0), (_alpha_n * expm1(z) + _beta, True)),
    at={0: smooth},
    edges={"alpha_p": ("0", "2"), "alpha_n": ("0", "2"), "beta": ("0",)},
    alpha_p="0.8",
    alpha_n="0.8",
    beta="0.5",
    source="Huang and Schlag 2024, arXiv:2411.13010",
)

_exponential(
    "erf_relu",
    Piecewise((z, z >= 0), (_alpha * sympy.erf(z), True)),
    at={0: 1},
    edges={"alpha": ("0", "1", "-1")},
    alpha="0.01",
    source="Rajanand and Singh 2023, ErfReLU, arXiv:2306.01822",
)

_exponential(
    "suish",
    Piecewise((z, z > 0), (z * exp(z), True)),  # max(z, z e^(−|z|))
    at={0: smooth},
    source="Nozawa et al. 2022; Kunc and Kléma 2024, arXiv:2402.09092",
)

_exponential(
    "slu",
    Piecewise((z, z >= 0), (2 * softplus(z) - 2 * log(2), True)),
    at={0: smooth},
    source="Softplus linear unit: Zhao et al. 2018, A novel softplus linear unit",
)

_exponential(
    "penalized_tanh",
    Piecewise((tanh(z), z > 0), (_alpha * tanh(z), True)),
    at={0: _alpha},
    edges={"alpha": ("0", "1", "-1")},
    alpha="0.25",
    source="Xu et al. 2016, arXiv:1602.05980",
)

_exponential(
    "rectified_tanh",
    Piecewise((tanh(z), z > 0), (0, True)),
    at={0: 0},
    source="org.nd4j RectifiedTanh; Kunc and Kléma 2024, arXiv:2402.09092",
)
