"""Gradients that pytorch/pytorch's issues say are wrong, at the numbers of the report.

What torch 2.13 gives on the CPU: some of it is wrong still, some is mended, some is as documented.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Outcome = Literal["rejected", "passes", "refused"]
_INF, _NAN = math.inf, math.nan


@dataclass(frozen=True)
class Reported:
    """One report: what was called, with what, and what the bare check has to say."""

    issue: int  # of pytorch/pytorch
    what: str
    function: Callable[..., Tensor]
    inputs: tuple[Any, ...]
    outcome: Outcome
    says: str = ""  # what stands in the message, or in the result's print
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"#{self.issue}: {self.what}"


REPORTED: list[Reported] = []


def reported(
    issue: int,
    what: str,
    function: Callable[..., Tensor],
    *inputs: Any,
    outcome: Outcome,
    says: str = "",
    **options: Any,
) -> None:
    """Add a report; lists are float64 tensors."""
    given = tuple(
        torch.tensor(x, dtype=torch.float64) if isinstance(x, list) else x for x in inputs
    )
    REPORTED.append(Reported(issue, what, function, given, outcome, says, options))


# A case that is not taken ------------------------------------------------------------------------

reported(
    187297, "√ in the case not taken, outside its domain",
    lambda x: torch.where(x > 0, torch.sqrt(x), x), [-1.0, -4.0], outcome="rejected",
)  # fmt: skip
reported(
    23395, "√ at 0 in the case not taken",
    lambda x: torch.where(x > 1, torch.sqrt(x), 2 * x), [16.0, 0.0], outcome="rejected",
)  # fmt: skip
reported(
    108618, "log₂ of 0 in the case not taken",
    lambda x: torch.where(x > 2, torch.log2(x), 2 * x), [0.0, 1.5, 3.0], outcome="rejected",
)  # fmt: skip
reported(
    68425, "an overflow in the case not taken",
    lambda a: torch.where(a <= 0, torch.exp(a), 1 + a), [1000.0], outcome="rejected",
)  # fmt: skip
reported(
    36923, "a division by 0 in the case not taken",
    lambda x: torch.where(x >= 0, x, 0 * (x / 0)), [1.0], outcome="rejected",
)  # fmt: skip
reported(
    18287, "cos of ∞ in the case not taken",
    lambda x: torch.where(x < 1, torch.cos(x), 0.0), [0.5, _INF], outcome="rejected",
)  # fmt: skip
reported(
    52248, "√ at 0 under a mask that is a constant",
    lambda x: torch.where(torch.tensor([True, False]), torch.sqrt(x), x), [4.0, 0.0],
    outcome="rejected",
)  # fmt: skip
reported(
    23395, "a guarded √, which is what to write",
    lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, 1.0)), x), [-1.0, -4.0, 2.0],
    outcome="passes",
)  # fmt: skip
reported(76780, "acosh outside its domain", torch.acosh, [0.5, 0.3], outcome="refused")
reported(4320, "std of equal numbers: 0, as a norm's", torch.std, [1.0, 1.0, 1.0], outcome="passes")

# At 0, at ties, on bounds -------------------------------------------------------------------------

reported(2421, "the norm of 0: 0", torch.norm, [0.0, 0.0, 0.0], outcome="passes")
reported(37154, "cdist of equal rows: 0", torch.cdist, [[0.0, 0.0]], [[0.0, 0.0]], outcome="passes")
reported(8940, "x⁰ at 0", lambda x: x**0, [0.0, 1.0], outcome="passes")
reported(
    27134, "the slope of aᵇ in b at a = 0", torch.pow, [0.0, 2.0], [1.0, 1.0], outcome="passes"
)
reported(56760, "sinc at 0", torch.sinc, [0.0, 0.5], outcome="passes")
reported(196703, "sinc twice at 0", torch.sinc, [0.0, 0.5], outcome="rejected", order=2)
reported(
    7002, "clamp on its bounds: 1", lambda x: torch.clamp(x, 0, 1), [0.0, 1.0, 0.5],
    outcome="passes",
)  # fmt: skip
reported(56734, "maximum of equal ones: a half", torch.maximum, [1.0], [1.0], outcome="passes")
reported(
    80804, "renorm to 0 of 0, where all around is 0", lambda x: torch.renorm(x, 2, -1, 0.0),
    [[0.1, 0.0], [0.0, 0.0]], outcome="rejected",
)  # fmt: skip
reported(
    23925, "grid_sample on the border of the image", lambda image, grid: F.grid_sample(
        image, grid, padding_mode="border", align_corners=True
    ), [[[[0.0, 1.0, 2.0]] * 3]], [[[[-1.0, -1.0], [1.0, 1.0], [0.0, 0.5]]]], outcome="passes",
)  # fmt: skip
reported(
    195075, "NaN alone, whose gradient goes by the length", F.hardtanh, [_NAN] * 9,
    outcome="refused",
)  # fmt: skip
reported(
    67461, "poisson_nll_loss", F.poisson_nll_loss, [0.3, -1.0], [1.0, 2.0], outcome="passes"
)  # fmt: skip

# Products, sums, indices --------------------------------------------------------------------------

reported(82644, "the product of one 0", lambda x: x.prod(0), [0.0], outcome="passes")
reported(106789, "twice, of two 0", torch.prod, [2.0, 3.0, 0.0, 0.0], outcome="passes", order=2)
reported(
    188843, "scatter_reduce by an index smaller than the source", lambda x, s: x.scatter_reduce(
        0, torch.tensor([[0, 1, 0]]), s, "prod"
    ), [[1.0, 2, 3], [4, 5, 6]], [[2.0, 3, 4], [5, 6, 7]], outcome="rejected",
)  # fmt: skip
reported(
    80204, "max_unpool with an index twice", lambda x: F.max_unpool1d(
        x, torch.tensor([[[4, 2, 2, 5]]]), [1], stride=[2]
    ), [[[0.6, 0.1, 0.7, 0.9]]], outcome="rejected",
)  # fmt: skip
reported(
    76522, "clamp by tensors on its bounds", torch.clamp, [-1.0, 0.0, 1.0], [-1.0] * 3, [1.0] * 3,
    outcome="passes",
)  # fmt: skip
reported(
    49724, "logaddexp of −∞ and −∞, then of more", lambda a, b, c: torch.logaddexp(
        torch.logaddexp(a, b), c
    ), [-_INF], [-_INF], [2.0], outcome="rejected",
)  # fmt: skip
reported(
    52241, "ctc_loss, whose gradient is that of what log_softmax is given", lambda x: F.ctc_loss(
        x, torch.tensor([[1]]), torch.tensor([3]), torch.tensor([1])
    ), [[[0.1, 0.2, 0.3]]] * 3, outcome="refused", says="ctc_loss",
)  # fmt: skip

# Layers and losses --------------------------------------------------------------------------------

reported(
    188372, "layer_norm over one entry", lambda x, w, b: F.layer_norm(x, (1,), w, b), [1e6], [2.0],
    [3.0], outcome="rejected",
)  # fmt: skip
reported(
    195678, "cross_entropy loses a value", lambda z: F.cross_entropy(z, torch.tensor([0])),
    [[37.42994775023705, 0.0]], outcome="refused", says="rounding alone may change",
)  # fmt: skip
reported(
    195677, "binary_cross_entropy_with_logits loses a small gradient",
    lambda x: F.binary_cross_entropy_with_logits(x, torch.ones_like(x)), [37.42994775023705],
    outcome="passes", says="1 lost",
)  # fmt: skip
reported(195681, "sigmoid loses it", torch.sigmoid, [37.42994775], outcome="passes", says="1 lost")
reported(192407, "exp2 overflows", torch.exp2, [1024.0], outcome="rejected")
reported(193006, "a norm overflows", torch.linalg.norm, [1e200, 1.0], outcome="rejected")
reported(
    93950, "an embedding's padding_idx: no gradient", lambda w: F.embedding(
        torch.tensor([0, 1]), w, padding_idx=1
    ), [[1.0, 2.0], [3.0, 4.0]], outcome="passes",
)  # fmt: skip
reported(
    93950, "an embedding's scale_grad_by_freq: the mean over the uses", lambda w: F.embedding(
        torch.tensor([0, 1, 0]), w, scale_grad_by_freq=True
    ), [[1.0, 2.0], [3.0, 4.0]], outcome="passes",
)  # fmt: skip
reported(
    190063, "embedding_bag by frequency, of rows used unequally", lambda w: F.embedding_bag(
        torch.tensor([0, 1, 0]), w, torch.tensor([0, 2]), mode="sum", scale_grad_by_freq=True
    ), [[1.0, 2.0], [3.0, 4.0]], outcome="rejected",
)  # fmt: skip
reported(
    190063, "embedding_bag's scale_grad_by_freq: the mean over the uses", lambda w: F.embedding_bag(
        torch.tensor([0, 1, 0, 1]), w, torch.tensor([0, 2]), mode="sum", scale_grad_by_freq=True
    ), [[1.0, 2.0], [3.0, 4.0]], outcome="passes",
)  # fmt: skip
reported(
    65200, "interpolate to the same size by a scale factor", lambda x: F.interpolate(
        x, scale_factor=1.02, mode="bilinear"
    ), torch.arange(20.0).reshape(1, 1, 4, 5).sin().tolist(), outcome="passes",
)  # fmt: skip
reported(
    65200, "and cubic, where 5 · 0.7 is rounded", lambda x: F.interpolate(
        x, scale_factor=0.7, mode="bicubic"
    ), torch.arange(25.0).reshape(1, 1, 5, 5).sin().tolist(), outcome="passes",
)  # fmt: skip
reported(
    49807, "gaussian_nll_loss, whose clamp of the variance autograd does not see",
    F.gaussian_nll_loss, [0.4, 0.1], [1.8, -1.0], [1e-9, 0.5], outcome="passes",
)  # fmt: skip
reported(
    41508, "attention where all is masked for one query", lambda x: F.scaled_dot_product_attention(
        x, x, x, attn_mask=torch.tensor([[True, True], [False, False]])
    ), [[0.1, 0.2], [0.3, 0.4]], outcome="passes",
)  # fmt: skip
reported(
    59477, "binary_cross_entropy twice: 1e-12 is added to what is divided by",
    lambda x, y: F.binary_cross_entropy(x, y, reduction="sum"), [0.48], [0.67],
    outcome="rejected", order=2,
)  # fmt: skip
reported(
    2298, "binary_cross_entropy_with_logits at 0", lambda x: F.binary_cross_entropy_with_logits(
        x, torch.zeros_like(x)
    ), [0.0, 1.0], outcome="passes",
)  # fmt: skip
reported(
    47671, "elu with a negative α", lambda x: F.elu(x, alpha=-2.0), [-2.0, -1, 0, 1],
    outcome="passes",
)  # fmt: skip
reported(
    184575, "normalize of 0, over ε", lambda x: F.normalize(x, dim=0), [0.0, 0.0], outcome="passes"
)  # fmt: skip

# Matrices -----------------------------------------------------------------------------------------

reported(196682, "cholesky_inverse", torch.cholesky_inverse, [[1.7, 0.0], [1.0, 2.0]],
         outcome="rejected")  # fmt: skip
reported(18825, "cholesky", torch.linalg.cholesky, [[4.0, 1.0], [1.0, 3.0]], outcome="passes")
reported(192521, "det of 1, twice", torch.det, [[1.0, 0.0], [0.0, 1.0]], outcome="passes", order=2)
reported(49886, "singular values", torch.linalg.svdvals, [[1.0, 2.0], [3.0, 5.0]],
         outcome="refused", says="linalg_svd")  # fmt: skip
reported(42792, "qr of a matrix of less than full rank", lambda a: torch.linalg.qr(a).Q,
         [[1.0, 0.0], [2.0, 0.0]], outcome="refused", says="linalg_qr")  # fmt: skip
