"""The input times a gate that depends on it: silu, gelu, mish and their many relatives."""

from __future__ import annotations

from functools import partial

import sympy
from sympy import Piecewise, Rational, atan, cos, exp, pi, sin, sqrt

from symdiff.catalogue.activations.stanza import Family, stanza, z
from symdiff.definition import smooth
from symdiff.expression.formula import real_symbol
from symdiff.functions import Phi, expm1, log1p, sigmoid, softplus, tanh

GATES: Family = {}
_gate = partial(stanza, GATES)

_alpha, _beta, _gamma = real_symbol("alpha"), real_symbol("beta"), real_symbol("gamma")

_gate(
    "gelu",
    z * Phi(z),
    source="torch.nn.GELU; jax.nn.gelu(approximate=False); keras.activations.gelu; Hendrycks and "
    "Gimpel 2016, arXiv:1606.08415",
)

_gate(
    "gelu_tanh",
    # documented as z/2·(1 + tanh u); ½(1 + tanh u) = σ(2u) does not cancel for u < 0
    z * sigmoid(2 * sqrt(2 / pi) * (z + Rational("0.044715") * z**3)),
    source="torch.nn.GELU(approximate='tanh'); jax.nn.gelu; Hendrycks and Gimpel 2016, "
    "arXiv:1606.08415",
)

_gate(
    "quick_gelu",
    z * sigmoid(Rational("1.702") * z),
    source="Hendrycks and Gimpel 2016, arXiv:1606.08415; transformers.QuickGELUActivation",
)

_gate(
    "xgelu",
    z * ((1 + 2 * _alpha) * Phi(z) - _alpha),
    edges={"alpha": ("0", "1", "-0.5")},
    alpha="0.1",  # learned; the paper starts it at 0, which is gelu
    source="Expanded gating: Huang 2024, arXiv:2405.20768",
)

_gate(
    "silu",
    z * sigmoid(z),
    source="torch.nn.SiLU; jax.nn.silu; keras.activations.silu; Elfwing et al. 2017, "
    "arXiv:1702.03118",
)

_gate(
    "swish",
    z * sigmoid(_beta * z),
    edges={"beta": ("0", "-1", "0.001", "1000")},
    beta="1",
    source="Ramachandran et al. 2017, arXiv:1710.05941",
)

_gate(
    "e_swish",
    _beta * z * sigmoid(z),
    edges={"beta": ("0", "1", "2")},
    beta="1.375",
    source="Alcaide 2018, arXiv:1801.07145",
)

_gate(
    "dsilu",
    sigmoid(z) * (1 + z * sigmoid(-z)),
    source="Elfwing et al. 2017, arXiv:1702.03118",
)

_gate(
    "xsilu",
    z * ((1 + 2 * _alpha) * sigmoid(z) - _alpha),
    edges={"alpha": ("0", "1", "-0.5")},
    alpha="0.1",  # learned; the paper starts it at 0, which is silu
    source="Expanded gating: Huang 2024, arXiv:2405.20768",
)

_gate(
    "bsilu",
    (z + _alpha) * sigmoid(z) - _alpha / 2,
    edges={"alpha": ("0", "-1", "1000")},
    alpha="1.67",
    source="Horuz et al. 2025, arXiv:2505.22074",
)

_gate(
    "aria2",
    z * sigmoid(_beta * z) ** _alpha,
    derivative=sigmoid(_beta * z) ** _alpha * (1 + _alpha * _beta * z * sigmoid(-_beta * z)),
    edges={"alpha": ("0", "1", "2"), "beta": ("0", "0.5")},
    alpha="1.5",
    beta="2",
    source="Patwardhan, Ingalhalikar and Walambe 2018, arXiv:1805.08878",
)

_first, _second = real_symbol("p1"), real_symbol("p2")
_gate(
    "acon_c",
    (_first - _second) * z * sigmoid(_beta * (_first - _second) * z) + _second * z,
    edges={"beta": ("0", "100"), "p2": ("0", "1")},
    p1="1",
    p2="0.25",
    beta="1",
    source="Ma et al. 2020, arXiv:2009.04759",
)

_gate(
    "hardswish",
    Piecewise((0, z <= -3), (z, z >= 3), (z * (z + 3) / 6, True)),
    at={-3: 0, 3: 1},
    source="torch.nn.Hardswish; jax.nn.hard_swish; keras.activations.hard_silu; Howard et al. "
    "2019, arXiv:1905.02244",
)

_gate(
    "flatten_t_swish",
    Piecewise((z * sigmoid(z) + _gamma, z >= 0), (_gamma, True)),
    at={0: Rational(1, 2)},
    edges={"gamma": ("0", "-1")},
    gamma="-0.2",
    source="Chieng et al. 2018, arXiv:1812.06247",
)

_gate(
    "mish",
    z * tanh(softplus(z)),
    source="torch.nn.Mish; jax.nn.mish; keras.activations.mish; Misra 2019, arXiv:1908.08681",
)

_gate(
    "mila",
    z * tanh(softplus(z + _beta)),
    edges={"beta": ("0", "-10", "10")},
    beta="-0.25",
    source="Mila, digantamisra98/Mila, 2019; Kunc and Kléma 2024, arXiv:2402.09092",
)

_gate(
    "hard_mish",
    Piecewise((0, z <= -2), (z, z >= 0), (z * (z + 2) / 2, True)),
    at={-2: 0, 0: smooth},
    source="timm.layers.HardMish: z/2 · min(2, max(0, z + 2))",
)

_gate(
    "serf",
    z * sympy.erf(softplus(z)),
    source="Nag and Bhattacharyya 2021, arXiv:2108.09598",
)

_delta = real_symbol("delta")
_gate(
    "pserf",
    z * sympy.erf(_gamma * softplus(_delta * z)),
    edges={"gamma": ("0.001", "100"), "delta": ("0", "-1")},
    gamma="1.25",
    delta="0.85",
    source="Biswas et al. 2021, ErfAct and PSerf, arXiv:2109.04386",
)

_gate(
    "erfact",
    z * sympy.erf(_alpha * exp(_beta * z)),
    edges={"alpha": ("0.001", "100"), "beta": ("0", "-1")},
    alpha="0.75",
    beta="0.75",
    source="Biswas et al. 2021, ErfAct and PSerf, arXiv:2109.04386",
)

_gate("tanhexp", z * tanh(exp(z)), source="Liu and Di 2020, arXiv:2003.09855")

_gate(
    "tanhsoft1",
    tanh(_alpha * z) * softplus(z),
    edges={"alpha": ("0", "-1", "0.001", "100")},
    alpha="0.87",
    source="Biswas et al. 2020, TanhSoft, arXiv:2009.03863",
)

_gate(
    "tanhsoft2",
    z * tanh(_beta * exp(_gamma * z)),
    edges={"beta": ("0", "100"), "gamma": ("0", "-1")},
    beta="0.6",
    gamma="1",
    source="Biswas et al. 2020, TanhSoft, arXiv:2009.03863",
)

_gate(
    "gish",
    z * log1p(-expm1(-exp(z))),  # documented as z ln(2 − e^(−e^z)), which cancels for z < 0
    source="Kaytan et al. 2023, Gish: a novel activation function",
)

_gate("logish", z * log1p(sigmoid(z)), source="Zhu et al. 2021, Neurocomputing 458")

_gate("smish", z * tanh(log1p(sigmoid(z))), source="Wang et al. 2022, Electronics 11(4)")

_gate("phish", z * tanh(z * Phi(z)), source="Naveen 2022, Phish: a novel activation function")

_gate("lisht", z * tanh(z), source="Roy et al. 2019, arXiv:1901.05894")

_gate(
    "softmodulus_t",
    z * tanh(z / _alpha),
    edges={"alpha": ("1", "1e-6")},
    alpha="0.01",
    source="Vallés-Pérez et al. 2023, Empirical study of the modulus as activation function",
)

_gate(
    "sinsig",
    z * sin(pi / 2 * sigmoid(z)),
    source="Khan et al. 2022, Non-monotonic SinSig",
)

_gate(
    "atlu",
    # atan z + π/2 cancels for z < 0, where it is atan(−1/z)
    z * Piecewise((atan(-1 / z), z < 0), (atan(z) + pi / 2, True)) / pi,
    at={0: smooth},
    source="Arctan linear unit: Huang 2024, arXiv:2405.20768",
)

_gate(
    "xatlu",
    z * ((1 + 2 * _alpha) * (atan(z) + pi / 2) / pi - _alpha),
    edges={"alpha": ("0", "1", "-0.5")},
    alpha="0.1",  # learned; the paper starts it at 0, which is atlu
    source="Expanded gating: Huang 2024, arXiv:2405.20768",
)

_gate(
    "sinlu",
    (z + _alpha * sin(_beta * z)) * sigmoid(z),
    edges={"alpha": ("0", "-1"), "beta": ("0", "10")},
    alpha="1",
    beta="1",
    source="Paul et al. 2022, SinLU: sinu-sigmoidal linear unit",
)

_gate(
    "coslu",
    (z + _alpha * cos(_beta * z)) * sigmoid(z),
    edges={"alpha": ("0", "-1"), "beta": ("0", "10")},
    alpha="1",
    beta="1",
    source="Sharma et al. 2021, CosLU; Kunc and Kléma 2024, arXiv:2402.09092",
)

_mu = real_symbol("mu")
_gate(
    "smu",
    ((1 + _alpha) * z + (1 - _alpha) * z * sympy.erf(_mu * (1 - _alpha) * z)) / 2,
    edges={"alpha": ("0", "1", "-1"), "mu": ("0.001", "1000")},
    alpha="0.25",
    # Public implementations train μ and start it at 1e6 (iFe1er/SMU_pytorch) or at 2.5
    # (with α = 0.01), where f is a leaky relu but for a sliver around 0; at 1 the curve is seen.
    mu="1",
    source="Smooth maximum unit: Biswas et al. 2021, arXiv:2111.04682",
)

_gate(
    "smu1",
    ((1 + _alpha) * z + sqrt((1 - _alpha) ** 2 * z**2 + _mu**2)) / 2,
    edges={"alpha": ("1", "-1"), "mu": ("1", "1000")},
    alpha="0.25",
    mu="4.352665993287951e-9",
    source="Biswas et al. 2021, arXiv:2111.04682",
)

_gate(
    "soft_root_sign",
    z / (z / _alpha + exp(-z / _beta)),
    # the quotient rule's numerator without what cancels in it
    derivative=(1 + z / _beta) * exp(-z / _beta) / (z / _alpha + exp(-z / _beta)) ** 2,
    edges={"alpha": ("3",), "beta": ("1", "5")},
    alpha="2",
    beta="3",
    source="Zhou et al. 2020, arXiv:2003.00547",
)
