"""Defects that were reported: the bare check rejects those that stand, and passes the others."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from reported import REPORTED
from reported_before import BEFORE, function_of

import comparisons
from comparisons.results.mismatch import Inconclusive


@pytest.mark.parametrize("entry", REPORTED, ids=str)
def test_a_report_is_answered_as_it_has_to_be(entry):
    """A defect that stands is rejected; what is mended, or documented, passes."""
    expected = {"rejected": comparisons.GradientMismatch, "refused": (ValueError, Inconclusive)}
    if entry.outcome == "passes":
        found = comparisons.check(entry.function, *entry.inputs, **entry.options)
        assert entry.says in repr(found)
        return
    with pytest.raises(expected[entry.outcome]) as raised:
        comparisons.check(entry.function, *entry.inputs, **entry.options)
    assert entry.says in str(raised.value)


@pytest.mark.parametrize("before", BEFORE, ids=lambda before: before[0])
def test_the_backward_that_was_reported_is_rejected(before):
    """Written by hand, at numbers of the report."""
    inputs = [torch.tensor(x, dtype=torch.float64) for x in before[3]]
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(function_of(before), *inputs)


def test_a_mean_over_nothing_is_refused_in_words():
    """0/0 whatever the input is; it was no real number that no ball holds."""
    x = torch.tensor([[0.1, 0.9]], dtype=torch.float64)
    with pytest.raises(Inconclusive, match="no entry was judged"):
        comparisons.check(lambda x: F.nll_loss(x, torch.tensor([-100])), x)


def test_what_cannot_require_a_gradient_is_named_with_what_to_do():
    """The weights of classes, where no tensor says that it requires one."""
    x, weight = torch.randn(2, 3), torch.ones(3)
    smoothed = lambda x, w: F.cross_entropy(x, torch.tensor([0, 1]), w, label_smoothing=0.1)  # noqa: E731 - called thrice
    with pytest.raises(TypeError, match=r"argument 'weight'; call requires_grad_\(\)"):
        comparisons.check(smoothed, x, weight)
    comparisons.check(smoothed, x.requires_grad_(), weight)


def test_a_bound_is_where_the_kernel_rounds_it_to():
    """1 − 0.1 is 0.9 in float64, and a rounding less in exact arithmetic."""
    x = torch.tensor([0.9, 0.5, 0.1], dtype=torch.float64)

    comparisons.check(lambda x: torch.special.logit(x, eps=0.1), x)
