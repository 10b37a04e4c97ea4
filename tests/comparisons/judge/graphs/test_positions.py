"""Code that interpolates: its shares of pixels are as exact as positions in pixels are."""

import pytest
import torch
import torch.nn.functional as F

import comparisons
from comparisons.judge.vocabulary import Status


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


def _at_the_identity(side):
    """An image, and the matrix that samples it at its own pixels."""
    pixels = torch.randn(1, 2, *side, generator=torch.manual_seed(3), dtype=torch.float64)
    return pixels, torch.tensor([[[1.0, 0, 0], [0, 1, 0]]], dtype=torch.float64)


def _transformed(x, theta):
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return F.grid_sample(x, grid, align_corners=False)


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16"])
@pytest.mark.parametrize("side", [(5, 7), (24, 24)])
def test_each_position_on_a_pixel_is_rounded_by_itself(side, dtype):
    """A spatial transformer begins at the identity: a rounding says on which side a position is."""
    pixels, theta = _at_the_identity(side)

    found = comparisons.check(_transformed, pixels, theta, dtype=dtype)

    assert found.wrong == 0
    assert found.adjoints["theta"].judgement.counts().get(Status.KINK_INSIDE)


class _Scaled(torch.autograd.Function):
    """`_transformed` with each gradient so many times as large."""

    @staticmethod
    def forward(ctx, x, theta, times):
        ctx.save_for_backward(x, theta)
        ctx.times = times
        return _transformed(x, theta)

    @staticmethod
    def backward(ctx, v):
        with torch.enable_grad():
            x, theta = (t.detach().requires_grad_() for t in ctx.saved_tensors)
            found = torch.autograd.grad(_transformed(x, theta), (x, theta), v)
        return *(g * t for g, t in zip(found, ctx.times, strict=True)), None


@pytest.mark.parametrize("times", [(1.01, 1), (1, 300), (1, float("nan"))])
def test_at_the_identity_what_no_side_gives_is_wrong(times):
    """The gradient of the pixels hangs on no side, that of the matrix between two numbers."""
    pixels, theta = _at_the_identity((5, 7))

    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(lambda x, t: _Scaled.apply(x, t, times), pixels, theta)
