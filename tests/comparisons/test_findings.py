"""What symdiff found in torch 2.13 (CPU), in plain torch beside an independent 60-digit value.

None of it is in torch's documentation. When a newer torch mends one, its test fails: update the
table FINDINGS in test_every_activation.py and the CHANGELOG.
"""

import math

import mpmath
import pytest
import torch
from torch.nn.functional import (
    batch_norm,
    binary_cross_entropy,
    cosine_embedding_loss,
    cosine_similarity,
    gelu,
    hardsigmoid,
    mse_loss,
    soft_margin_loss,
    softplus,
)

import comparisons
from comparisons import Status


def gradient(function, value, dtype, length):
    """The gradient torch computes at `value`, in a tensor of so many equal elements."""
    z = torch.full((length,), value, dtype=dtype, requires_grad=True)
    function(z).sum().backward()
    return z.grad[0].item()


@pytest.mark.parametrize("length", [1, 64])
class TestFindings:
    @pytest.mark.parametrize(
        ("dtype", "value"), [(torch.float32, 1.9e19), (torch.float64, 2e154)], ids=str
    )
    @pytest.mark.parametrize("sign", [1, -1])
    def test_the_gradient_of_gelu_tanh_is_nan_where_z_squared_overflows(
        self, dtype, value, sign, length
    ):
        """∞·0 in the inner derivative; the truth is 1 or 0 and the value itself is right."""
        z = sign * value
        tanh_gelu = lambda t: gelu(t, approximate="tanh")  # noqa: E731 - one line, used twice
        with mpmath.workdps(400):  # the difference quotient needs digits below 2e154
            inner = lambda x: mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3)  # noqa: E731 - the documented formula
            truth = mpmath.diff(lambda x: x / 2 * (1 + mpmath.tanh(inner(x))), mpmath.mpf(z))

        assert float(truth) == (1.0 if sign > 0 else 0.0)
        assert math.isfinite(tanh_gelu(torch.tensor([z], dtype=dtype)).item())
        assert math.isnan(gradient(tanh_gelu, z, dtype, length))

    def test_the_float64_gradient_of_hardsigmoid_is_the_float32_sixth(self, length):
        """1/6 to 24 bits, 1.8e8 ulp off; the documentation has z/6 + 1/2 between −3 and 3."""
        found = gradient(hardsigmoid, 1.0, torch.float64, length)

        assert found == torch.tensor(1 / 6, dtype=torch.float32).item()
        assert abs(found - 1 / 6) > 4e-9

    def test_the_gradient_of_sigmoid_is_lost_where_one_minus_sigma_rounds_to_zero(self, length):
        """At 40 in float64: 0, where the truth is 4.25e-18, a normal number."""
        with mpmath.workdps(60):
            e = mpmath.exp(-40)
            truth = e / (1 + e) ** 2

        assert gradient(torch.sigmoid, 40.0, torch.float64, length) == 0.0
        assert abs(truth / mpmath.mpf("4.248354255291589e-18") - 1) < 1e-15

    def test_the_gradient_of_tanh_is_lost_just_above_19_06(self, length):
        """1 − tanh² rounds to 0 there; the truth, 9e-17, is a normal number."""
        truth = mpmath.sech(19.07) ** 2

        assert gradient(torch.tanh, 19.06, torch.float64, length) > 0
        assert gradient(torch.tanh, 19.07, torch.float64, length) == 0.0
        assert truth > 9e-17

    def test_in_bfloat16_sigmoid_s_gradient_is_zero_from_six_and_a_quarter_on(self, length):
        """There the truth is 1.9e-3; just below, the gradient is a number still."""
        below = 6.21875  # the bfloat16 before 6.25

        assert gradient(torch.sigmoid, 6.25, torch.bfloat16, length) == 0.0
        assert gradient(torch.sigmoid, below, torch.bfloat16, length) > 0
        assert mpmath.exp(-6.25) / (1 + mpmath.exp(-6.25)) ** 2 > 1.9e-3

    def test_the_float32_gradient_of_mish_has_the_wrong_sign_near_minus_92(self, length):
        """Positive, where the truth is −1.18e-38, a normal number."""
        z = -91.84571075439453
        with mpmath.workdps(60):
            mish = lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))  # noqa: E731 - the documented formula
            truth = mpmath.diff(mish, mpmath.mpf(z))

        assert float(truth) == pytest.approx(-1.1754903e-38, rel=1e-6)
        assert gradient(torch.nn.functional.mish, z, torch.float32, length) > 0


def test_sigmoid_s_gradient_is_lost_at_487_bfloat16_inputs():
    """Zeros where the truth is a normal number, counted over all 65,536 patterns."""
    result = comparisons.compare("sigmoid", dtype="bfloat16").adjoints["z"]
    zeros = (result.computed == 0) & (result.truth >= 2.0**-126)

    assert zeros.sum() == 487
    assert (result.judgement.status[zeros] == list(Status).index(Status.LOST)).all()
    assert result.inputs["z"][zeros].min() == 6.25


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("function", "textbook"),
    [
        (gelu, lambda x: x * mpmath.ncdf(x)),
        (torch.nn.functional.silu, lambda x: x / (1 + mpmath.exp(-x))),
        (torch.nn.functional.mish, lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))),
        (torch.nn.functional.softsign, lambda x: x / (1 + abs(x))),
    ],
    ids=["gelu", "silu", "mish", "softsign"],
)
def test_at_infinity_the_gradient_is_nan_though_it_has_a_limit(function, textbook, sign, dtype):
    """∞·0 in the backward formula; at ±10¹¹ and ±10¹² the slope is the limit to twenty digits."""
    with mpmath.workdps(60):
        near, far = (mpmath.diff(textbook, sign * mpmath.mpf(10) ** k) for k in (11, 12))
    limit = 0 if function is torch.nn.functional.softsign or sign < 0 else 1

    assert abs(near - limit) < 1e-20
    assert abs(far - limit) < 1e-20
    assert math.isnan(gradient(function, sign * math.inf, dtype, 1))


class TestSinc:
    """cos(πz)·πz − sin(πz) over πz² cancels around 0, where the gradient is −π²z/3."""

    @pytest.mark.parametrize("length", [1, 64])
    @pytest.mark.parametrize(
        ("dtype", "value", "times"),
        [(torch.float64, 5e-9, 2.5), (torch.float32, 1e-4, 2.5)],
        ids=["float64", "float32"],
    )
    def test_the_gradient_of_sinc_is_more_than_twice_the_truth(self, dtype, value, times, length):
        """No digit is right; the absolute error is 10⁸ (float64) and 10⁴ (float32) ulp of 1."""
        z = torch.tensor(value, dtype=dtype).item()
        with mpmath.workdps(60):
            truth = mpmath.diff(lambda x: mpmath.sin(mpmath.pi * x) / (mpmath.pi * x), z)

        assert float(truth) == pytest.approx(-(math.pi**2) * z / 3, rel=1e-6)
        assert gradient(torch.sinc, z, dtype, length) < times * float(truth) < 0

    def test_it_is_zero_a_little_nearer(self):
        """At 10⁻⁹ in float64 the gradient is 0, where it is −3.3e-9."""
        assert gradient(torch.sinc, 1e-9, torch.float64, 1) == 0.0


def second_derivative(function, value, dtype):
    """What torch gives for f'' at `value`: a backward pass through the backward pass."""
    z = torch.full((64,), value, dtype=dtype, requires_grad=True)
    (slope,) = torch.autograd.grad(function(z).sum(), z, create_graph=True)
    slope.sum().backward()
    return z.grad[0].item()


class TestDoubleBackward:
    @pytest.mark.parametrize(
        ("dtype", "value"),
        [
            (torch.float64, 800.0),
            (torch.float32, 110.0),
            (torch.bfloat16, 110.0),
            (torch.float16, 12.0),
        ],
        ids=str,
    )
    def test_mish_s_is_nan_where_e_to_the_z_overflows(self, dtype, value):
        """From z = 11.1 on in float16; the truth is nearly 0, and the gradient itself is 1."""
        mish = torch.nn.functional.mish
        with mpmath.workdps(60):
            textbook = lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x)))  # noqa: E731 - the documented formula
            truth = mpmath.diff(textbook, mpmath.mpf(value), 2)

        assert abs(truth) < 1e-7
        assert gradient(mish, value, dtype, 64) == 1.0
        assert math.isnan(second_derivative(mish, value, dtype))

    @pytest.mark.parametrize(
        ("dtype", "value"),
        [(torch.float64, 2e154), (torch.float32, 2e19), (torch.float16, 300.0)],
        ids=str,
    )
    def test_gelu_s_is_nan_where_z_squared_overflows(self, dtype, value):
        """φ(z)(2 − z²) is 0·∞ there; the truth is 0."""
        for z in (value, -value):
            assert math.isfinite(gradient(gelu, z, dtype, 64))
            assert math.isnan(second_derivative(gelu, z, dtype))


@pytest.mark.parametrize(("dtype", "v"), [(torch.float32, 1e32), (torch.float64, 1e302)], ids=str)
def test_the_gradient_of_softplus_overflows_where_the_truth_is_far_below_the_largest(dtype, v):
    """v e^z comes before the division by 1 + e^z: at z = 19 ∞ for v / (1 + e⁻¹⁹).

    So what `cotangent="largest"` calls spurious is no overflow's edge, a rounding away from it.
    """
    z = torch.full((64,), 19.0, dtype=dtype, requires_grad=True)
    (found,) = torch.autograd.grad(softplus(z), z, torch.full_like(z, v))

    assert found.isinf().all()
    assert v < 1e-5 * torch.finfo(dtype).max


def test_the_gradient_of_batch_norm_takes_a_strided_weight_for_a_contiguous_one():
    """The value is right; the gradient is that of the numbers beside the weight in memory."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(6, 4, dtype=torch.float64, generator=draw, requires_grad=True)
    weight, bias = (torch.randn(4, dtype=torch.float64, generator=draw) for _ in range(2))
    strided = torch.stack([weight, torch.full_like(weight, 99.0)], -1)[:, 0]
    values = [batch_norm(x, None, None, w, bias, training=True) for w in (weight, strided)]
    v = torch.randn(6, 4, dtype=torch.float64, generator=draw)
    right, found = (torch.autograd.grad(y, x, v)[0] for y in values)

    assert torch.equal(weight, strided)
    assert torch.allclose(*values)
    assert (found - right).abs().max() > 10


def test_the_gradient_of_det_is_zero_where_a_factor_of_lu_is():
    """Of [[1, 2], [2, 4]] it is the transposed adjugate, [[4, −2], [−2, 1]], as for any matrix."""
    x = torch.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(torch.det(x), x)
    (recorded,) = torch.autograd.grad(torch.det(x), x, create_graph=True)

    assert (found == 0).all()
    assert torch.allclose(recorded, torch.tensor([[4.0, -2.0], [-2.0, 1.0]], dtype=x.dtype))


def test_of_a_power_the_second_derivative_in_both_is_zero_where_the_exponent_is():
    """∂²aᵉ/∂a∂e at e = 0 is 1/a; by e first it is right, by a first it is 0."""
    a = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    e = torch.tensor(0.0, dtype=torch.float64, requires_grad=True)
    (by_a,) = torch.autograd.grad(a**e, a, create_graph=True)
    (by_e,) = torch.autograd.grad(a**e, e, create_graph=True)
    with mpmath.workdps(60):
        truth = mpmath.diff(lambda x, y: x**y, (mpmath.mpf(1.5), mpmath.mpf(0)), (1, 1))

    assert torch.autograd.grad(by_a, e)[0].item() == 0
    assert torch.autograd.grad(by_e, a)[0].item() == pytest.approx(float(truth), rel=1e-12)
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(torch.pow, a, e, order=2)


@pytest.mark.parametrize(("dtype", "apart"), [(torch.float64, 710.0), (torch.float32, 89.0)])
def test_the_second_derivative_of_logaddexp_is_nan_where_an_exponential_overflows(dtype, apart):
    """σ(a − b) σ(b − a) there is below any number of the type; a little nearer it is right."""

    def second(difference):
        a = torch.tensor(0.0, dtype=dtype, requires_grad=True)
        b = torch.tensor(difference, dtype=dtype, requires_grad=True)
        (first,) = torch.autograd.grad(torch.logaddexp(a, b), a, create_graph=True)
        return torch.autograd.grad(first, a)[0].item()

    with mpmath.workdps(60):
        truth = 1 / ((1 + mpmath.exp(apart)) * (1 + mpmath.exp(-apart)))

    assert truth < torch.finfo(dtype).smallest_normal
    assert math.isnan(second(apart))
    assert 0 < second(apart / 8) < 1


def test_gelu_of_large_numbers_is_infinite_in_float32_on_some_processors():
    """Of z ≥ 1.71e38 it is z; −9.1e-8 at −5.52 is 0. Seen on an AMD EPYC with AVX-512.

    oneDNN computes it there; held to AVX2 (ONEDNN_MAX_CPU_ISA) it gives z.
    """
    z = torch.tensor([1.8e38, -5.524576187133789] * 16)
    large, small = gelu(z)[:2].tolist()
    if math.isfinite(large):
        pytest.skip("torch's gelu takes another kernel on this processor")
    with mpmath.workdps(60):
        truth = z[1].item() * mpmath.ncdf(z[1].item())

    assert small == 0
    assert abs(truth + mpmath.mpf("9.12e-8")) < 1e-10


def test_the_gradient_of_as_strided_scatter_is_that_of_what_is_overwritten():
    """Where the source is written the input has no part: 0 there, and the cotangent elsewhere.

    torch's own database expects its test of this gradient to fail (`test_fn_grad` of the OpInfo).
    """
    x = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    y = torch.as_strided_scatter(x, torch.ones(2, dtype=torch.float64), (2,), (1,), 0)
    (found,) = torch.autograd.grad(y.sum(), x)

    assert y.tolist() == [1, 1, 0, 0]
    assert found.tolist() == [1, 1, 0, 0]  # for 0, 0, 1, 1
    with pytest.raises(comparisons.GradientMismatch, match="at 4 of 4 points"):
        comparisons.check(torch.as_strided_scatter, x, torch.ones(2, dtype=x.dtype), (2,), (1,), 0)


def test_the_gradient_of_digamma_has_nine_digits():
    """torch's trigamma sums six terms and then four of the asymptotic series: 4e-10 at 2."""
    found = gradient(torch.digamma, 2.0, torch.float64, 1)
    with mpmath.workdps(60):
        off = found / mpmath.psi(1, 2) - 1

    assert 1e-10 < off < 1e-9


class TestLosses:
    """What goes wrong in two variables."""

    @pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
    @pytest.mark.parametrize("target", [0.0, 1.0])
    def test_the_gradient_of_bce_leaves_its_formula_below_1e_12(self, dtype, target):
        """It divides by max(y (1 − y), 10⁻¹²); at 10⁻¹⁴ it is a hundredth of the truth.

        The documented clamp, of the logarithm at −100, begins at y = 3.7e-44, and the value is
        right. Source: pytorch#103316, open, where it is explained by that clamp.
        """
        y = torch.tensor([1e-14], dtype=dtype).requires_grad_()
        t = torch.tensor([target], dtype=dtype)
        value = binary_cross_entropy(y, t, reduction="none")
        value.sum().backward()
        with mpmath.workdps(60):
            x = mpmath.mpf(y.item())
            truth = mpmath.diff(
                lambda p: -target * mpmath.log(p) - (1 - target) * mpmath.log1p(-p), x, h=x / 2**60
            )
            right = -target * mpmath.log(x) - (1 - target) * mpmath.log1p(-x)

        assert abs(value.item() / float(right) - 1) < 0.01
        assert abs(y.grad.item() / float(truth) - 0.01) < 1e-4

    @pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")  # of torch's own code
    def test_forward_mode_of_mse_is_nan_where_the_gradient_overflows(self):
        """It adds 0 · 2 (t − y) for the tangent of the other operand; backward has ∞."""
        y, t = torch.tensor([3e38]), torch.tensor([-1e38])
        loss = lambda p: mse_loss(p, t, reduction="none")  # noqa: E731 - one line, used twice
        (slope,) = torch.func.vjp(loss, y)[1](torch.ones(1))

        assert 2 * (mpmath.mpf(y.item()) - t.item()) > torch.finfo(torch.float32).max
        assert slope.item() == math.inf
        assert math.isnan(torch.func.jvp(loss, (y,), (torch.ones(1),))[1].item())

    @pytest.mark.parametrize(
        ("dtype", "x"),
        [
            (torch.float64, -710.0),
            (torch.float32, -89.0),
            (torch.bfloat16, -89.0),
            (torch.float16, -12.0),
        ],
        ids=str,
    )
    def test_soft_margin_is_infinite_and_its_gradient_nan_where_e_to_the_minus_tx_overflows(
        self, dtype, x
    ):
        """log(1 + e^(−tx)) is −tx there, and its gradient −t."""
        score = torch.tensor([x], dtype=dtype, requires_grad=True)
        loss = soft_margin_loss(score, torch.ones(1, dtype=dtype))
        (found,) = torch.autograd.grad(loss, score)
        with mpmath.workdps(60):
            slope = mpmath.diff(lambda z: mpmath.log1p(mpmath.exp(-z)), mpmath.mpf(x))
            value = mpmath.log1p(mpmath.exp(-x))

        assert float(value) == pytest.approx(-x, rel=1e-5)
        assert float(slope) == pytest.approx(-1, rel=1e-5)
        assert math.isinf(loss.item())
        assert math.isnan(found.item())

    def test_cosine_embedding_in_float16_is_lost_where_the_product_of_squares_overflows(self):
        """Norms of 6 and 45 are enough: the value is 1 for 1.5036 and the gradient 0.

        `F.cosine_similarity` of the same rows is right since pytorch#69512.
        """
        numbers = [[0.25, 3.0, -5.25, 0.375], [4.375, -44.53125, 1.0, 2.375]]
        a, b = (torch.tensor([n], dtype=torch.float16, requires_grad=True) for n in numbers)
        loss = cosine_embedding_loss(a, b, torch.ones(1, dtype=torch.float16))
        (found,) = torch.autograd.grad(loss, a)
        (right,) = torch.autograd.grad(1 - cosine_similarity(a, b).sum(), a)
        with mpmath.workdps(60):
            x, y = ([mpmath.mpf(e) for e in n] for n in numbers)
            xx, yy, xy = mpmath.fdot(x, x), mpmath.fdot(y, y), mpmath.fdot(x, y)
            size = mpmath.sqrt(xx * yy)
            truth = [float(xy * p / (xx * size) - q / size) for p, q in zip(x, y, strict=True)]

        assert xx * yy > 65504
        assert abs(float(1 - xy / size) - 1.5036) < 1e-4
        assert loss.item() == 1.0
        assert (found == 0).all()
        assert max(map(abs, truth)) > 0.12
        assert right[0].tolist() == pytest.approx(truth, rel=2e-3)
