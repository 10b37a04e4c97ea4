"""S-shaped functions, from the logistic to the algebraic, and their integrals."""

from __future__ import annotations

from functools import partial

import sympy
from sympy import Abs, Piecewise, Rational, asinh, atan, exp, log, sqrt

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.definition import smooth
from symdiff.expression.formula import real_symbol
from symdiff.functions import Phi, expm1, sech, sigmoid, softplus, tanh

SIGMOIDS: Family = {}
_sigmoid = partial(stanza, SIGMOIDS)

_alpha, _beta = real_symbol("alpha"), real_symbol("beta")

_sigmoid(
    "sigmoid", sigmoid(z), source="torch.nn.Sigmoid; jax.nn.sigmoid; keras.activations.sigmoid"
)

_sigmoid("tanh", tanh(z), source="torch.nn.Tanh; jax.nn.tanh; keras.activations.tanh")

_sigmoid(
    "logsigmoid",
    -softplus(-z),  # log σ(z), documented as log(1/(1 + e^(−z)))
    source="torch.nn.LogSigmoid; jax.nn.log_sigmoid; keras.activations.log_sigmoid",
)

_threshold = real_symbol("threshold")
_sigmoid(
    "softplus",
    Piecewise((z, _beta * z > _threshold), (softplus(_beta * z) / _beta, True)),
    at={_threshold / _beta: sigmoid(_threshold)},  # a jump of σ(−threshold), by documentation
    ideal=softplus(_beta * z) / _beta,
    edges={"beta": ("0.001", "1000", "-1"), "threshold": ("0", "1", "1000", "inf")},
    beta="1",
    threshold="20",
    source="torch.nn.Softplus; jax.nn.softplus and keras.activations.softplus have no threshold",
)

_sigmoid(
    "shifted_softplus",
    softplus(z) - log(2),
    source="Schütt et al. 2017, SchNet, arXiv:1706.08566",
)

_k, _c = real_symbol("k"), real_symbol("c")
_sigmoid(
    "softpp",
    softplus(_k * z) + z / _c - log(2),
    edges={"k": ("0", "-1", "100"), "c": ("-1", "1000")},
    k="1",
    c="2",
    source="Soft++: Ciuparu et al. 2020, Neurocomputing 384",
)

_sigmoid(
    "softsign",
    z / (1 + Abs(z)),
    derivative=(1 + Abs(z)) ** -2,  # diff's 1/(1+|z|) − |z|/(1+|z|)² cancels in the tails
    at={0: smooth},  # |z| has a kink, z/(1+|z|) has none
    source="torch.nn.Softsign; jax.nn.soft_sign; keras.activations.softsign; Turian et al. 2009",
)

_sigmoid(
    "elliott",
    z / (2 * (1 + Abs(z))) + Rational(1, 2),
    derivative=(1 + Abs(z)) ** -2 / 2,
    at={0: smooth},
    source="Elliott 1993, A better activation function for artificial neural networks",
)

_sigmoid(
    "isru",
    z / sqrt(1 + _alpha * z**2),
    derivative=(1 + _alpha * z**2) ** Rational(-3, 2),  # diff's difference cancels in the tails
    edges={"alpha": ("0", "0.001", "1000")},
    alpha="1",
    source="Carlile et al. 2017, arXiv:1710.09967",
)

_root = sqrt(1 + z**2)
_sigmoid(
    "rootsig",
    z / (1 + _root),
    derivative=1 / (_root * (1 + _root)),
    source="Duch and Jankowski 1999, Survey of neural transfer functions",
)

_sigmoid("arctan", atan(z), source="Kamruzzaman and Aziz 2002; torch.atan")

_sigmoid("arcsinh", asinh(z), source="Hu et al. 2025; Kunc and Kléma 2024; torch.asinh")

_sigmoid("erf", sympy.erf(z), source="torch.special.erf; DyT's sibling Derf, arXiv:2512.10938")

_sigmoid("normal_cdf", Phi(z), source="torch.special.ndtr; the probit of statistics")

_mu, _sigma = real_symbol("mu"), real_symbol("sigma")
_sigmoid(
    "laplace",
    Phi((z - _mu) / _sigma),
    edges={"sigma": ("0.01", "100"), "mu": ("0", "-10")},
    mu="0.707107",
    sigma="0.282095",
    source="Ma et al. 2022, Mega, arXiv:2209.10655; transformers.LaplaceActivation",
)

_sigmoid(
    "gudermannian",
    2 * atan(tanh(z / 2)),
    derivative=sech(z),
    source="NIST DLMF §4.23(viii); Kunc and Kléma 2024, arXiv:2402.09092",
)

_sigmoid(
    "lecun_tanh",
    Rational("1.7159") * tanh(Rational(2, 3) * z),
    source="LeCun et al. 1998, Efficient BackProp, §4.4",
)

_u = Rational(2, 3) * z
_quartic = 1 + Abs(_u) + _u**2 + Rational("1.41645") * _u**4
_sigmoid(
    "rational_tanh",
    Rational("1.7159") * Piecewise((1 - 1 / _quartic, z > 0), (1 / _quartic - 1, True)),
    derivative=Rational("1.7159")
    * Rational(2, 3)
    * (1 + 2 * Abs(_u) + 4 * Rational("1.41645") * Abs(_u) ** 3)
    / _quartic**2,
    at={0: smooth},
    source="Anguita et al. 1993; org.nd4j RationalTanh, arXiv:1508.01292",
)

_sigmoid(
    "symmetric_sigmoid",
    tanh(z / 2) / 2,  # σ(z) − ½ cancels around 0
    source="Kunc and Kléma 2024, arXiv:2402.09092: σ(z) − ½",
)

_sigmoid(
    "bipolar_sigmoid",
    tanh(z / 2),
    source="Kunc and Kléma 2024, arXiv:2402.09092: (1 − e^(−z))/(1 + e^(−z))",
)

_weight, _bias = real_symbol("weight"), real_symbol("bias")
_sigmoid(
    "dyt",
    _weight * tanh(_alpha * z) + _bias,
    edges={"alpha": ("0", "-1", "0.001", "100"), "weight": ("0", "-1")},
    alpha="0.5",
    weight="1",
    bias="0",
    source="Dynamic tanh, one entry of it: Zhu et al. 2025, arXiv:2503.10622",
)

_sigmoid(
    "softclipping",
    (softplus(_alpha * z) - softplus(_alpha * (z - 1))) / _alpha,
    # σ(a) − σ(b) = σ(a) σ(−b) (1 − e^(b−a)), which does not cancel
    derivative=-sigmoid(_alpha * z) * sigmoid(_alpha * (1 - z)) * expm1(-_alpha),
    edges={"alpha": ("0.01", "50", "-1")},
    alpha="1",
    source="Klimek and Perelstein 2018, arXiv:1810.11509",
)

_sigmoid(
    "loglog",
    exp(-exp(-z)),
    derivative=exp(-z - exp(-z)),
    source="Gomes and Ludermir 2013, Optimization of the weights and asymmetric activation",
)

_sigmoid(
    "cloglog",
    -expm1(-exp(z)),
    derivative=exp(z - exp(z)),
    source="Complementary log-log: Gomes and Ludermir 2008",
)
