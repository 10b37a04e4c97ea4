"""torch's own functions beside their closed forms: these tests write the project's report."""

import pytest

import symdiff
from comparisons import Status, Verdict
from comparisons.torch_calls import known_to_torch

# torch 2.13 (CPU): what disagrees, and how. Reproduced in plain torch in test_findings.py.
FINDINGS = {
    ("gelu_tanh", "float64"): Status.SPURIOUS,
    ("gelu_tanh", "float32"): Status.SPURIOUS,
    ("hardsigmoid", "float64"): Status.INACCURATE,
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", known_to_torch())
def test_torch_agrees_unless_it_is_known_not_to(name, dtype, compare_gradients):
    """Every gradient of torch's holds, except the findings, which are of the stated kind."""
    comparison = compare_gradients.compare(name, dtype=dtype)

    finding = FINDINGS.get((name, dtype))
    assert (comparison.verdict is Verdict.DISAGREES) == (finding is not None), repr(comparison)
    if finding:
        assert finding in comparison.counts()


def test_every_activation_of_the_catalogue_is_compared():
    """No entry of the catalogue is left out of the report."""
    compared = set(known_to_torch())

    assert set(symdiff.activations) <= compared
    assert set(symdiff.losses) - {"half_squared"} <= compared
