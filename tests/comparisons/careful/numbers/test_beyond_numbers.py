"""Functions of several variables judged at ±∞, and what is asked of NaN."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hand_written import with_backward

import comparisons
import symdiff
from comparisons import GradientMismatch, Status, Verdict

_DISTANCE = "sqrt(y**2 + (t + 3)**2)"


def _huber(y, t):
    return F.huber_loss(y, t, reduction="none")


def _logits(y, t):
    return F.binary_cross_entropy_with_logits(y, t, reduction="none")


def _mse(y, t):
    return (y - t) ** 2


def _by_a_quotient(_, given, v):
    """d/|d| is NaN at ∞, and ±1 at every number beyond δ."""
    d = given[0] - given[1]
    slope = torch.where(d.abs() <= 1, d, d / d.abs())
    return [v[0] * slope, -v[0] * slope]


def _by_an_exponential(grads, given, v):
    """e^y/(1 + e^y) is NaN at ∞, and from 710 on."""
    y, t = given
    large = y.exp().clamp(max=1e300)
    slope = torch.where(torch.isinf(y), torch.full_like(y, torch.nan), large / (1 + large))
    return [v[0] * (slope - t), grads[1]]


def _one_at_infinity(grads, given, _):
    return [torch.where(torch.isinf(given[0]), torch.ones_like(grads[0]), grads[0]), grads[1]]


WRONG = {
    "huber": (_huber, _by_a_quotient),
    "bce_with_logits": (_logits, _by_an_exponential),
    "mse": (_mse, _one_at_infinity),
}
RIGHT = {"huber": _huber, "bce_with_logits": _logits, "mse": _mse}


@pytest.mark.parametrize("name", WRONG)
def test_a_loss_wrong_at_infinity_alone_is_said_to_be(name):
    """By a verdict of its own; whoever asks for the limits is told."""
    function = with_backward(*WRONG[name])
    result = comparisons.compare(function, name)

    assert result.verdict is Verdict.FAILS_AT_INFINITY
    with pytest.raises(GradientMismatch, match=r"∞|inf"):
        comparisons.check(function, name, accept="agrees")


@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("name", RIGHT)
def test_torchs_own_holds_there(name, dtype):
    """All limits that there are were judged, and nothing else."""
    result = comparisons.compare(RIGHT[name], name, dtype=dtype)

    assert not result.verdict.worse_than(Verdict.AGREES)
    for adjoint in result.adjoints.values():
        at = np.stack([np.broadcast_to(v, adjoint.computed.shape) for v in adjoint.inputs.values()])
        one = (np.isinf(at).sum(axis=0) == 1) & ~np.isnan(at).any(axis=0)
        apart = ~np.isfinite(at).all(axis=0) & ~one
        judged = adjoint.judgement.status != Status.NON_FINITE_INPUT.code
        assert one.sum() >= 6
        assert judged[one].all()
        assert not judged[apart].any()


@pytest.mark.parametrize(
    ("function", "formula"),
    [
        (lambda y, t: y * t, "y*t"),
        (lambda y, t: torch.sin(y) * t, "sin(y)*t"),
        (lambda y, t: y * (t - 1), "y*(t - 1)"),
        (torch.logaddexp, "log(exp(y) + exp(t))"),
        (torch.maximum, "max(y, t)"),
    ],
)
def test_where_there_is_no_limit_nothing_is_held_against_the_code(function, formula):
    """What torch gives at (∞, t) is the limit, or is not judged."""
    result = comparisons.compare(function, symdiff.loss(formula))

    assert not result.verdict.worse_than(Verdict.AGREES)


def test_what_torch_has_none_of_is_said():
    """The gradient of hypot is y/‖(y, t)‖: ∞/∞ where it tends to 1."""
    result = comparisons.compare(lambda y, t: torch.hypot(y, t + 3), symdiff.loss(_DISTANCE))

    assert result.verdict is Verdict.FAILS_AT_INFINITY


def _finite_only(y, t):
    if not bool(torch.isfinite(y).all() and torch.isfinite(t).all()):
        raise ValueError("y and t take numbers")
    return (y - t) ** 2


def test_code_that_refuses_what_is_no_number_is_asked_at_numbers():
    """And the result says so."""
    result = comparisons.check(_finite_only, "mse")

    assert result.verdict is Verdict.ACCURATE
    assert any("±∞ and NaN" in one for one in result.unasked)


@pytest.mark.parametrize("name", ["y", "t"])
def test_a_nan_that_a_backward_swallows_is_found(name):
    """In one of its inputs; torch's own mse_loss passes it on."""

    def cleaned(grads, given, _):
        at = given["yt".index(name)]
        return [torch.where(torch.isnan(at), torch.zeros_like(at), g) for g in grads]

    with pytest.raises(GradientMismatch, match=f"where {name}, and the function, are NaN"):
        comparisons.check(with_backward(_mse, cleaned), "mse")
    comparisons.check(with_backward(_mse, lambda g, *_: g), "mse")
