"""Pointwise losses of a prediction y and a target t, one stanza each; the graph reduces them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Abs, Expr, Piecewise, log

from symdiff.catalogue.named import Named
from symdiff.definition import Definition
from symdiff.expression.formula import exact, parameter, real_symbol
from symdiff.functions import log1p, softplus

y, t = real_symbol("y"), real_symbol("t")

_losses: dict[str, Definition] = {}


def _loss(
    name: str,
    formula: Expr,
    *,
    source: str,
    stable: Mapping[str, Expr] | None = None,
    domain: Mapping[str, tuple[float, float]] | None = None,
    edges: Mapping[str, Iterable[str]] | None = None,
    **parameters: str,
) -> Definition:
    definition = Definition(
        name,
        formula,
        variables=("y", "t"),
        parameters={k: exact(v) for k, v in parameters.items()},
        stable=stable or {},
        domain=domain or {},
        edges={k: tuple(map(parameter, values)) for k, values in (edges or {}).items()},
        source=source,
    )
    _losses[name] = definition
    return definition


half_squared = _loss(
    "half_squared", (y - t) ** 2 / 2, source="the autograd tutorial: L = ½(y − t)²"
)

mse = _loss("mse", (y - t) ** 2, source="torch.nn.MSELoss")

l1 = _loss("l1", Abs(y - t), source="torch.nn.L1Loss")  # derivative 0 at y = t: sign(0)

_delta = real_symbol("delta")
huber = _loss(
    "huber",
    Piecewise(
        ((y - t) ** 2 / 2, Abs(y - t) <= _delta),
        (_delta * (Abs(y - t) - _delta / 2), True),
    ),
    edges={"delta": ("1e-30", "1000", "inf")},
    delta="1",
    source="torch.nn.HuberLoss; Huber 1964",
)

_beta = real_symbol("beta")
smooth_l1 = _loss(
    "smooth_l1",
    Piecewise(
        ((y - t) ** 2 / (2 * _beta), Abs(y - t) < _beta),
        (Abs(y - t) - _beta / 2, True),
    ),
    edges={"beta": ("0", "1e-30", "1000", "inf")},  # torch documents 0 as the L1 loss
    beta="1",
    source="torch.nn.SmoothL1Loss; Girshick 2015, arXiv:1504.08083",
)

bce = _loss(
    "bce",
    # torch clamps both logarithms at −100, as it documents: for y below 3.7e-44. Its gradient
    # leaves this formula far earlier, where y (1 − y) < 10⁻¹² (pytorch#103316).
    -t * log(y) - (1 - t) * log1p(-y),
    stable={
        "y": (y - t) / (y * (1 - y)),  # diff's −t/y + (1−t)/(1−y) cancels around y = t
        "t": log1p(-y) - log(y),
    },
    domain={"y": (0.0, 1.0), "t": (0.0, 1.0)},
    source="torch.nn.BCELoss",
)

bce_with_logits = _loss(
    "bce_with_logits",
    # documented as −t log σ(y) − (1−t) log(1 − σ(y)); this equals it and never overflows
    softplus(y) - t * y,
    domain={"t": (0.0, 1.0)},
    source="torch.nn.BCEWithLogitsLoss",
)

losses: Mapping[str, Definition] = Named("losses", _losses)
