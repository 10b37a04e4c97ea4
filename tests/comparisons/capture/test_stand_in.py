"""Code that asks of its type is judged by what it does in that type."""

import pytest
import torch

import comparisons


def padded(x):
    """x/(|x| + 1000 ε), with the ε of the type of x."""
    return x / (x.abs() + 1000 * torch.finfo(x.dtype).eps)


def wrong_padding(x):
    """The same, with float64's ε whatever the type."""
    return x / (x.abs() + 1000 * torch.finfo(torch.float64).eps)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
def test_an_eps_is_that_of_the_type(dtype):
    """Captured in float64, run in another type: what it takes from finfo is the other's."""
    x = torch.linspace(-1e-3, 1e-3, 9)

    assert comparisons.check(padded, x, dtype=dtype).verdict.name in ("ACCURATE", "AGREES")


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
