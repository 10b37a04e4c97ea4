"""Code that asks of its type is judged by what it does in that type."""

import pytest
import torch
from torch import finfo

import comparisons


def padded(x):
    """x/(|x| + 1000 ε), with the ε of the type of x."""
    return x / (x.abs() + 1000 * torch.finfo(x.dtype).eps)


def padded_by_name(x):
    """The same, with finfo imported by its name."""
    return x / (x.abs() + 1000 * finfo(x.dtype).eps)


def wrong_padding(x):
    """The same, with float64's ε whatever the type."""
    return x / (x.abs() + 1000 * torch.finfo(torch.float64).eps)


@pytest.mark.parametrize("code", [padded, padded_by_name])
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_an_eps_is_that_of_the_type(dtype, code):
    """Captured in float64, run in another type: what it takes from finfo is the other's."""
    x = torch.linspace(-1e-3, 1e-3, 9)

    assert comparisons.check(code, x, dtype=dtype).verdict.name in ("ACCURATE", "AGREES")


def test_a_wrong_eps_is_still_wrong():
    """Against a reference with the type's own ε."""
    x = torch.linspace(-1e-3, 1e-3, 9)

    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(wrong_padding, x, dtype="float64", reference=lambda x: x / (x.abs() + 1))


def test_finfo_is_torch_s_own_again():
    """Whatever happened."""
    own = torch.finfo
    with pytest.raises(ValueError, match="svd"):
        comparisons.check(lambda x: torch.linalg.svd(x)[1], torch.randn(3, 3), dtype="float32")

    assert torch.finfo is own
    assert finfo is own
