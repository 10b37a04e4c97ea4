"""Code without a gradient: a pass would be that of its values alone, and is none."""

import pytest
import torch

import comparisons
from comparisons.results.mismatch import Inconclusive

X = torch.tensor([0.5, -1.25, 2.0], dtype=torch.float64)
EMPTY = torch.zeros(0, dtype=torch.float64)


@pytest.mark.parametrize(
    ("code", "given", "why"),
    [
        (torch.no_grad()(lambda x: 2 * x), X, "x.grad, cut by detach() or no_grad()"),
        (lambda x: x.detach().sin(), X, "x.grad, cut by detach() or no_grad()"),
        (torch.zeros_like, X, "x.grad, the output does not depend on it"),
    ],
    ids=["no_grad", "detach", "constant"],
)
def test_code_without_any_gradient_is_inconclusive(code, given, why):
    """`check` says of each input why."""
    found = comparisons.compare(code, given)
    assert str(found.verdict) == "inconclusive"
    repr(found), found._repr_html_()
    with pytest.raises(Inconclusive, match="there is no gradient to judge") as raised:
        comparisons.check(code, given)
    assert f"({why}); give code whose result depends on an input" in str(raised.value)


def test_one_input_with_a_gradient_is_enough():
    """The others are said to have none."""
    found = comparisons.check(lambda x, y, z: (x.sin() + y.sum(), z.detach()), X, EMPTY, X)
    assert str(found.verdict) == "accurate"
    assert "y.grad: none, as it should be" in repr(found)


def test_a_tensor_without_entries_passes():
    """Its gradient has none either."""
    assert str(comparisons.check(torch.sin, EMPTY).verdict) == "accurate"
    assert str(comparisons.check(lambda x: x.reshape(0, 3).sum(0), EMPTY).verdict) == "accurate"


def test_a_gradient_that_is_zero_is_judged():
    """Also where the graph has nothing left of the input."""
    assert str(comparisons.check(torch.sign, X).verdict) == "accurate"
    found = comparisons.check(lambda x: 0 * x, X)
    assert str(found.verdict) == "accurate"
    assert "x.grad: zero, as it should be (the output does not depend on it)" in repr(found)
