"""A NaN where there is no derivative, at the tip of a norm, and where there is one."""

import pytest
import torch
from hand_written import with_backward

import comparisons
from comparisons import GradientMismatch


def _normal(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.manual_seed(len(shape)))


A, B = _normal(4, 3), _normal(5, 3) * 1.5


def distances(a, b):
    """Of each row of one to each row of the other."""
    return torch.linalg.vector_norm(a[:, None] - b[None], dim=-1)


def _by_quotients(_, given, v):
    """NaN where two rows are one, as 0/0 is."""
    apart = given[0][:, None] - given[1][None]
    of_all = v[0][..., None] * apart / apart.norm(dim=-1, keepdim=True)
    return [of_all.sum(1), -of_all.sum(0)]


def _of_another_sign(grads, given, v):
    first, second = _by_quotients(grads, given, v)
    return [first, -second]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_no_number_where_two_points_meet_is_not_called_wrong(dtype):
    """Rows of zeros in both; the rest of the sum has a derivative, and the whole has none."""
    found = comparisons.check(with_backward(distances, _by_quotients), A, B, dtype=dtype)

    assert "is NaN there, where there is none" in "; ".join(found.unasked)


def test_a_wrong_sign_is_rejected_beside_it():
    """At the arguments given."""
    with pytest.raises(GradientMismatch):
        comparisons.check(with_backward(distances, _of_another_sign), A, B)


def _by_rows(a, b):
    return torch.exp(a @ b.T)


def _nan_of_zeros(grads, given, _):
    rows = given[0].abs().amax(-1, keepdim=True)
    return [grads[0] * (rows / rows), grads[1]]


def test_a_nan_where_there_is_a_derivative_is_rejected():
    """Smooth, and a row of zeros spoils it."""
    with pytest.raises(GradientMismatch, match="a row is 0"):
        comparisons.check(with_backward(_by_rows, _nan_of_zeros), A, B)
