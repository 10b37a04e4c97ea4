"""Code that interpolates: its shares of pixels are as exact as positions in pixels are."""

import pytest
import torch
import torch.nn.functional as F

import comparisons


def _pixels(side):
    return torch.randn(1, 2, side, side, generator=torch.manual_seed(side), dtype=torch.float64)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("scale", [1.7, 0.6])
def test_resampled_pixels_are_accurate(mode, scale, dtype):
    """In float32 a position of 23.53 is 2e-6 off, and so is a share of 0.53."""
    found = comparisons.check(
        lambda x: F.interpolate(x, scale_factor=scale, mode=mode), _pixels(40), dtype=dtype
    )

    assert str(found.verdict) == "accurate"


@pytest.mark.parametrize("antialias", ["bilinear", "bicubic"])
def test_resampled_pixels_at_the_border_of_a_filter_are_accurate(antialias):
    """In float32 a pixel may have a share that is 0 in truth."""
    found = comparisons.check(
        lambda x: F.interpolate(x, scale_factor=0.6, mode=antialias, antialias=True),
        _pixels(24),
        dtype="float32",
    )

    assert str(found.verdict) == "accurate"


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("turned", [False, True])
def test_sampled_pixels_are_accurate_on_the_pixels_too(turned, mode, dtype):
    """A rounded position may lie on the other side of a pixel; then its neighbour has a share."""
    matrix = [[0.0, -1, 0], [1, 0, 0]] if turned else [[1.0, 0, 0], [0, 1, 0]]

    def sampled(x):
        grid = F.affine_grid(x.new_tensor([matrix]), x.shape, align_corners=False)
        return F.grid_sample(x, grid, mode=mode, align_corners=False)

    found = comparisons.check(sampled, _pixels(24), dtype=dtype)

    assert found.wrong == 0
    assert any("of a rounded position the pixel beside it has a share" in u for u in found.unasked)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("off", [1e-4, -1e-4])
def test_a_position_that_is_off_is_wrong(off, dtype):
    """A ten-thousandth of a pixel is not rounding: in float32 that is 2e-6 here."""
    size = (20, 20)

    def sampled(x, by=0.0):
        grid = F.affine_grid(x.new_tensor([[[0.9, 0, by], [0, 0.8, 0]]]), (1, 2, *size), False)  # noqa: FBT003 - align_corners
        return F.grid_sample(x, grid, align_corners=False)

    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(
            lambda x: sampled(x, 2 * off), _pixels(20), reference=sampled, dtype=dtype
        )
