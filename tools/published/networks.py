"""List packages whose backwards are derivatives, written by hand for speed, memory or a purpose."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from tools.published.trial import Function, Trial, at, drawn


def liger_kernel() -> Iterator[Trial]:
    """Trials of the chunked losses, whose gradient is computed in the forward."""
    f = import_module("liger_kernel.chunked_loss.functional")
    weight, bias, ref_weight = drawn(6, 4) / 2, drawn(6) / 2, drawn(6, 4) / 3
    x, ref_input = drawn(4, 3, 4), drawn(4, 3, 4) / 3
    target = torch.tensor([[1, 2, 5], [0, 3, 1], [2, 2, -100], [4, 1, -100]])
    liked = torch.tensor([True, False, True, False])
    against = {"ref_input": ref_input, "ref_weight": ref_weight}

    def loss(function: Any, **fixed: Any) -> Function:
        names = [
            p
            for p in inspect.signature(function.forward).parameters.values()
            if p.name not in ("cls", "ctx")
        ]

        def called(x: Tensor, weight: Tensor, bias: Tensor) -> Any:
            known = {
                "_input": x,
                "weight": weight,
                "bias": bias,
                "target": target,
                "compiled": False,
                **fixed,
            }
            return function.apply(*(known.get(p.name, p.default) for p in names))[0]

        return called

    def distilled(function: Any) -> Function:
        labels = torch.tensor([1, 5, 2, 0])

        def called(x: Tensor, weight: Tensor, bias: Tensor) -> Any:
            teacher = (ref_input[:, 0], ref_weight)
            tail = (None, 0.5, 0.5, 0.5, -100, 1.0, False, 2)
            return function.apply(x, weight, *teacher, labels, bias, *tail)

        return called

    for kind, fixed in (
        ("CPO", {}),
        ("ORPO", {}),
        ("SimPO", {}),
        ("DPO", against),
        ("KTO", {**against, "preference_labels": liked}),
    ):
        function = getattr(f, f"LigerFusedLinear{kind}Function")
        yield Trial(
            f"LigerFusedLinear{kind}",
            loss(function, **fixed),
            (x, weight, bias),
            types=("float64",),
        )
    for kind in ("JSD", "CosineSimilarity"):
        function = getattr(f, f"LigerFusedLinear{kind}Function")
        yield Trial(
            f"LigerFusedLinear{kind}",
            distilled(function),
            (x[:, 0], weight, bias),
            types=("float64",),
        )


def entmax() -> Iterator[Trial]:
    """Trials of sparse softmaxes: by sorting as they stand, by bisection beside those."""
    e = import_module("entmax")
    x = drawn(3, 5)
    yield Trial("sparsemax", e.sparsemax, (x,), types=("float64",))
    yield Trial("entmax15", e.entmax15, (x,), types=("float64",))
    options = {"reference": e.sparsemax}
    yield Trial(
        "sparsemax_bisect",
        e.sparsemax_bisect,
        (x,),
        options,
        "reference= sparsemax",
        types=("float64",),
    )
    options = {"reference": e.entmax15}
    yield Trial(
        "entmax_bisect", e.entmax_bisect, (x,), options, "reference= entmax15", types=("float64",)
    )


def brevitas() -> Iterator[Trial]:
    """Trials of straight-through estimators of quantisers."""
    b = import_module("brevitas.ops.autograd_ste_ops")
    straight = {"gradient": torch.ones_like}
    for name in ("Round", "Floor", "Ceil", "RoundToZero", "DPURound", "BinarySign", "TernarySign"):
        yield Trial(
            f"{name}SteFn",
            getattr(b, f"{name}SteFn").apply,
            (at() + 0.05,),
            straight,
            "gradient= 1 (straight through)",
            surrogate=True,
        )
    yield Trial(
        "ScalarClampSteFn(-1, 1)",
        lambda x: b.ScalarClampSteFn.apply(x, -1.0, 1.0),
        (at(),),
        straight,
        "gradient= 1 (straight through)",
    )
    yield Trial("AbsBinarySignGradFn", b.AbsBinarySignGradFn.apply, (at(),))


def pytorch_revgrad() -> Iterator[Trial]:
    """A trial of the reversed gradient of adversarial training."""
    r = import_module("pytorch_revgrad.functional").revgrad
    options = {"gradient": lambda x: -torch.ones_like(x)}
    yield Trial(
        "revgrad(1)",
        lambda x: r(x, torch.ones((), dtype=x.dtype)),
        (at(),),
        options,
        "gradient= -1",
    )


def gpytorch() -> Iterator[Trial]:
    """Covariances whose gradient is computed in the forward, and log Φ in pieces."""
    g = import_module("gpytorch.functions")
    kernels = import_module("gpytorch.kernels.kernel")
    normal = import_module("gpytorch.functions._log_normal_cdf").LogNormalCDF
    a, b, length = drawn(4, 2), drawn(3, 2) / 2, torch.full((1, 1), 0.7, dtype=torch.float64)
    yield Trial(
        "RBFCovariance",
        lambda length: g.RBFCovariance.apply(
            a.to(length.dtype), b.to(length.dtype), length, kernels.sq_dist
        ),
        (length,),
    )
    for nu in (0.5, 1.5, 2.5):
        yield Trial(
            f"MaternCovariance({nu})",
            lambda length, nu=nu: g.MaternCovariance.apply(
                a.to(length.dtype), b.to(length.dtype), length, nu, kernels.dist
            ),
            (length,),
        )
    places = torch.tensor([-8.0, -3.0, -1.5, -0.7, -0.1, 0.05, 0.5, 2.0, 5.0], dtype=torch.float64)
    yield Trial("LogNormalCDF", normal.apply, (places,), types=("float64",))
    yield Trial(
        "LogNormalCDF",
        normal.apply,
        (places,),
        {"reference": torch.special.log_ndtr},
        "reference= log_ndtr",
        types=("float64",),
    )


def memcnn() -> Iterator[Trial]:
    """A trial of a reversible block that frees its storages on the way."""
    block = import_module("memcnn.models.additive").AdditiveBlockFunction
    f, g = (torch.nn.Linear(3, 3).double() for _ in range(2))
    for layer, seed in ((f, 1), (g, 2)):
        draw = torch.Generator().manual_seed(seed)
        for p in layer.parameters():
            p.data = torch.randn(p.shape, dtype=torch.float64, generator=draw) / 2
    yield Trial(
        "AdditiveBlockFunction",
        lambda x: block.apply(x, f, g, *f.parameters(), *g.parameters()),
        (drawn(2, 6),),
        types=("float64",),
    )
