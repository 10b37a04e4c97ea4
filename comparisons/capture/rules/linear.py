"""Rules of linear operators without a decomposition: their matrix, found by running them.

Their matrix is found by running them on the unit vectors.
"""

from __future__ import annotations

from math import prod

import torch

from comparisons.capture.arrays.axes import axes_of, axis
from comparisons.capture.arrays.movement import gathered_as
from comparisons.capture.calls.call import Call
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import rule
from symdiff.graph import Node, contraction, literal

_MOST = 2**22  # entries of a matrix


@rule(
    "upsample_linear1d", "upsample_bilinear2d", "upsample_bicubic2d", "upsample_trilinear3d",
    "_upsample_bilinear2d_aa", "_upsample_bicubic2d_aa", "_upsample_lanczos2d_aa",
)  # fmt: skip
def resampled(call: Call) -> Node:
    """Σ mᵢⱼ xⱼ over the spatial dimensions, with the kernel's own weights m."""
    shape, result = call.shape("self"), tuple(call.result.shape)
    inside, outside = shape[2:], result[2:]
    n = prod(inside)
    if n * prod(outside) > _MOST:
        raise NoRule
    with torch._C._DisableTorchDispatch(), torch.no_grad():
        units = torch.eye(n, dtype=torch.float64).reshape(n, 1, *inside)
        matrix = call.operator(units, *call.args[1:], **call.kwargs).reshape(n, prod(outside))
    lead, to = axes_of((*shape[:2], *(1 for _ in inside))), axis("m", prod(outside))
    row = axis("n", n)
    x = gathered_as(call.full("self"), (*lead, row))
    y = contraction((x, literal(matrix.numpy(), (row, to))), (*lead, to))
    return gathered_as(y, axes_of(result))
