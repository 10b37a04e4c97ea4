"""What is 0 or lost in exact arithmetic, and computed as roundings: no error of honest code."""

import pytest
import torch
import torch.nn.functional as F

import comparisons


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_variance_of_equal_numbers_is_a_square_of_roundings(dtype):
    """It is 0 to first order, and (10⁻⁷)² as computed."""
    x = torch.ones(5, dtype=torch.float64)
    result = comparisons.check(lambda x: torch.expm1(x).var(-1), x, dtype=dtype)

    assert str(result.verdict) == "accurate"


def test_of_what_loses_its_digits_in_float64_nothing_is_told_by_all_entries_together():
    """sin x − x at 10⁻⁵ is a rounding, in torch as in the tangents: no gradient of 0 is seen."""
    x = torch.tensor([[6.6e-5, 2.01e-5, 1.211e-5, 1.53e-4, -1.4e-4, -6.24e-5]], dtype=torch.float64)
    with pytest.raises(comparisons.Inconclusive):
        comparisons.check(
            lambda x: torch.sigmoid(F.layer_norm((x.sin() - x) ** 2, (6,))).prod(-1), x
        )


def test_of_a_variance_that_is_0_each_entry_may_round_as_torch_s_does():
    """Its gradient is 2 v (x − μ)/(n − 1), and nothing comes back by way of μ."""
    y = torch.tensor([-0.885, -1.232, 0.283, 0.999, -1.96], dtype=torch.float64)

    def code(y):
        return F.mse_loss(y, y - y.logsumexp(-1, keepdim=True), reduction="none").var(-1)

    assert str(comparisons.check(code, y).verdict) == "accurate"
    assert str(comparisons.closed_form(lambda x: x.var(), y)).endswith("x̄ = x/2 − Σ x/10")


def test_what_is_noise_for_one_tensor_given_twice_is_no_error():
    """The part of x off its own direction is 0, whatever is computed of it."""
    x, y = torch.randn(2, 1, 5, dtype=torch.float64, generator=torch.manual_seed(3)) * 20
    result = comparisons.check(
        lambda x, y: F.huber_loss(x, F.cosine_similarity(x, y, dim=-1)[..., None] * x) ** 2, x, y
    )

    assert str(result.verdict) == "accurate"
