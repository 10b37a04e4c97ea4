"""The judge is judged: a correct gradient of torch's, changed by k ulp at chosen points."""

import numpy as np
import pytest
import torch

import comparisons
import symdiff
from comparisons import Status
from comparisons.dtypes import FLOAT_TYPES
from symdiff.oracle import enclose

GELU = symdiff.activation("gelu")
ROOT = -0.751791524693564457457904947  # of gelu' (mpmath.findroot, 27 digits)


class Injected:
    """gelu with its correctly rounded gradient, off by so many ulp at some of the inputs."""

    def __init__(self, dtype, steps, places):
        self.dtype, self.steps, self.places = dtype, steps, places

    def slope(self, z):
        """The gradient that the backward pass returns."""
        truth = enclose(GELU.derivative(), {"z": z}, rounding=True, target=self.dtype.name)
        rounded, decided = truth.rounded(self.dtype.name)
        assert decided.all()
        # Towards zero, so that no binade is left upwards and the result is a number of the type.
        off = np.sign(rounded) * self.steps * self.dtype.ulp(rounded)
        return np.where(np.isin(z, self.places), rounded - off, rounded)

    def __call__(self, z):
        """The value, with that gradient."""
        slope = torch.from_numpy(self.slope(z.detach().double().numpy())).to(z.dtype)
        return (z - z.detach()) * slope + torch.nn.functional.gelu(z.detach())


@pytest.mark.parametrize("dtype", FLOAT_TYPES.values(), ids=str)
@pytest.mark.parametrize("steps", [0, 1, 2, 100])
def test_what_is_injected_is_reported_and_nothing_else(dtype, steps):
    """k ulp at 1, −2, ±0, a root of gelu' and in its tail; the true gradient lies within ½ ulp."""
    tail = -12.0 if dtype.e_max > 100 else -4.5  # where the gradient is small, yet normal
    places = dtype.round([1.0, -2.0, 0.0, ROOT, tail])
    others = dtype.round([-1.0, 0.3, 3.0, 5.0])
    inputs = np.concatenate([places, [-0.0], others])

    result = comparisons.compare(
        Injected(dtype, steps, places), GELU, dtype=dtype, inputs={"z": inputs}
    )
    adjoint = result.adjoints["z"]
    hit = np.isin(inputs, places)
    assert np.abs(adjoint.judgement.ulp[hit] - steps).max() <= 0.5 + 1e-9
    assert adjoint.judgement.ulp[~hit].max() <= 0.5
    correct = list(Status).index(Status.CORRECT)
    assert (adjoint.judgement.status[~hit] == correct).all()
    assert (adjoint.judgement.status[hit] == correct).all() == (steps == 0)
