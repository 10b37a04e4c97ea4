"""What symdiff found in torch 2.13's functions of arrays (CPU), in plain torch beside the truth.

None of it is in torch's documentation. When a newer torch mends one, its test fails: update the
CHANGELOG.
"""

import math

import mpmath
import pytest
import torch
from torch.nn.functional import embedding_bag, interpolate, multilabel_margin_loss

import comparisons


def gradient(function, x):
    """The gradient that torch computes of the sum."""
    x = x.clone().requires_grad_()
    function(x).sum().backward()
    return x.grad


def rejected(function, *inputs, **options):
    """The bare check rejects it."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(function, *inputs, **options)


class TestBicubicToTheSameSize:
    """With a scale factor that leaves the size as it is, the value is resampled all the same.

    The gradient is that of a copy: for `upsample_bicubic2d_backward` equal sizes mean one.
    """

    image = torch.arange(20, dtype=torch.float64).reshape(1, 1, 4, 5).sin()

    def function(self, x):
        """4.4 by 5.5 is 4 by 5."""
        return interpolate(x, scale_factor=1.1, mode="bicubic")

    def test_the_gradient_is_that_of_a_copy(self):
        """1 for each entry, where the value gives them from 0.29 to 1.39."""
        value = self.function(self.image)
        units = torch.eye(20, dtype=torch.float64).reshape(20, 1, 4, 5)
        truth = self.function(units).sum((1, 2, 3))  # linear: what each entry adds to the sum

        assert value.shape == self.image.shape
        assert not torch.allclose(value, self.image, atol=0.05)
        assert gradient(self.function, self.image).flatten().tolist() == [1.0] * 20
        assert (truth - 1).abs().max() > 0.1

    def test_it_is_rejected(self):
        """Against the weights of the forward."""
        rejected(self.function, self.image)


class TestEmbeddingBagByFrequency:
    """scale_grad_by_freq divides by another row's count (pytorch#190063)."""

    def bag(self, w, **options):
        """Row 0 twice in the first bag, row 3 in the second."""
        places, starts = torch.tensor([0, 0, 3, 3]), torch.tensor([0, 2])
        return embedding_bag(places, w, starts, mode="sum", **options)

    def test_rows_used_twice_have_the_mean_of_their_gradients(self):
        """As documented."""
        w = torch.ones(4, 1, dtype=torch.float64)
        once = gradient(self.bag, w)

        assert once.flatten().tolist() == [2, 0, 0, 2]
        found = gradient(lambda w: self.bag(w, scale_grad_by_freq=True), w)
        assert found.flatten().tolist() == [1, 0, 0, 1]

    def test_rows_used_unequally_have_each_other_s_count(self):
        """Row 0 is used twice; 1 and 3 once."""
        places, starts = torch.tensor([0, 1, 0, 3]), torch.tensor([0, 2])
        scaled = lambda w: embedding_bag(  # noqa: E731
            places, w, starts, mode="sum", scale_grad_by_freq=True
        )
        w = torch.ones(4, 1, dtype=torch.float64)

        assert gradient(scaled, w).flatten().tolist() != [1, 1, 0, 1]
        rejected(scaled, w)


class TestAtTheEdge:
    @pytest.mark.parametrize(
        ("function", "y"),
        [(torch.xlogy, 0.0), (torch.special.xlog1py, -1.0)],
        ids=["xlogy", "xlog1py"],
    )
    def test_nothing_times_a_logarithm_is_0_for_every_y_and_its_gradient_nan(self, function, y):
        """0/0 is formed where the value is constant."""
        nothing = torch.zeros(2, dtype=torch.float64)
        around = torch.tensor([y, y + 1e-3], dtype=torch.float64)

        assert function(nothing, around).tolist() == [0, 0]
        found = gradient(lambda v: function(nothing, v), around)
        assert math.isnan(found[0])
        assert found[1] == 0

    def test_the_largest_distance_gives_tied_coordinates_the_whole_gradient_each(self):
        """`torch.amax`, the same function, shares it out; no subgradient has a sum of 2."""
        x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
        y = torch.tensor([[0.0, 1.0]], dtype=torch.float64)

        assert torch.cdist(x, y, p=math.inf).item() == 1
        found = gradient(lambda x: torch.cdist(x, y, p=math.inf), x)
        shared = gradient(lambda x: (x - y).abs().amax(), x)
        assert found.tolist() == [[1, 1]]
        assert shared.tolist() == [[0.5, 0.5]]

    def test_ldexp_of_a_negative_whole_exponent_has_no_gradient(self):
        """pytorch#187460: 2 to an integer is an integer in the backward."""
        x, e = torch.tensor([3.0], dtype=torch.float64), torch.tensor([-2])

        assert torch.ldexp(x, e).item() == 0.75
        assert gradient(lambda x: torch.ldexp(x, e), x).item() == 0
        rejected(lambda x: torch.ldexp(x, e), x)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # of torch's own code
@pytest.mark.filterwarnings("ignore:Dynamo does not know|The .grad attribute:UserWarning")
class TestCompiled:
    def test_multilabel_margin_takes_class_0_for_what_the_target_does_not_name(self):
        """Its decomposition does not mask what stands after the first −1 of a target."""
        x = torch.tensor([[0.1, 0.4, -0.3, 0.2]], dtype=torch.float64)
        target = torch.tensor([[1, -1, -1, -1]])
        loss = lambda x: multilabel_margin_loss(x, target)  # noqa: E731 - one line, used thrice
        truth = sum(max(0, 1 - 0.4 + other) for other in (0.1, -0.3, 0.2)) / 4

        assert loss(x).item() == pytest.approx(truth)
        comparisons.check(loss, x)
        compiled = torch.compile(loss, backend="aot_eager_decomp_partition")
        named_0 = sum(max(0, 1 - 0.1 + other) for other in (0.1, -0.3, 0.2)) / 4
        assert compiled(x).item() == pytest.approx(truth + 3 * named_0)
        rejected(compiled, x)


class TestOverflow:
    def test_the_gradient_of_atan2_is_infinite_where_x_squared_underflows(self):
        """pytorch#193040: 1/(x² + y²) is formed before it is multiplied by x."""
        x = torch.tensor([2e-20])
        found = gradient(lambda y: torch.atan2(y, torch.tensor([3e-20])), x)
        with mpmath.workdps(60):
            truth = mpmath.diff(lambda y: mpmath.atan2(y, 3e-20), mpmath.mpf(2e-20), h=1e-50)

        assert float(truth) == pytest.approx(2.3076923e19)
        assert found.item() == math.inf

    def test_the_gradient_of_expm1_is_0_far_below(self):
        """pytorch#192406: it is y + 1 of the rounded value."""
        x = torch.tensor([-40.0], dtype=torch.float64)

        assert gradient(torch.expm1, x).item() == 0
        assert float(mpmath.exp(-40)) == pytest.approx(4.248354e-18)

    def test_the_gradient_of_a_float16_reciprocal_is_infinite_for_a_finite_one(self):
        """1/x² is formed in float16, before what comes down to it is multiplied in."""
        x = torch.tensor([0.0035], dtype=torch.float16)
        truth = -0.001 / x.item() ** 2

        assert truth == pytest.approx(-81.6, rel=1e-2)
        assert gradient(lambda x: 0.001 * torch.reciprocal(x), x).item() == -math.inf


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # of torch's own code
class TestTangents:
    """Forward mode, beside the differences of the same function."""

    @pytest.mark.parametrize(
        ("function", "x", "direction"),
        [
            (torch.cholesky_inverse, [[2.0, 0], [1, 3]], [[1.0, 0], [2, -1]]),
            (
                lambda x: torch.zeros(1, dtype=x.dtype).scatter_reduce(
                    0, torch.tensor([0, 0]), x, "prod", include_self=False
                ),
                [2.0, 3.0],
                [1.0, 5.0],
            ),
        ],
        ids=["cholesky_inverse", "scatter_reduce"],  # pytorch#196682, pytorch#196702
    )
    def test_they_are_not_what_the_value_does(self, function, x, direction):
        """The tangent is another vector than the difference."""
        x, t = (torch.tensor(n, dtype=torch.float64) for n in (x, direction))
        h = 1e-6
        truth = (function(x + h * t) - function(x - h * t)) / (2 * h)
        found = torch.func.jvp(function, (x,), (t,))[1]

        assert not torch.allclose(found, truth, rtol=1e-2, atol=1e-2)
        rejected(function, x)
