"""torch's own test database: a slice here, all of it under `slow`."""

import pytest
from opinfos import measure, operations
from sampled import sampled

SLICE = [
    "abs",
    "add",
    "addmm",
    "amax",
    "atan2",
    "bmm",
    "cat",
    "clamp",
    "cumprod",
    "cumsum",
    "diag_embed",
    "div.floor_rounding",
    "erf",
    "exp",
    "gather",
    "index_put",
    "index_select",
    "linalg.cholesky",
    "linalg.det",
    "linalg.inv",
    "linalg.solve",
    "linalg.vector_norm",
    "log_softmax",
    "logsumexp",
    "masked_fill",
    "masked.softmax",
    "mean",
    "nn.functional.avg_pool2d",
    "nn.functional.conv2d",
    "nn.functional.gelu",
    "nn.functional.layer_norm",
    "nn.functional.pad.reflect",
    "nn.functional.softplus",
    "polygamma.polygamma_n_1",
    "prod",
    "scatter_add",
    "scatter_reduce.amin",
    "sort",
    "std",
    "topk",
    "where",
]

# What of the whole database is right, on every sample; torch 2.13.
RIGHT, RIGHT_TWICE = 450, 440


@pytest.mark.parametrize("name", sampled(SLICE, 2))
def test_an_operation_is_right_on_every_sample(name):
    """The value, every gradient and every second derivative."""
    row = measure(name)

    assert row.right_twice, row.reasons


@pytest.mark.slow
def test_most_of_the_database_is_right():
    """Value and gradients of 450 operations, second derivatives of 440."""
    rows = [measure(name) for name in operations()]

    assert sum(row.right for row in rows) >= RIGHT
    assert sum(row.right_twice for row in rows) >= RIGHT_TWICE
