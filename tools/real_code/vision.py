"""List functions of packages of vision models: timm, torchvision, segmentation, metrics."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import torch

from tools.real_code.trial import Trial, apart, drawn, module, pointwise


def timm() -> Iterator[Trial]:
    """Trials of activations, those with a hand-written backward too, norms, gates and losses."""
    t, losses = import_module("timm.layers"), import_module("timm.loss")
    by_hand = import_module("timm.layers.activations_me")
    for name in ("swish_me", "mish_me", "hard_sigmoid_me", "hard_swish_me", "hard_mish_me"):
        yield pointwise(name, getattr(by_hand, name))
    plain = import_module("timm.layers.activations")
    names = ("swish", "mish", "sigmoid", "tanh", "hard_swish", "hard_sigmoid", "hard_mish", "gelu")
    for name in (*names, "gelu_tanh", "quick_gelu"):
        yield pointwise(name, getattr(plain, name))
    x, image = drawn(3, 8), drawn(2, 4, 3, 3)
    for name in ("LayerNorm", "RmsNorm", "SimpleNorm"):
        yield Trial(name, module(getattr(t, name)(8)), (x,))
    for name in ("LayerNorm2d", "RmsNorm2d", "GroupNorm1", "BatchNormAct2d"):
        yield Trial(name, module(getattr(t, name)(4)), (image,))
    for name in ("EvoNorm2dS0", "EvoNorm2dS0a"):
        yield Trial(name, module(getattr(t, name)(4, groups=2)), (image,))
    for name in ("EvoNorm2dB0", "FilterResponseNormTlu2d", "SqueezeExcite"):
        yield Trial(name, module(getattr(t, name)(4)), (image,))
    torch.manual_seed(1)
    yield Trial("EcaModule", module(t.EcaModule(4)), (image,))
    yield Trial("BlurPool2d", module(t.BlurPool2d(4)), (image,))
    yield Trial("StdConv2d", module(t.StdConv2d(4, 2, 3)), (image,))
    yield Trial("ScaledStdConv2d", module(t.ScaledStdConv2d(4, 2, 3)), (image,))
    yield Trial(
        "GlobalResponseNorm",
        module(import_module("timm.layers.grn").GlobalResponseNorm(8)),
        (drawn(2, 3, 3, 8),),
    )
    yield Trial("SwiGLU", module(t.SwiGLU(8, 6)), (x,))
    yield Trial("DropPath in evaluation", module(t.DropPath(0.5)), (x,))
    labels, several = torch.tensor([1, 7, 0]), (drawn(3, 8, seed=4) > 0).double()
    for name in ("LabelSmoothingCrossEntropy", "AsymmetricLossSingleLabel"):
        yield _loss(name, getattr(losses, name)(), x, labels)
    for name in ("SoftTargetCrossEntropy", "BinaryCrossEntropy", "AsymmetricLossMultiLabel"):
        yield _loss(name, getattr(losses, name)(), x, several)
    yield _loss("JsdCrossEntropy", losses.JsdCrossEntropy(), drawn(6, 8), torch.tensor([1, 7]))


def torchvision() -> Iterator[Trial]:
    """Trials of losses of boxes and of classes, and of small modules."""
    o, x = import_module("torchvision.ops"), drawn(3, 8)
    target = (drawn(3, 8, seed=4) > 0).double()
    yield Trial(
        "sigmoid_focal_loss",
        lambda x: o.sigmoid_focal_loss(x, target.to(x.dtype), reduction="mean"),
        (x,),
    )
    corner, size = drawn(4, 2), drawn(4, 2, seed=2).square() + 0.5
    boxes = torch.cat([corner, corner + size], 1)
    others = boxes + drawn(4, 4, seed=3) / 8
    for kind in ("generalized", "distance", "complete"):
        name = f"{kind}_box_iou_loss"
        yield Trial(name, getattr(o, name), (boxes, others))
    yield Trial("box_iou", o.box_iou, (boxes, others))
    yield Trial("StochasticDepth in evaluation", module(o.StochasticDepth(0.5, "row")), (x,))
    yield Trial("FrozenBatchNorm2d", module(o.FrozenBatchNorm2d(4)), (drawn(2, 4, 3, 3),))
    torch.manual_seed(1)
    yield Trial("SqueezeExcitation", module(o.SqueezeExcitation(4, 2)), (drawn(2, 4, 3, 3),))
    yield Trial("MLP", module(o.MLP(8, [6, 4])), (x,))


def segmentation_models_pytorch() -> Iterator[Trial]:
    """Trials of losses of masks."""
    s, x = import_module("segmentation_models_pytorch.losses"), drawn(2, 1, 3, 3)
    mask = (drawn(2, 1, 3, 3, seed=4) > 0).double()
    for name in ("DiceLoss", "JaccardLoss", "TverskyLoss", "FocalLoss", "LovaszLoss"):
        yield _loss(name, getattr(s, name)("binary"), x, mask)
    yield _loss("SoftBCEWithLogitsLoss", s.SoftBCEWithLogitsLoss(), x, mask)
    yield _loss("MCCLoss", s.MCCLoss(), x.sigmoid(), mask)


def pytorch_metric_learning() -> Iterator[Trial]:
    """Losses of embeddings; not those that cast their own weight in place to what is given."""
    p = import_module("pytorch_metric_learning.losses")
    x, labels = apart(6, 4) - 0.5, torch.tensor([0, 1, 0, 1, 2, 2])
    names = ("ContrastiveLoss", "TripletMarginLoss", "NTXentLoss", "CircleLoss", "SupConLoss")
    for name in (*names, "MultiSimilarityLoss", "SignalToNoiseRatioContrastiveLoss"):
        yield _loss(name, getattr(p, name)(), x, labels)


def _loss(name: str, loss: Any, x: torch.Tensor, target: torch.Tensor) -> Trial:
    """A loss of its first argument; what is to be found is no input."""

    def called(x: torch.Tensor) -> Any:
        return loss(x, target.to(x.dtype) if target.is_floating_point() else target)

    return Trial(name, called, (x,))
