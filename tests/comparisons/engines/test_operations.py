"""Torch's operations are counted, and a call that runs too many is left."""

import pytest
import torch

from comparisons.engines.operations import TooManyOperationsError, operations


def _doubled(times):
    x = torch.ones(3)
    for _ in range(times):
        x = x * 2
    return x


def test_each_operation_counts():
    """ones, then a product each time."""
    assert operations(lambda: _doubled(4)) == operations(lambda: _doubled(0)) + 4


def test_a_call_is_left_after_too_many():
    """And not before."""
    assert operations(lambda: _doubled(4), most=operations(lambda: _doubled(4)))
    with pytest.raises(TooManyOperationsError, match="more than 3 operations"):
        operations(lambda: _doubled(40), most=3)


def test_what_a_call_raises_is_raised():
    """It is the caller's to say what that means."""
    with pytest.raises(RuntimeError, match="shape"):
        operations(lambda: torch.ones(2) + torch.ones(3).reshape(2, 2))
