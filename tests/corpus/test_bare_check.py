"""The bare call: a wrong backward of each class is rejected, honest code of each kind is not."""

from __future__ import annotations

import pytest
import torch
from arrays_honest import HONEST as HONEST_ARRAYS
from arrays_wrong import WRONG as WRONG_ARRAYS
from pointwise_honest import HONEST
from pointwise_wrong import WRONG

import comparisons

# One of each class of what only the careful part of the call can see.
_SLICE = (
    "torch.sinh beyond 709",
    "z² + 1, with the right gradient",
    "backward halves the saved input",
    "backward overwrites the cotangent it was given",
    "every gradient is the same memory",
    "0: the slope is detached",
    "twice too large: the slope's own backward is wrong",
    "forward mode 0.1 % off",
    "under vmap the sum of the batch",
    "hardtanh under no_grad",
    "0.1 % off when the graph of the backward is recorded",
    "divided by itself, NaN at zero",
    "dropped below 1e-8",
    "a NaN taken for zero",
    "a zero empties all",
    "2.0 times from -1.0012 to -1.0002",
    "0.5 times from 100.3 to 100.7",
    "doubled in no dimension",
    "channels last read as channels first",
    "an expanded input's gradient is summed",
    "the element at the border between two is lost",
    "masked by isnan(z)",
)


def _rejected(entry) -> str | None:
    """Why the bare call rejects it; None if it passes."""
    (dtype,) = entry.dtypes
    accept = "agrees" if entry.kind == "infinity" else "fails at ∞"
    try:
        comparisons.check(entry.function, entry.definition, dtype=dtype, accept=accept)
    except comparisons.GradientMismatch as mismatch:
        return str(mismatch)
    return None


@pytest.mark.parametrize("entry", [e for e in WRONG if e.name in _SLICE], ids=str)
def test_what_only_a_careful_call_sees_is_rejected(entry):
    """With a sentence."""
    assert _rejected(entry)


def test_the_slice_is_part_of_the_corpus():
    """No name of it is gone."""
    assert set(_SLICE) <= {entry.name for entry in WRONG}


@pytest.mark.slow
@pytest.mark.parametrize("entry", WRONG, ids=str)
def test_every_wrong_function_is_rejected(entry):
    """What is wrong at infinity only where that is asked."""
    assert _rejected(entry)


_IN_DOUBLE = ("F.gelu", "a guarded where", "in place")
_IN_SINGLE = ("F.mish", "by a mask", "max(z, -z)")
_HONEST = [(e, d) for e in HONEST for d in e.dtypes]


@pytest.mark.parametrize(
    ("entry", "dtype"),
    [
        *((e, torch.float64) for e in HONEST if e.name in _IN_DOUBLE),
        *((e, torch.float32) for e in HONEST if e.name in _IN_SINGLE),
    ],
    ids=str,
)
def test_honest_code_passes(entry, dtype):
    """Of torch's own, of textbooks, of other algorithms."""
    comparisons.check(entry.function, entry.definition, dtype=dtype)


@pytest.mark.slow
@pytest.mark.parametrize(("entry", "dtype"), _HONEST, ids=str)
def test_no_honest_function_is_rejected(entry, dtype):
    """In every type that it is honest in."""
    comparisons.check(entry.function, entry.definition, dtype=dtype)


_IN_SOME_CALL = {"circumstance", "second order", "call", "other cotangent", "transform"}
_CIRCUMSTANCES = [e for e in WRONG_ARRAYS if e.kind in _IN_SOME_CALL]


@pytest.mark.parametrize("entry", _CIRCUMSTANCES, ids=lambda e: f"{e}, {e.wrong}")
def test_wrong_code_of_arrays_is_rejected_in_whatever_circumstance_it_is_wrong(entry):
    """A layout, a second call, an input changed in place, a second derivative."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(entry.function, *entry.example())


@pytest.mark.slow
@pytest.mark.parametrize("entry", WRONG_ARRAYS, ids=lambda e: f"{e}, {e.wrong}")
def test_every_wrong_function_of_arrays_is_rejected(entry):
    """At the tensors that it is given."""
    with pytest.raises(comparisons.GradientMismatch):
        comparisons.check(entry.function, *entry.example())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("entry", "name"), [(e, n) for e in HONEST_ARRAYS for n in e.algorithms], ids=str
)
def test_no_honest_function_of_arrays_is_rejected(entry, name):
    """In any of its algorithms."""
    comparisons.check(entry.algorithms[name], *entry.example(100, torch.float64))


def once(z):
    """tanh whose backward says that it has no derivative."""
    return _Once.apply(z)


class _Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        y = torch.tanh(z)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        (y,) = ctx.saved_tensors
        return v * (1 - y * y)


def test_what_could_not_be_asked_is_said_and_not_held_against_the_code():
    """No second derivative, no forward mode, no vmap; other types are others' business."""
    found = comparisons.check(once, "tanh(z)")
    said = " ".join(found.unasked)

    for what in ("jvp", "vmap", "the second derivative", "float32", "torch.compile"):
        assert what in said
    assert "not asked: " in repr(found)
    assert comparisons.check("relu", dtype="float16").unasked == ()
