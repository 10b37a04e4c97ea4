"""Code that counts up to its argument is asked as far out as it returns soon."""

import pytest
import torch
from hand_written import with_backward

import comparisons
from comparisons.careful.numbers.pace import soon_up_to


def test_a_loop_up_to_the_argument_is_left_before_it_is_long():
    """2²⁰⁰ steps are never done; some ten thousand are."""
    assert 2.0**6 <= soon_up_to(lambda size: sum(range(int(size))), 2.0**200) <= 2.0**22


def test_code_that_takes_as_long_everywhere_is_asked_to_the_end():
    """Whatever the size."""
    assert soon_up_to(lambda size: size * size, 2.0**200) == 2.0**200


@pytest.mark.slow
def test_polygamma_s_recurrence_is_not_gone_without_end():
    """torch adds 1 until it is right of 0; from −2⁴⁰ that takes an hour."""
    second = with_backward(
        lambda x: torch.polygamma(2, x), lambda _, x, v: [v[0] * torch.polygamma(3, x[0])]
    )
    x = torch.tensor([2.5, -3.3, 1.2], dtype=torch.float64)

    found = comparisons.check(second, x)

    assert any("the code takes ever longer there" in u for u in found.unasked)
