"""Wrong backwards of losses and of recurrent cells."""
# ruff: noqa: ARG005 - every change of gradients takes the same three arguments

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from collected import Collected
from plain import (
    drawn,
    drawn_with,
    gru_cell,
    lstm_cell,
    rnn,
)

LOSSES = Collected()
_pair = drawn((4, 6), (4, 6))

# Losses -------------------------------------------------------------------------------------------
_labels = drawn_with(lambda: torch.tensor([1, -100, 3, 0, -100]), (5, 4))
_kept_labels = drawn_with(lambda: torch.tensor([1, 2, 3, 0, 2]), (5, 4))
_weights = torch.tensor([0.2, 1.0, 3.0, 0.5], dtype=torch.float64)
LOSSES.like(
    "loss", "cross_entropy", F.cross_entropy,
    lambda x, t: F.cross_entropy(x, t.clamp(min=0)), _labels, "ignore_index is forgotten",
)  # fmt: skip
LOSSES.change(
    "loss", "cross_entropy", F.cross_entropy, lambda g, x, v: [g[0] * 3 / 5, None], _labels,
    "divided by all targets, not by those that count",
)  # fmt: skip
LOSSES.like(
    "loss", "smoothed cross_entropy", partial(F.cross_entropy, label_smoothing=0.1),
    F.cross_entropy, _kept_labels, "the smoothing is forgotten",
)  # fmt: skip
LOSSES.like(
    "loss", "weighted cross_entropy", partial(F.cross_entropy, weight=_weights),
    F.cross_entropy, _kept_labels, "the classes' weights are forgotten",
)  # fmt: skip
LOSSES.change(
    "loss", "cross_entropy", F.cross_entropy, lambda g, x, v: [g[0] / v, None], _kept_labels,
    "the cotangent is ignored: made in the forward pass",
)  # fmt: skip
LOSSES.like(
    "loss", "huber_loss", partial(F.huber_loss, delta=0.5, reduction="none"),
    lambda x, t: F.smooth_l1_loss(x, t, beta=0.5, reduction="none"), _pair, "divided by δ",
)  # fmt: skip
LOSSES.like(
    "loss", "mse_loss", F.mse_loss, lambda x, t: ((x - t) ** 2).sum() / len(x), _pair,
    "the mean over the batch only",
)  # fmt: skip
LOSSES.like(
    "loss", "kl_div", partial(F.kl_div, reduction="sum", log_target=True),
    lambda x, t: F.kl_div(t, x, reduction="sum", log_target=True), _pair,
    "of the divergence the other way round",
)  # fmt: skip
LOSSES.like(
    "loss", "bce_with_logits", partial(F.binary_cross_entropy_with_logits, reduction="none"),
    lambda x, t: F.binary_cross_entropy_with_logits(x, t.detach(), reduction="none"),
    _pair, "the target has no gradient",
)  # fmt: skip

# Recurrence ---------------------------------------------------------------------------------------
_cell = drawn((3, 4), (3, 5), (3, 5), (20, 4), (20, 5))
LOSSES.like(
    "recurrence", "LSTM cell", lstm_cell, partial(lstm_cell, order=(1, 0, 2, 3)), _cell,
    "input and forget gates are swapped",
)  # fmt: skip
LOSSES.like(
    "recurrence", "GRU cell", gru_cell, partial(gru_cell, keep_old=True),
    drawn((3, 4), (3, 5), (15, 4), (15, 5)), "the path through the old state is missing",
)  # fmt: skip
LOSSES.like(
    "recurrence", "RNN", rnn, partial(rnn, truncated=True), drawn((6, 2, 3), (3, 4), (4, 4)),
    "only the last step is followed back",
)  # fmt: skip
