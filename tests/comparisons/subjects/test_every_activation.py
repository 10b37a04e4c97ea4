"""Every gradient of the catalogue beside its closed form; the project's report is of these."""

from itertools import product

import pytest
from sampled import in_turns, sampled

import comparisons
import symdiff
from comparisons import Status, Verdict
from comparisons.dtypes import FLOAT_TYPES
from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS
from comparisons.subjects.catalogue.written_out import WRITTEN_OUT

ALL = tuple(FLOAT_TYPES)

# torch 2.13 (CPU), its own functions: what disagrees, and how. Reproduced in plain torch in
# test_findings.py.
FINDINGS = {
    "gelu_tanh": (("float64", "float32", "bfloat16"), Status.SPURIOUS),
    "hardsigmoid": (("float64",), Status.INACCURATE),
    "normalized_sinc": (ALL, Status.INACCURATE),
    "bce": (("float64", "float32", "bfloat16"), Status.INACCURATE),
}

# The usual code of functions that torch lacks: what goes wrong, with which.
WRITTEN_OUT_FINDINGS = {
    "e^z overflows in the case that is not taken, and 0·∞ is NaN": (
        *("pelu", "mpelu", "elish", "hardelish", "hexpo", "slu"),
    ),
    "1 + e^z overflows, and ∞/∞ is NaN": (
        *("softpp", "softclipping", "serf", "pserf", "bipolar_sigmoid", "aria2", "soft_root_sign"),
    ),
    "e^z overflows inside a function that is flat there, and 0·∞ is NaN": (
        *("loglog", "cloglog", "erfact", "tanhexp", "tanhsoft2", "gish"),
    ),
    "a power of z overflows, and ∞/∞ or 0·∞ is NaN": (
        *("sparse_plus", "smelu", "squareplus", "sqnl", "sqlu", "softmodulus_q", "smooth_step"),
        *("isrlu", "isru", "rootsig", "rational_tanh", "gaussian", "ricker", "wave"),
        *("multiquadric", "inverse_multiquadric", "bent_identity", "smu1", "pau"),
    ),
    "a multiple of z overflows before it is scaled down": (
        *("xgelu", "xsilu", "xatlu", "e_swish", "sinsig", "sine"),
    ),
    "at 0 the case that is not taken is 0/0": ("sinc",),
    "sign(0) = 0 makes the slope 0 where it is 1": ("logarithmic",),
    "the authors cut at −1e-6 and lose the slope above": ("xielu",),
}
# Those that disagree in some types only.
PARTIAL = {
    # In bfloat16 the inputs at which it overflows are within 32 ulp of where the truth does.
    "a multiple of z overflows before it is scaled down": {
        "star_relu": ("float64", "float32", "float16"),
    },
    "softplus's threshold of 20, 2e-9 off": {
        "shifted_softplus": ("float64",),
        "tanhsoft1": ("float64",),
    },
    "e^(αz)/α overflows before its factor α": {"softexponential": ("float16",)},
}
EXPECTED = {name: types for name, (types, _) in FINDINGS.items()}
EXPECTED |= {name: ALL for names in WRITTEN_OUT_FINDINGS.values() for name in names}
EXPECTED |= {name: types for found in PARTIAL.values() for name, types in found.items()}


@pytest.mark.parametrize(("name", "dtype"), in_turns(TORCH_CALLS, FLOAT_TYPES))
def test_torch_agrees_unless_it_is_known_not_to(name, dtype, compare_gradients):
    """Every gradient of torch's holds, except the findings, which are of the stated kind."""
    comparison = compare_gradients.compare(name, dtype=dtype)

    types, status = FINDINGS.get(name, ((), None))
    assert (comparison.verdict is Verdict.DISAGREES) == (dtype in types), repr(comparison)
    if dtype in types:
        assert status in comparison.counts()
    assert all(adjoint.certified for adjoint in comparison.adjoints.values())


@pytest.mark.parametrize(("name", "dtype"), sampled(product(WRITTEN_OUT, FLOAT_TYPES), 9))
def test_the_usual_code_agrees_unless_it_is_known_not_to(name, dtype, compare_gradients):
    """What people write for the functions that torch lacks, judged; each failure has its reason."""
    comparison = compare_gradients.compare(name, dtype=dtype, points="structured")

    known = dtype in EXPECTED.get(name, ())
    assert (comparison.verdict is Verdict.DISAGREES) == known, repr(comparison)
    assert all(adjoint.certified for adjoint in comparison.adjoints.values())


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_16_bit_type_is_tried_whole(dtype):
    """All 65,536 bit patterns, the NaNs counted apart; at ±∞ the limit is 0."""
    comparison = comparisons.compare("sigmoid", dtype=dtype)
    exponents = {"bfloat16": 8, "float16": 5}[dtype]

    assert comparison.values == 65_536
    assert comparison.counts()[Status.NON_FINITE_INPUT] == 2 * 2 ** (15 - exponents) - 2


def test_every_entry_of_the_catalogue_is_compared():
    """No entry is left out of the report, and no finding is about something else."""
    compared = {*TORCH_CALLS, *WRITTEN_OUT}

    assert compared == {*symdiff.activations, *symdiff.losses} - {"half_squared"}
    assert set(EXPECTED) <= compared
