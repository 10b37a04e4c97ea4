"""Activations that torch does not have, in a line of torch as their authors and users write it.

These lines are judged, so they are not tuned: they overflow, cancel and lose what the usual code
loses.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

WRITTEN_OUT: Mapping[str, str] = MappingProxyType(
    {
        # rectifiers
        "hard_sigmoid_keras2": "torch.clamp(0.2 * z + 0.5, 0, 1)",
        "sparse_sigmoid": "torch.clamp((z + 1) / 2, 0, 1)",
        "sparse_plus": ("torch.where(z <= -1, 0.0, torch.where(z >= 1, z, (z + 1) ** 2 / 4))"),
        "bounded_relu": "torch.clamp(z, 0, upper)",
        "relu_keras": (
            "torch.where(z >= max_value, max_value, "
            "torch.where(z >= threshold, z, negative_slope * (z - threshold)))"
        ),
        "bounded_leaky_relu": (
            "torch.where(z <= 0, alpha * z, "
            "torch.where(z >= upper, alpha * z + (1 - alpha) * upper, z))"
        ),
        "shifted_relu": "torch.clamp(z, min=-1)",
        "displaced_relu": "torch.clamp(z, min=-delta)",
        "thresholded_relu": "F.threshold(z, theta, 0.0)",
        "srelu": (
            "torch.where(z <= t_left, t_left + a_left * (z - t_left), "
            "torch.where(z >= t_right, t_right + a_right * (z - t_right), z))"
        ),
        "plu": "torch.maximum(alpha * (z + c) - c, torch.minimum(alpha * (z - c) + c, z))",
        "relu_squared": "F.relu(z) ** 2",
        "star_relu": "scale * F.relu(z) ** 2 + bias",
        "nlrelu": "torch.log(beta * F.relu(z) + 1)",
        "smelu": (
            "torch.where(z <= -beta, 0.0, torch.where(z >= beta, z, (z + beta) ** 2 / (4 * beta)))"
        ),
        "squareplus": "(z + torch.sqrt(z**2 + beta)) / 2",
        "cube": "z**3",
        "sqnl": (
            "torch.where(z >= 2, 1.0, torch.where(z <= -2, -1.0, "
            "torch.where(z >= 0, z - z**2 / 4, z + z**2 / 4)))"
        ),
        "sqlu": "torch.where(z > 0, z, torch.where(z <= -2, -1.0, z + z**2 / 4))",
        "softmodulus_q": (
            "torch.where(torch.abs(z) <= 1, z**2 * (2 - torch.abs(z)), torch.abs(z))"
        ),
        "smooth_step": (
            "torch.where(z <= -gamma / 2, 0.0, torch.where(z >= gamma / 2, 1.0, "
            "-2 / gamma**3 * z**3 + 3 / (2 * gamma) * z + 0.5))"
        ),
        # exponentials
        "pelu": ("torch.where(z >= 0, alpha / beta * z, alpha * (torch.exp(z / beta) - 1))"),
        "mpelu": "torch.where(z > 0, z, alpha * (torch.exp(beta * z) - 1))",
        "ptelu": "torch.where(z >= 0, z, alpha * torch.tanh(beta * z))",
        "elish": (
            "torch.where(z >= 0, z * torch.sigmoid(z), (torch.exp(z) - 1) * torch.sigmoid(z))"
        ),
        "hardelish": (
            "torch.where(z >= 0, z * torch.clamp((z + 1) / 2, 0, 1), "
            "(torch.exp(z) - 1) * torch.clamp((z + 1) / 2, 0, 1))"
        ),
        "isrlu": "torch.where(z >= 0, z, z / torch.sqrt(1 + alpha * z**2))",
        "hexpo": (
            "torch.where(z >= 0, -alpha * (torch.exp(-z / beta) - 1), "
            "gamma * (torch.exp(z / delta) - 1))"
        ),
        "softexponential": (
            "-torch.log(1 - alpha * (z + alpha)) / alpha if alpha < 0 else "
            "(torch.exp(alpha * z) - 1) / alpha + alpha if alpha > 0 else z"
        ),
        "logarithmic": "torch.sign(z) * torch.log(torch.abs(z) + 1)",
        "xielu": (
            "torch.where(z > 0, alpha_p * z * z + beta * z, "
            "(torch.expm1(torch.clamp(z, max=-1e-6)) - z) * alpha_n + beta * z)"
        ),
        "erf_relu": "torch.where(z >= 0, z, alpha * torch.erf(z))",
        "suish": "torch.maximum(z, z * torch.exp(-torch.abs(z)))",
        "slu": "torch.where(z >= 0, z, 2 * torch.log(torch.exp(z) + 1) - 2 * 0.6931471805599453)",
        "penalized_tanh": "torch.where(z > 0, torch.tanh(z), alpha * torch.tanh(z))",
        "rectified_tanh": "F.relu(torch.tanh(z))",
        # sigmoids
        "shifted_softplus": "F.softplus(z) - 0.6931471805599453",
        "softpp": "torch.log(1 + torch.exp(k * z)) + z / c - 0.6931471805599453",
        "elliott": "0.5 * z / (1 + torch.abs(z)) + 0.5",
        "isru": "z / torch.sqrt(1 + alpha * z**2)",
        "rootsig": "z / (1 + torch.sqrt(1 + z**2))",
        "laplace": "0.5 * (1.0 + torch.erf((z - mu) / (sigma * 2**0.5)))",
        "gudermannian": "2 * torch.atan(torch.tanh(z / 2))",
        "lecun_tanh": "1.7159 * torch.tanh(2 / 3 * z)",
        "rational_tanh": (
            "1.7159 * torch.sign(z) * (1 - 1 / (1 + torch.abs(2 / 3 * z) + (2 / 3 * z) ** 2 "
            "+ 1.41645 * (2 / 3 * z) ** 4))"
        ),
        "symmetric_sigmoid": "torch.sigmoid(z) - 0.5",
        "bipolar_sigmoid": "(1 - torch.exp(-z)) / (1 + torch.exp(-z))",
        "dyt": "weight * torch.tanh(alpha * z) + bias",
        "softclipping": (
            "torch.log((1 + torch.exp(alpha * z)) / (1 + torch.exp(alpha * (z - 1)))) / alpha"
        ),
        "loglog": "torch.exp(-torch.exp(-z))",
        "cloglog": "1 - torch.exp(-torch.exp(z))",
        # gates
        "quick_gelu": "z * torch.sigmoid(1.702 * z)",
        "xgelu": ("z * (0.5 * (1 + torch.erf(z / 2**0.5)) * (1 + 2 * alpha) - alpha)"),
        "swish": "z * torch.sigmoid(beta * z)",
        "e_swish": "beta * z * torch.sigmoid(z)",
        "dsilu": "torch.sigmoid(z) * (1 + z * (1 - torch.sigmoid(z)))",
        "xsilu": "z * (torch.sigmoid(z) * (1 + 2 * alpha) - alpha)",
        "bsilu": "(z + alpha) * torch.sigmoid(z) - alpha / 2",
        "aria2": "z * (1 + torch.exp(-z * beta)) ** (-alpha)",
        "acon_c": "(p1 - p2) * z * torch.sigmoid(beta * (p1 - p2) * z) + p2 * z",
        "flatten_t_swish": "F.relu(z) * torch.sigmoid(z) + gamma",
        "mila": "z * torch.tanh(F.softplus(z + beta))",
        "hard_mish": "0.5 * z * (z + 2).clamp(min=0, max=2)",
        "serf": "z * torch.erf(torch.log(1 + torch.exp(z)))",
        "pserf": "z * torch.erf(gamma * torch.log(1 + torch.exp(delta * z)))",
        "erfact": "z * torch.erf(alpha * torch.exp(beta * z))",
        "tanhexp": "z * torch.tanh(torch.exp(z))",
        "tanhsoft1": "torch.tanh(alpha * z) * F.softplus(z)",
        "tanhsoft2": "z * torch.tanh(beta * torch.exp(gamma * z))",
        "gish": "z * torch.log(2 - torch.exp(-torch.exp(z)))",
        "logish": "z * torch.log(1 + torch.sigmoid(z))",
        "smish": "z * torch.tanh(torch.log(1 + torch.sigmoid(z)))",
        "phish": "z * torch.tanh(F.gelu(z))",
        "lisht": "z * torch.tanh(z)",
        "softmodulus_t": "z * torch.tanh(z / alpha)",
        "sinsig": "z * torch.sin(torch.pi / 2 * torch.sigmoid(z))",
        "atlu": "z * (torch.atan(z) + torch.pi / 2) / torch.pi",
        "xatlu": ("z * ((torch.atan(z) + torch.pi / 2) / torch.pi * (1 + 2 * alpha) - alpha)"),
        "sinlu": "(z + alpha * torch.sin(beta * z)) * torch.sigmoid(z)",
        "coslu": "(z + alpha * torch.cos(beta * z)) * torch.sigmoid(z)",
        "smu": "((1 + alpha) * z + (1 - alpha) * z * torch.erf(mu * (1 - alpha) * z)) / 2",
        "smu1": "((1 + alpha) * z + torch.sqrt(((1 - alpha) * z) ** 2 + mu**2)) / 2",
        "soft_root_sign": "z / (z / alpha + torch.exp(-z / beta))",
        # bells and waves
        "sine": "torch.sin(omega * z)",
        "snake": "z + torch.sin(alpha * z) ** 2 / alpha",
        "gcu": "z * torch.cos(z)",
        "cosid": "torch.cos(z) - z",
        "minsin": "torch.minimum(z, torch.sin(z))",
        "sinc": "torch.where(z == 0, 1.0, torch.sin(z) / z)",
        "gaussian": "torch.exp(-(z**2))",
        "ricker": ("2 / (3**0.5 * torch.pi**0.25) * (1 - z**2) * torch.exp(-(z**2) / 2)"),
        "wave": "(1 - z**2) * torch.exp(-(z**2))",
        "multiquadric": "torch.sqrt(z**2 + 1)",
        "inverse_multiquadric": "torch.rsqrt(z**2 + 1)",
        "bent_identity": "(torch.sqrt(z**2 + 1) - 1) / 2 + z",
        "pau": (
            "(0.02979246 + 0.61837738 * z + 2.32335207 * z**2 + 3.05202660 * z**3 "
            "+ 1.48548002 * z**4 + 0.25103717 * z**5) / (1 + torch.abs(1.14201226 * z "
            "+ 4.39322834 * z**2 + 0.87154450 * z**3 + 0.34720652 * z**4))"
        ),
    }
)
