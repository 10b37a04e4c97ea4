"""The elementwise activations of torch.nn, one stanza each.

A formula is the one torch documents. Where two cases meet, f is continuous (unless said
otherwise) and the case that holds the point decides the derivative there, so the stanza puts the
point where torch's backward puts it, and `at` says what that gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import sympy
from sympy import Abs, Expr, Piecewise, Rational, pi, sqrt

from symdiff.definition import Definition
from symdiff.formula import exact, real_symbol
from symdiff.functions import Phi, expm1, sigmoid, softplus, tanh

z = real_symbol("z")

_activations: dict[str, Definition] = {}
activations: Mapping[str, Definition] = MappingProxyType(_activations)

smooth = sympy.Symbol("smooth")  # in `at`: both sides agree, there is nothing to choose


def _activation(
    name: str,
    formula: Expr,
    *,
    source: str,
    derivative: Expr | None = None,
    at: Mapping[object, object] | None = None,
    ideal: Expr | None = None,
    **parameters: str,
) -> Definition:
    """Enter a stanza in the catalogue; parameters are decimals or fractions as text."""
    definition = Definition(
        name,
        formula,
        parameters={k: exact(v) for k, v in parameters.items()},
        stable={} if derivative is None else {"z": derivative},
        at={sympy.sympify(k): sympy.sympify(v) for k, v in (at or {}).items()},
        ideal=ideal,
        source=source,
    )
    _activations[name] = definition
    return definition


_alpha = real_symbol("alpha")
_beta = real_symbol("beta")
_lambd = real_symbol("lambd")

relu = _activation(
    "relu",
    Piecewise((z, z > 0), (0, True)),
    at={0: 0},
    source="torch.nn.ReLU",
)

relu6 = _activation(
    "relu6",
    Piecewise((0, z <= 0), (6, z >= 6), (z, True)),
    at={0: 0, 6: 0},  # torch treats it as hardtanh(0, 6): zero at both ends
    source="torch.nn.ReLU6; Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
)

_slope = real_symbol("negative_slope")
leaky_relu = _activation(
    "leaky_relu",
    Piecewise((z, z > 0), (_slope * z, True)),  # documented as z ≥ 0; torch's backward has z > 0
    at={0: _slope},
    negative_slope="0.01",
    source="torch.nn.LeakyReLU; Maas et al. 2013",
)

_weight = real_symbol("weight")
prelu = _activation(
    "prelu",
    Piecewise((z, z > 0), (_weight * z, True)),
    at={0: _weight},
    weight="0.25",
    source="torch.nn.PReLU; He et al. 2015, arXiv:1502.01852",
)

_lower, _upper = real_symbol("lower"), real_symbol("upper")
rrelu = _activation(
    "rrelu",
    Piecewise((z, z > 0), ((_lower + _upper) / 2 * z, True)),
    at={0: (_lower + _upper) / 2},  # in evaluation mode the slope is the mean of the two bounds
    lower="1/8",
    upper="1/3",
    source="torch.nn.RReLU in evaluation mode; Xu et al. 2015, arXiv:1505.00853",
)

elu = _activation(
    "elu",
    Piecewise((z, z > 0), (_alpha * expm1(z), True)),
    at={0: _alpha},
    alpha="1",
    source="torch.nn.ELU; Clevert et al. 2015, arXiv:1511.07289",
)

_scale = real_symbol("scale")
selu = _activation(
    "selu",
    Piecewise((_scale * z, z > 0), (_scale * _alpha * expm1(z), True)),
    at={0: _scale * _alpha},
    scale="1.0507009873554804934193349852946",
    alpha="1.6732632423543772848170429916717",
    source="torch.nn.SELU; Klambauer et al. 2017, arXiv:1706.02515",
)

celu = _activation(
    "celu",
    Piecewise((z, z > 0), (_alpha * expm1(z / _alpha), True)),
    at={0: smooth},
    alpha="1",
    source="torch.nn.CELU; Barron 2017, arXiv:1704.07483",
)

gelu = _activation(
    "gelu",
    z * Phi(z),
    source="torch.nn.GELU; Hendrycks and Gimpel 2016, arXiv:1606.08415",
)

gelu_tanh = _activation(
    "gelu_tanh",
    # documented as z/2·(1 + tanh u); ½(1 + tanh u) = σ(2u) does not cancel for u < 0
    z * sigmoid(2 * sqrt(2 / pi) * (z + Rational("0.044715") * z**3)),
    source="torch.nn.GELU(approximate='tanh'); Hendrycks and Gimpel 2016, arXiv:1606.08415",
)

silu = _activation(
    "silu",
    z * sigmoid(z),
    source="torch.nn.SiLU; Elfwing et al. 2017, arXiv:1702.03118",
)

mish = _activation(
    "mish",
    z * tanh(softplus(z)),
    source="torch.nn.Mish; Misra 2019, arXiv:1908.08681",
)

_threshold = real_symbol("threshold")
softplus_ = _activation(
    "softplus",
    Piecewise((z, _beta * z > _threshold), (softplus(_beta * z) / _beta, True)),
    at={_threshold / _beta: sigmoid(_threshold)},  # a jump of σ(−threshold), by documentation
    ideal=softplus(_beta * z) / _beta,
    beta="1",
    threshold="20",
    source="torch.nn.Softplus",
)

softsign = _activation(
    "softsign",
    z / (1 + Abs(z)),
    derivative=(1 + Abs(z)) ** -2,  # diff's 1/(1+|z|) − |z|/(1+|z|)² cancels in the tails
    at={0: smooth},  # |z| has a kink, z/(1+|z|) has none
    source="torch.nn.Softsign; Turian et al. 2009",
)

softshrink = _activation(
    "softshrink",
    Piecewise((z - _lambd, z > _lambd), (z + _lambd, z < -_lambd), (0, True)),
    at={_lambd: 0, -_lambd: 0},
    lambd="0.5",
    source="torch.nn.Softshrink",
)

hardshrink = _activation(
    "hardshrink",
    Piecewise((z, z > _lambd), (z, z < -_lambd), (0, True)),
    at={_lambd: 0, -_lambd: 0},  # f itself jumps there
    lambd="0.5",
    source="torch.nn.Hardshrink",
)

_min_val, _max_val = real_symbol("min_val"), real_symbol("max_val")
hardtanh = _activation(
    "hardtanh",
    Piecewise((_min_val, z <= _min_val), (_max_val, z >= _max_val), (z, True)),
    at={_min_val: 0, _max_val: 0},
    min_val="-1",
    max_val="1",
    source="torch.nn.Hardtanh",
)

hardsigmoid = _activation(
    "hardsigmoid",
    Piecewise((0, z <= -3), (1, z >= 3), (z / 6 + Rational(1, 2), True)),
    at={-3: 0, 3: 0},
    source="torch.nn.Hardsigmoid",
)

hardswish = _activation(
    "hardswish",
    Piecewise((0, z <= -3), (z, z >= 3), (z * (z + 3) / 6, True)),
    at={-3: 0, 3: 1},
    source="torch.nn.Hardswish; Howard et al. 2019, arXiv:1905.02244",
)

logsigmoid = _activation(
    "logsigmoid",
    -softplus(-z),  # log σ(z), documented as log(1/(1 + e^(−z)))
    source="torch.nn.LogSigmoid",
)

sigmoid_ = _activation("sigmoid", sigmoid(z), source="torch.nn.Sigmoid")

tanh_ = _activation("tanh", tanh(z), source="torch.nn.Tanh")

tanhshrink = _activation(
    "tanhshrink",
    z - tanh(z),
    derivative=tanh(z) ** 2,  # diff's 1 − sech² cancels around 0
    source="torch.nn.Tanhshrink",
)

_value = real_symbol("value")
threshold = _activation(
    "threshold",
    Piecewise((z, z > _threshold), (_value, True)),
    at={_threshold: 0},  # f itself jumps there, unless value = threshold
    threshold="0.1",  # torch has no defaults: these are its documentation's example
    value="20",
    source="torch.nn.Threshold",
)
