"""List packages for spiking networks: steps with surrogate gradients."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from math import pi, sqrt
from typing import Any

import torch
from torch import Tensor

from tools.published.trial import Function, Trial, at, surrogate, where


def snntorch() -> Iterator[Trial]:
    """Trials of surrogate gradients of spikes."""
    s = import_module("snntorch.surrogate")
    quantised = import_module("snntorch.functional.quant").state_quant(num_bits=4)

    def fast(x: Tensor) -> Tensor:
        return 1 / (1 + 25 * x.abs()) ** 2

    def leaky(x: Tensor) -> Tensor:
        return where(x >= 0, 1, 0.1)

    def logistic(x: Tensor) -> Tensor:
        return 25 * torch.exp(-25 * x) / (torch.exp(-25 * x) + 1) ** 2

    def arctan(x: Tensor) -> Tensor:
        return 1 / pi / (1 + (pi * x) ** 2)

    yield surrogate(
        "straight_through_estimator()", s.straight_through_estimator(), torch.ones_like, "1"
    )
    yield surrogate(
        "triangular(1)", s.triangular(1), lambda x: where(x < 0, 1, -1), "1 if U < 0, else -1"
    )
    yield surrogate("fast_sigmoid(25)", s.fast_sigmoid(25), fast, "1/(1 + 25 abs(U))²")
    yield surrogate("atan(2)", s.atan(2.0), arctan, "(1/π)/(1 + (πU)²)")
    yield surrogate(
        "heaviside()", s.heaviside(), lambda x: where(x >= 0, 1, 0), "1 if U ≥ 0, else 0"
    )
    yield surrogate("sigmoid(25)", s.sigmoid(25), logistic, "25 e^(-25U)/(e^(-25U) + 1)²")
    yield surrogate(
        "spike_rate_escape(1, 25)",
        s.spike_rate_escape(1, 25),
        lambda x: 25 * torch.exp(-(x - 1).abs()),
        "25 e^(-abs(U - 1))",
    )
    yield surrogate("LSO(0.1)", s.LSO(0.1), leaky, "1 if U ≥ 0, else 0.1")
    yield surrogate(
        "LeakySpikeOperator",
        lambda x: s.LeakySpikeOperator.apply(x, 0.1),
        leaky,
        "1 if U ≥ 0, else 0.1",
    )
    yield surrogate(
        "SFS(25, 1)",
        s.SFS(25, 1),
        lambda x: where(x > 1, fast(x), 0),
        "1/(1 + 25 abs(U))² if U > 1, else 0",
    )
    yield surrogate("quant.state_quant(4)", quantised, torch.ones_like, "1 (straight through)")


def spikingjelly() -> Iterator[Trial]:
    """Surrogate gradients of spikes, and the functions that they are said to be derivatives of."""
    s = import_module("spikingjelly.activation_based.surrogate")
    logistic = torch.sigmoid

    def below(x: Tensor) -> Tensor:
        return 4 * (1 - logistic(4 * x)) * logistic(4 * x)

    formulas: dict[str, tuple[Function, str]] = {
        "PiecewiseQuadratic": (
            lambda x: where(x.abs() > 1, 0, 1 - x.abs()),
            "1 - abs(x) if abs(x) ≤ 1, else 0",
        ),
        "PiecewiseExp": (lambda x: torch.exp(-x.abs()) / 2, "½ e^(-abs(x))"),
        "Sigmoid": (below, "4 σ(4x) (1 - σ(4x))"),
        "SoftSign": (lambda x: 1 / (1 + (2 * x).abs()) ** 2, "1/(1 + abs(2x))²"),
        "SuperSpike": (lambda x: 1 / (1 + x.abs()) ** 2, "1/(1 + abs(x))²"),
        "ATan": (lambda x: 1 / (1 + (pi * x) ** 2), "1/(1 + (πx)²)"),
        "NonzeroSignLogAbs": (lambda x: 1 / (1 + x.abs()), "1/(1 + abs(x))"),
        "Erf": (lambda x: 2 / sqrt(pi) * torch.exp(-4 * x * x), "2/√π e^(-4x²)"),
        "PiecewiseLeakyReLU": (
            lambda x: where(x.abs() <= 1, 0.5, 0.01),
            "½ if abs(x) ≤ 1, else 0.01",
        ),
        "SquarewaveFourierSeries": (lambda x: torch.cos(pi / 4 * x) / 2, "½ cos(πx/4)"),
        "S2NN": (
            lambda x: where(x < 0, below(x), 1 / (x + 1)),
            "4 σ(4x) (1 - σ(4x)) if x < 0, else 1/(x + 1)",
        ),
        "QPseudoSpike": (lambda x: (1 + 2 * x.abs()) ** -2, "1/(1 + 2 abs(x))²"),
        "LeakyKReLU": (lambda x: where(x >= 0, 1, 0), "1 if x ≥ 0, else 0"),
        "FakeNumericalGradient": (
            lambda x: torch.clamp_max(torch.sign(x) / x, 0.3),
            "min(sign(x)/x, 0.3)",
        ),
        "LogTailedReLU": (
            lambda x: where(x <= 0, 0, where(x <= 1, 1, 1 / x)),
            "0 if x ≤ 0, 1 if x ≤ 1, else 1/x",
        ),
        "DeterministicPass": (torch.ones_like, "1"),
        "Rect": (lambda x: where(x.abs() < 0.5, 1, 0), "1 if abs(x) < ½, else 0"),
    }
    without = ("SuperSpike", "FakeNumericalGradient", "DeterministicPass")
    for name, (formula, text) in formulas.items():
        made = getattr(s, name)
        yield surrogate(f"{name}()", made(), formula, text)
        if name not in without:
            primitive, options = made(spiking=False), {"gradient": formula}
            asked = "gradient= the formula above"
            yield Trial(
                f"{name}(spiking=False)", primitive, (at(),), options, asked, types=("float64",)
            )


def norse() -> Iterator[Trial]:
    """Trials of surrogate gradients of spikes."""
    n = import_module("norse.torch.functional.threshold")
    spike = import_module("norse.torch.functional.superspike").SuperSpike

    def steep(function: Any, k: float) -> Function:
        return lambda x: function.apply(x, torch.tensor(k, dtype=x.dtype))

    yield surrogate(
        "HeaviErfc(2)",
        steep(n.HeaviErfc, 2.0),
        lambda x: 2 / sqrt(pi) * torch.exp(-4 * x * x),
        "2/√π e^(-4x²)",
    )
    yield surrogate(
        "HeaviTanh(2)",
        steep(n.HeaviTanh, 2.0),
        lambda x: 1 / torch.cosh(2 * x) ** 2,
        "1/cosh²(2x)",
    )
    yield surrogate(
        "SuperSpike(100)",
        steep(spike, 100.0),
        lambda x: 1 / (1 + 100 * x.abs()) ** 2,
        "1/(1 + 100 abs(x))²",
    )
