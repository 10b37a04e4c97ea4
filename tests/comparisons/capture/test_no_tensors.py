"""What is no tensor of strided numbers is answered in one sentence that says what to do."""

import numpy as np
import pytest
import torch
from torch.nn.functional import gelu

import comparisons

X = torch.ones(2, 2)
SPARSE = torch.eye(2, dtype=torch.float64).to_sparse()
NESTED = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged)


def within(matrix):
    """A product with a matrix that the function holds."""
    return lambda x: matrix @ x


def quantized(x):
    """To multiples of 0.1 and back."""
    return torch.quantize_per_tensor(x.float(), 0.1, 0, torch.qint8).dequantize()


def nested(x):
    """Rows of two lengths."""
    return torch.nested.as_nested_tensor([x, x[:1]], layout=torch.jagged).to_padded_tensor(0.0)


class Identity(torch.autograd.Function):
    """Called by its apply."""


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: comparisons.compare(Identity, X), TypeError, "a class; pass Identity.apply"),
        (lambda: comparisons.compare(torch.nn.ReLU, X), TypeError, r"a class; pass ReLU\("),
        (
            lambda: comparisons.compare(torch.nn.DataParallel(torch.nn.ReLU()), X),
            TypeError,
            "pass the module that it was made of",
        ),
        (lambda: comparisons.compare(gelu, np.ones(3)), TypeError, r"pass torch\.from_numpy"),
        (lambda: comparisons.compare(gelu, 2.0), TypeError, r"pass torch\.tensor\(2\.0\)"),
        (lambda: comparisons.compare(gelu, [1.0]), TypeError, r"pass torch\.tensor\("),
        (lambda: comparisons.compare(gelu, SPARSE), ValueError, "given a sparse tensor, "),
        (lambda: comparisons.compare(gelu, X.to("meta")), ValueError, "given a meta tensor, "),
        (lambda: comparisons.compare(gelu, X.to_mkldnn()), ValueError, "an mkldnn tensor, "),
        (lambda: comparisons.compare(gelu, NESTED), ValueError, "given a nested tensor, "),
        (
            lambda: comparisons.compare(within(SPARSE), X),
            ValueError,
            r"sparse.*test_no_tensors\.py:",
        ),
        (lambda: comparisons.compare(lambda x: x.to_mkldnn(), X), ValueError, r"mkldnn.*\.py:"),
        (lambda: comparisons.compare(quantized, X), ValueError, r"quantized.*test_no_tensors\.py:"),
        (lambda: comparisons.compare(nested, X), ValueError, r"a nested.*test_no_tensors\.py:"),
        (
            lambda: comparisons.compare(torch.nn.Linear(2, 2, device="meta"), X),
            ValueError,
            "a meta tensor, weight",
        ),
    ],
)
def test_it_is_answered_in_one_sentence(call, error, match):
    """As an argument, within the function, or in place of it."""
    with pytest.raises(error, match=match) as caught:
        call()

    assert "\n" not in str(caught.value)
