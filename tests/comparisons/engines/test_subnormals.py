"""Under flush-to-zero nothing is judged, and it is said."""

import pytest
import torch

import comparisons
from symdiff.float_balls.environment import is_ieee

pytestmark = pytest.mark.skipif(
    not torch.set_flush_denormal(False), reason="this processor cannot be told to"
)


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    torch.set_flush_denormal(False)


def test_a_processor_that_flushes_is_refused():
    """Before anything is judged; what the caller set stays set."""
    torch.set_flush_denormal(True)
    with pytest.raises(ValueError, match=r"call torch.set_flush_denormal\(False\) first"):
        comparisons.compare("relu", dtype="float32")

    assert not is_ieee()


def test_code_that_makes_it_flush_is_not_judged():
    """The processor is as it was, and other code is judged."""

    def fast(z):
        torch.set_flush_denormal(True)
        return torch.relu(z)

    with pytest.raises(ValueError, match="made the processor take subnormal numbers for zero"):
        comparisons.compare(fast, "relu", dtype="float32", points="structured")

    assert is_ieee()
    found = comparisons.compare("relu", dtype="float32", points="structured")
    assert str(found.verdict) == "accurate"
