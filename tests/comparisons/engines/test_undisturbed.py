"""The caller's state is neither asked nor changed; what user code leaves changed is told."""

from __future__ import annotations

import threading
import warnings

import flint
import mpmath
import numpy as np
import pytest
import torch

import comparisons

AT = {"z": np.linspace(-4, 4, 33)}


def tanh(z):
    """Reads the default type, as code does that makes tensors of its own."""
    return torch.tanh(z) + torch.zeros(()).to(z.dtype)


def state():
    """All that is to be as it was."""
    return (
        torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.get_default_dtype(),
        torch.get_num_threads(), torch.get_rng_state().sum().item(), np.geterr(),
        mpmath.mp.prec, flint.ctx.prec, torch.is_anomaly_enabled(),
        torch.is_autocast_enabled("cpu"),
    )  # fmt: skip


@pytest.fixture
def double_by_default():
    """A caller whose default type is float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "around",
    [
        torch.no_grad, torch.inference_mode, lambda: torch.autocast("cpu", dtype=torch.bfloat16),
        lambda: np.errstate(all="raise"), lambda: mpmath.workprec(17),
        lambda: torch.autograd.set_detect_anomaly(True),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("double_by_default")
def test_the_outcome_does_not_depend_on_the_callers_state(around):
    """Whatever it is, it is there again afterwards."""
    with around(), warnings.catch_warnings():
        warnings.filterwarnings("error", category=RuntimeWarning)
        before = state()
        found = comparisons.compare(tanh, "tanh(z)", inputs=AT)
        after = state()

    assert before == after
    assert found.verdict is comparisons.Verdict.AGREES


def test_random_code_draws_the_same_at_every_call():
    """So that a mask can be told from an error, and the caller's numbers stay theirs."""

    def masked(z):
        return z * (torch.rand(z.shape) > 0.5)

    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second = (
        comparisons.compare(masked, "z", inputs=AT).adjoints["z"].computed for _ in range(2)
    )

    assert np.array_equal(first, second)
    assert torch.equal(before, torch.get_rng_state())


def test_what_code_leaves_changed_is_put_back_and_told():
    """A default type that stays changed would change what comes after."""

    def careless(z):
        torch.set_default_dtype(torch.float64)
        np.seterr(over="raise")
        return torch.tanh(z)

    with pytest.warns(UserWarning, match=r"careless.* left torch's default type at torch.float64"):
        comparisons.compare(careless, "tanh(z)", inputs=AT)
    assert torch.get_default_dtype() == torch.float32
    assert np.geterr()["over"] == "warn"


def test_threads_leave_the_precision_as_it_was():
    """mpmath's and flint's belong to the process."""
    before = mpmath.mp.prec, flint.ctx.prec
    calls = [
        threading.Thread(target=comparisons.compare, args=(tanh, "tanh(z)"), kwargs={"inputs": AT})
        for _ in range(4)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()

    assert (mpmath.mp.prec, flint.ctx.prec) == before


def test_what_a_function_raises_says_what_it_was_called_with():
    """Its own exception, with a note."""

    def broken(z):
        raise KeyError(z.ndim)

    with pytest.raises(KeyError) as raised:
        comparisons.compare(broken, "tanh(z)", inputs=AT)
    (note,) = raised.value.__notes__
    assert "a torch.float64 tensor of shape (33,) that begins with -4.0" in note
