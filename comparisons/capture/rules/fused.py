"""Rules of losses and layers of torch.nn that run as one operator, written as other operators."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from comparisons.capture.rules.registry import composed

_SUM, _MEAN = 0, 1  # of embedding_bag's modes; the other is the largest


@composed("_embedding_bag", "_embedding_bag_forward_only")
def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,  # noqa: FBT001, FBT002 - torch's signature
    mode: int = 0,
    sparse: bool = False,  # noqa: ARG001, FBT001, FBT002 - how the gradient is stored
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,  # noqa: FBT001, FBT002
    padding_idx: int = -1,
) -> Tensor:
    """The sum, mean or largest of the rows of each bag, without those of `padding_idx`."""
    used = F.embedding(indices, weight, scale_grad_by_freq=scale_grad_by_freq)
    starts = offsets.tolist()
    ends = [*starts[1:], len(indices)]
    bags = (
        zip(starts[:-1], ends[:-1], strict=True)
        if include_last_offset
        else zip(starts, ends, strict=True)
    )
    rows = []
    for start, end in bags:
        places = torch.tensor(
            [i for i in range(start, end) if int(indices[i]) != padding_idx], dtype=torch.long
        )
        if not len(places):
            rows.append(torch.zeros(weight.shape[1], dtype=weight.dtype))
            continue
        bag = used[places]
        if per_sample_weights is not None:
            bag = bag * per_sample_weights[places].unsqueeze(1)
        rows.append(
            bag.sum(0) if mode == _SUM else bag.mean(0) if mode == _MEAN else bag.max(0).values
        )
    return torch.stack(rows)


@composed("torch_nn::_linear_cross_entropy_batch_chunked")
def linear_cross_entropy(
    given: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None,
    weight: Tensor | None,
    reduction: str,
    ignore_index: int,
    label_smoothing: float,
    *_: Any,
) -> Tensor:
    """The cross entropy of a linear layer, which torch computes chunk by chunk."""
    return F.cross_entropy(
        F.linear(given, linear_weight, linear_bias),
        target,
        weight,
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
    )


@composed("torch_nn::_linear_cross_entropy_batch_chunked_no_reduction")
def unreduced_linear_cross_entropy(
    given: Tensor,
    linear_weight: Tensor,
    target: Tensor,
    linear_bias: Tensor | None,
    weight: Tensor | None,
    ignore_index: int,
    *_: Any,
) -> Tensor:
    """The cross entropy of a linear layer, a loss for each example."""
    return linear_cross_entropy(
        given, linear_weight, target, linear_bias, weight, "none", ignore_index, 0.0
    )


@composed("multilabel_margin_loss_forward")
def multilabel_margin_loss(given: Tensor, target: Tensor, reduction: int) -> Tensor:
    """Σ max(0, 1 − x of each class named + x of each class not named) over the number of classes.

    Those are named before the first −1; torch's own decomposition takes class 0 for each after it.
    """
    losses, count = [], target.shape[-1] if target.ndim else 1
    rows = given.reshape(-1, count), target.reshape(-1, count).tolist()
    for scores, named in zip(*rows, strict=True):
        classes = named[: named.index(-1)] if -1 in named else named
        others = [c for c in range(len(named)) if c not in classes]
        margins = 1 - scores[classes].unsqueeze(1) + scores[others].unsqueeze(0)
        losses.append(margins.clamp(min=0).sum() / len(named))
    each = torch.stack(losses).reshape(target.shape[:-1])
    return each if reduction == 0 else each.mean() if reduction == 1 else each.sum()
