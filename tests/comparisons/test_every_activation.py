"""torch's own functions beside their closed forms: these tests write the project's report."""

import pytest

import comparisons
import symdiff
from comparisons import Status, Verdict
from comparisons.dtypes import FLOAT_TYPES
from comparisons.torch_calls import known_to_torch

# torch 2.13 (CPU): what disagrees, and how. Reproduced in plain torch in test_findings.py.
FINDINGS = {
    ("gelu_tanh", "float64"): Status.SPURIOUS,
    ("gelu_tanh", "float32"): Status.SPURIOUS,
    ("gelu_tanh", "bfloat16"): Status.SPURIOUS,
    ("hardsigmoid", "float64"): Status.INACCURATE,
}


@pytest.mark.parametrize("dtype", FLOAT_TYPES)
@pytest.mark.parametrize("name", known_to_torch())
def test_torch_agrees_unless_it_is_known_not_to(name, dtype, compare_gradients):
    """Every gradient of torch's holds, except the findings, which are of the stated kind."""
    comparison = compare_gradients.compare(name, dtype=dtype)

    finding = FINDINGS.get((name, dtype))
    assert (comparison.verdict is Verdict.DISAGREES) == (finding is not None), repr(comparison)
    if finding:
        assert finding in comparison.counts()
    assert all(adjoint.certified for adjoint in comparison.adjoints.values())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_16_bit_type_is_tried_whole(dtype):
    """All 65,536 bit patterns, the NaNs counted apart; at ±∞ the limit is 0."""
    comparison = comparisons.compare("sigmoid", dtype=dtype)
    exponents = {"bfloat16": 8, "float16": 5}[dtype]

    assert comparison.values == 65_536
    assert comparison.counts()[Status.NON_FINITE_INPUT] == 2 * 2 ** (15 - exponents) - 2


def test_every_activation_of_the_catalogue_is_compared():
    """No entry of the catalogue is left out of the report."""
    compared = set(known_to_torch())

    assert set(symdiff.activations) <= compared
    assert set(symdiff.losses) - {"half_squared"} <= compared
