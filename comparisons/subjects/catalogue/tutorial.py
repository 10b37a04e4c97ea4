"""The tutorial's three problems as subjects: its own torch code beside the graphs.

Source: https://pytorch.org/tutorials/beginner/basics/autogradqs_tutorial.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

import symdiff
from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.subjects.catalogue.torch_calls import torch_call
from comparisons.subjects.subject import Subject
from symdiff import Definition
from symdiff.catalogue.problems import Cut

if TYPE_CHECKING:
    from torch import Tensor

NEURONS = 512  # enough to meet both sides of every kink; each is a problem of its own


def neuron(
    activation: str | Definition, loss: str | Definition = "half_squared", **parameters: object
) -> Subject:
    """Pair the tutorial's neuron, z = wx + b, y = f(z), L = loss(y, t), with torch's f and loss.

    Shapes: w, b, x and t (512), each entry a neuron of its own.

    Raises: ValueError if torch has no such activation or loss.
    """
    f = symdiff.activation(activation, **parameters)
    cost = symdiff.loss(loss)
    f_torch = torch_call(f)
    half_squared = cost.name == "half_squared"
    cost_torch = None if half_squared else torch_call(cost)

    def forward(w: Tensor, b: Tensor, x: Tensor, t: Tensor) -> dict[str, Tensor]:
        z = w * x + b
        y = f_torch(z)
        return {"z": z, "y": y, "L": 0.5 * (y - t) ** 2 if cost_torch is None else cost_torch(y, t)}

    cost_code = "0.5 * (y - t) ** 2" if cost_torch is None else cost_torch.code
    code = f"(lambda y: {cost_code})((lambda z: {f_torch.code})(w * x + b))"
    return Subject(f"neuron({f})", symdiff.neuron(f, cost), forward, code, sample=_neurons)


def _neurons(dtype: FloatType) -> Inputs:
    draw = seeded()
    scales = {"w": 2.0, "b": 1.0, "x": 2.0, "t": 1.0}
    return {k: dtype.round(draw.normal(scale=s, size=NEURONS)) for k, s in scales.items()}


def linear_layer(*, batched: bool = False, cut: Cut | None = None) -> Subject:
    """Pair the tutorial's linear layer and its loss with torch's; with `cut`, z is a constant.

    Shapes: x (5), w (5, 3), b (3), z and y (3); batched, x (4, 5), z and y (4, 3).

    Raises: ValueError if `cut` is neither 'detach()' nor 'no_grad()'.
    """
    import torch

    graph = symdiff.linear_layer(batched=batched, cut=cut)

    bce_with_logits: Any = torch.nn.functional.binary_cross_entropy_with_logits

    def forward(w: Tensor, b: Tensor, x: Tensor, y: Tensor | None = None) -> dict[str, Tensor]:
        if cut == "no_grad()":
            with torch.no_grad():
                return {"z": torch.matmul(x, w) + b}
        z = torch.matmul(x, w) + b
        if cut == "detach()":
            return {"z": z, "z_det": z.detach()}
        return {"z": z, "L": bce_with_logits(z, y)}

    code = {
        None: "torch.nn.functional.binary_cross_entropy_with_logits(torch.matmul(x, w) + b, y)",
        "detach()": "(torch.matmul(x, w) + b).detach()",
        "no_grad()": "torch.no_grad()(lambda: torch.matmul(x, w) + b)()",
    }[cut]

    def sample(dtype: FloatType) -> Inputs:
        return _layer(dtype, batch=(4,) if batched else (), target=cut is None)

    return Subject(graph.name, graph, forward, code, sample=sample)


def _layer(dtype: FloatType, batch: tuple[int, ...], *, target: bool) -> Inputs:
    """The tutorial's x of ones, y of zeros and random w, b; a batch is random throughout."""
    draw = seeded()
    inputs: dict[str, Float64Array] = {
        "w": dtype.round(draw.normal(size=(5, 3))),
        "b": dtype.round(draw.normal(size=3)),
        "x": dtype.round(draw.normal(size=(*batch, 5))) if batch else np.ones(5),
    }
    if target:
        inputs["y"] = (
            draw.integers(2, size=(*batch, 3)).astype(np.float64) if batch else np.zeros(3)
        )
    return inputs


def vector_jacobian_product() -> Subject:
    """Pair the tutorial's out = (inp + 1)²ᵀ with torch's, at inp = eye(4, 5) and ones for v."""

    def forward(inp: Tensor) -> dict[str, Any]:
        return {"out": (inp + 1).pow(2).t()}

    graph = symdiff.vector_jacobian_product()
    inputs = {"inp": np.eye(4, 5), COTANGENT: np.ones((5, 4))}
    return Subject(graph.name, graph, forward, "(inp + 1).pow(2).t()", sample=lambda _: inputs)
