"""Rectifiers and other functions that are linear, or a power, piece by piece."""

from __future__ import annotations

from functools import partial

from sympy import Abs, Piecewise, Rational, sqrt

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.definition import smooth
from symdiff.expression.formula import real_symbol
from symdiff.functions import log1p

RECTIFIERS: Family = {}
_rectifier = partial(stanza, RECTIFIERS)

_alpha, _beta, _delta = real_symbol("alpha"), real_symbol("beta"), real_symbol("delta")
_upper, _lower = real_symbol("upper"), real_symbol("lower")

_rectifier(
    "identity",
    z,
    source="torch.nn.Identity; jax.nn.identity; keras.activations.linear",
)

_rectifier(
    "relu",
    Piecewise((z, z > 0), (0, True)),
    at={0: 0},
    source="torch.nn.ReLU; jax.nn.relu; keras.activations.relu",
)

_rectifier(
    "relu6",
    Piecewise((0, z <= 0), (6, z >= 6), (z, True)),
    at={0: 0, 6: 0},  # torch treats it as hardtanh(0, 6): zero at both ends
    source="torch.nn.ReLU6; Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
)

_slope = real_symbol("negative_slope")
_rectifier(
    "leaky_relu",
    Piecewise((z, z > 0), (_slope * z, True)),  # documented as z ≥ 0; torch's backward has z > 0
    at={0: _slope},
    edges={"negative_slope": ("0", "-1", "1e-30", "1", "1000")},
    negative_slope="0.01",
    source="torch.nn.LeakyReLU; Maas et al. 2013",
)

_weight = real_symbol("weight")
_rectifier(
    "prelu",
    Piecewise((z, z > 0), (_weight * z, True)),
    at={0: _weight},
    edges={"weight": ("0", "-1", "1e-30", "1000")},
    weight="0.25",
    source="torch.nn.PReLU; He et al. 2015, arXiv:1502.01852",
)

_rectifier(
    "rrelu",
    Piecewise((z, z > 0), ((_lower + _upper) / 2 * z, True)),
    at={0: (_lower + _upper) / 2},  # in evaluation mode the slope is the mean of the two bounds
    edges={"lower": ("0", "-1/3"), "upper": ("1/8", "1")},
    lower="1/8",
    upper="1/3",
    source="torch.nn.RReLU in evaluation mode; Xu et al. 2015, arXiv:1505.00853",
)

_threshold, _value = real_symbol("threshold"), real_symbol("value")
_rectifier(
    "threshold",
    Piecewise((z, z > _threshold), (_value, True)),
    at={_threshold: 0},  # f itself jumps there, unless value = threshold
    edges={"threshold": ("0", "-1", "1e-30", "-inf"), "value": ("0", "-1")},
    threshold="0.1",  # torch has no defaults: these are its documentation's example
    value="20",
    source="torch.nn.Threshold",
)

_min_val, _max_val = real_symbol("min_val"), real_symbol("max_val")
_rectifier(
    "hardtanh",
    Piecewise((_min_val, z <= _min_val), (_max_val, z >= _max_val), (z, True)),
    at={_min_val: 0, _max_val: 0},
    edges={"min_val": ("0", "-1000", "-inf"), "max_val": ("1e-30", "1000", "inf")},
    min_val="-1",
    max_val="1",
    source="torch.nn.Hardtanh; jax.nn.hard_tanh; keras.activations.hard_tanh",
)

_rectifier(
    "hardsigmoid",
    Piecewise((0, z <= -3), (1, z >= 3), (z / 6 + Rational(1, 2), True)),
    at={-3: 0, 3: 0},
    source="torch.nn.Hardsigmoid; jax.nn.hard_sigmoid; keras.activations.hard_sigmoid",
)

_rectifier(
    "hard_sigmoid_keras2",
    Piecewise((0, z <= -Rational(5, 2)), (1, z >= Rational(5, 2)), (z / 5 + Rational(1, 2), True)),
    at={-Rational(5, 2): 0, Rational(5, 2): 0},
    source="keras.activations.hard_sigmoid of Keras 2: 0.2 z + 0.5 cut to [0, 1]",
)

_rectifier(
    "sparse_sigmoid",
    Piecewise((0, z <= -1), (1, z >= 1), ((z + 1) / 2, True)),
    at={-1: 0, 1: 0},
    source="jax.nn.sparse_sigmoid; keras.activations.sparse_sigmoid; Courbariaux et al. 2015, "
    "arXiv:1511.00363",
)

_rectifier(
    "sparse_plus",
    Piecewise((0, z <= -1), (z, z >= 1), ((z + 1) ** 2 / 4, True)),
    at={-1: smooth, 1: smooth},
    source="jax.nn.sparse_plus; keras.activations.sparse_plus",
)

_rectifier(
    "absolute",
    Abs(z),
    at={0: 0},  # sign(0)
    source="Karnewar 2018, AANN: Absolute artificial neural network; torch.abs",
)

_rectifier(
    "bounded_relu",
    Piecewise((0, z <= 0), (_upper, z >= _upper), (z, True)),
    at={0: 0, _upper: 0},
    edges={"upper": ("1e-30", "6", "1000", "inf")},  # the layer's default is no bound
    upper="1",
    source="Liew et al. 2016, Bounded activation functions; max_value of keras.layers.ReLU",
)

_max_value = real_symbol("max_value")
_rectifier(
    "relu_keras",
    Piecewise(
        (_max_value, z >= _max_value), (z, z >= _threshold), (_slope * (z - _threshold), True)
    ),
    at={_max_value: 0, _threshold: 1},  # f itself jumps at the threshold, unless that is 0
    edges={
        "negative_slope": ("0.25", "1e-30"),
        "max_value": ("1e-30", "6", "1000"),
        "threshold": ("0.5", "1000"),
    },
    negative_slope="0",
    max_value="inf",  # None there
    threshold="0",
    source="keras.activations.relu; keras.layers.ReLU",
)

_rectifier(
    "bounded_leaky_relu",
    Piecewise((_alpha * z, z <= 0), (_alpha * z + (1 - _alpha) * _upper, z >= _upper), (z, True)),
    at={0: _alpha, _upper: _alpha},
    edges={"alpha": ("0", "-0.1", "1e-30")},
    alpha="0.01",
    upper="6",
    source="Liew et al. 2016, Bounded activation functions for enhanced training stability",
)

_rectifier(
    "shifted_relu",
    Piecewise((-1, z <= -1), (z, True)),
    at={-1: 0},
    source="Clevert et al. 2015, arXiv:1511.07289, §4.1: max(−1, z)",
)

_rectifier(
    "displaced_relu",
    Piecewise((-_delta, z <= -_delta), (z, True)),
    at={-_delta: 0},
    edges={"delta": ("0", "-1", "1e-30")},
    delta="0.05",
    source="Macêdo et al. 2019, arXiv:1812.02900",
)

_theta = real_symbol("theta")
_rectifier(
    "thresholded_relu",
    Piecewise((z, z > _theta), (0, True)),
    at={_theta: 0},  # f itself jumps there
    edges={"theta": ("0", "1e-30", "1000")},
    theta="1",
    source="keras.layers.ThresholdedReLU of Keras 2; Konda et al. 2014, arXiv:1402.3337",
)

_t_left, _a_left = real_symbol("t_left"), real_symbol("a_left")
_t_right, _a_right = real_symbol("t_right"), real_symbol("a_right")
_rectifier(
    "srelu",
    Piecewise(
        (_t_left + _a_left * (z - _t_left), z <= _t_left),
        (_t_right + _a_right * (z - _t_right), z >= _t_right),
        (z, True),
    ),
    at={_t_left: _a_left, _t_right: _a_right},
    edges={"t_left": ("-inf",), "a_left": ("0", "-1"), "t_right": ("inf",), "a_right": ("0", "2")},
    t_left="-1",  # all four are learned: these are an example
    a_left="0.2",
    t_right="1",
    a_right="0.4",
    source="S-shaped ReLU: Jin et al. 2015, arXiv:1512.07030",
)

_c = real_symbol("c")
_rectifier(
    "plu",
    Piecewise((_alpha * (z + _c) - _c, z <= -_c), (_alpha * (z - _c) + _c, z >= _c), (z, True)),
    at={-_c: _alpha, _c: _alpha},
    edges={"alpha": ("0", "0.5")},
    # The source writes max(α(z + c) − c, min(α(z − c) + c, z)), which is this up to α = 1 only.
    ranges={"alpha": ("0", "1"), "c": ("0", "inf")},
    alpha="0.1",
    c="1",
    source="Nicolae 2018, arXiv:1809.09534",
)

_rectifier(
    "relu_squared",
    Piecewise((z**2, z > 0), (0, True)),
    at={0: smooth},
    source="So et al. 2021, Primer, arXiv:2109.08668",
)

_scale, _bias = real_symbol("scale"), real_symbol("bias")
_rectifier(
    "star_relu",
    Piecewise((_scale * z**2 + _bias, z > 0), (_bias, True)),
    at={0: smooth},
    edges={"scale": ("0", "-1", "1e-30"), "bias": ("0",)},
    scale="0.8944",
    bias="-0.4472",
    source="Yu et al. 2022, arXiv:2210.13452",
)

_rectifier(
    "nlrelu",
    Piecewise((log1p(_beta * z), z > 0), (0, True)),
    at={0: 0},
    edges={"beta": ("1e-30", "1000")},
    beta="1",
    source="Liu et al. 2019, arXiv:1908.03682",
)

_rectifier(
    "smelu",
    Piecewise((0, z <= -_beta), (z, z >= _beta), ((z + _beta) ** 2 / (4 * _beta), True)),
    at={-_beta: smooth, _beta: smooth},
    edges={"beta": ("0.001", "1000")},
    beta="1",
    source="Smooth ReLU: Shamir et al. 2022, arXiv:2202.06499",
)

_root = sqrt(z**2 + _beta)
_rectifier(
    "squareplus",
    (z + _root) / 2,
    # z + √(z² + b) cancels for z < 0: its derivative is b/(r − z) there, over 2r
    derivative=Piecewise((_beta / (2 * _root * (_root - z)), z < 0), ((1 + z / _root) / 2, True)),
    edges={"beta": ("1e-6", "1", "1000")},
    beta="4",  # called b there: a neuron has a b of its own
    source="jax.nn.squareplus; keras.activations.squareplus; Barron 2021, arXiv:2112.11687",
)

_rectifier(
    "square",
    z**2,
    source="Gilad-Bachrach et al. 2016, CryptoNets; keras.ops.square",
)

_rectifier("cube", z**3, source="Chen and Manning 2014, A fast and accurate dependency parser")

_rectifier(
    "sqnl",
    Piecewise((1, z >= 2), (-1, z <= -2), (z - z**2 / 4, z >= 0), (z + z**2 / 4, True)),
    at={-2: smooth, 0: smooth, 2: smooth},
    source="Square nonlinearity: Wuraola and Patel 2018, IJCNN",
)

_rectifier(
    "sqlu",
    Piecewise((z, z > 0), (-1, z <= -2), (z + z**2 / 4, True)),
    at={-2: smooth, 0: smooth},
    source="Square linear unit: Wuraola and Patel 2018, IJCNN",
)

_rectifier(
    "softmodulus_q",
    Piecewise((z**2 * (2 - Abs(z)), Abs(z) <= 1), (Abs(z), True)),
    derivative=Piecewise(
        (z * (4 - 3 * Abs(z)), Abs(z) <= 1), (Piecewise((1, z > 0), (-1, True)), True)
    ),
    at={-1: smooth, 0: smooth, 1: smooth},
    source="Vallés-Pérez et al. 2023, Empirical study of the modulus as activation function",
)

_gamma = real_symbol("gamma")
_rectifier(
    "smooth_step",
    Piecewise(
        (0, z <= -_gamma / 2),
        (1, z >= _gamma / 2),
        (-2 * z**3 / _gamma**3 + 3 * z / (2 * _gamma) + Rational(1, 2), True),
    ),
    # diff's 3/(2γ) − 6z²/γ³ cancels at both ends
    derivative=Piecewise(
        (0, z <= -_gamma / 2),
        (0, z >= _gamma / 2),
        (6 * (_gamma / 2 - z) * (_gamma / 2 + z) / _gamma**3, True),
    ),
    at={-_gamma / 2: smooth, _gamma / 2: smooth},
    edges={"gamma": ("0.001", "1000")},
    gamma="1",
    source="Hazimeh et al. 2020, arXiv:2002.07772",
)
