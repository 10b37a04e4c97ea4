"""The first answer of forward mode, which spares what torch loads for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import comparisons.careful.circumstances.pushed
from comparisons.careful.circumstances.pushed import DECOMPOSED, pushed, pushed_lightly
from comparisons.careful.running.calls import Calls
from comparisons.cases.asked import Asked, case_of
from comparisons.dtypes import float_type
from comparisons.engines.engine import own_deprecations_ignored
from comparisons.subjects.own.from_code import from_code

_FIXED = torch.tensor([[0.5, -2.0, 0.0], [1.5, 3.0, -1.0]], dtype=torch.float64)
_GIVEN = torch.tensor([[0.25, -1.5, 2.0], [0.75, -0.5, 1.25]], dtype=torch.float64)


@pytest.fixture
def calls(monkeypatch):
    """Code at given numbers, where torch has not loaded its compiler yet."""
    monkeypatch.setattr(comparisons.careful.circumstances.pushed, "_is_loaded", lambda: False)

    def made(function):
        dtype = float_type("float64")
        subject = from_code(function, (_GIVEN,), {}, dtype)
        return Calls(case_of(Asked(subject, dtype=dtype)), subject.bare)

    with own_deprecations_ignored():  # torch scripts its decompositions
        yield made


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (x - _FIXED).abs(),
        lambda x: 2 * x / (1 + _FIXED * x),
        lambda x: torch.where(x > 0, x * _FIXED, 1.0),
        lambda x: F.linear(x, _FIXED, _FIXED[:, 0]).tanh(),
        lambda x: F.layer_norm(x, (3,)) ** 3,
        lambda x: F.cross_entropy(x, torch.tensor([0, 2])),
        lambda x: torch.cat([x, _FIXED]).logsumexp(0),
    ],
)
def test_both_ways_give_one_number(function, calls):
    """Zeros with memory and without are one tangent."""
    at = calls(function)
    tangent = _FIXED.numpy() + 1.0

    assert pushed_lightly(at, "x", tangent) == pushed(at, "x", tangent)


@pytest.mark.parametrize("function", [F.logsigmoid, lambda x: x[:, :2].trace() + x.sum()])
def test_what_torch_decomposes_is_left_to_torch(function, calls):
    """Before its decompositions are loaded it leaves these tangents out, without a word."""
    at = calls(function)

    assert pushed_lightly(at, at.names[0], _FIXED.numpy()) is None


def test_what_torch_decomposes_is_what_it_registers():
    """By its own file, which names each operator once."""
    source = Path(torch.__file__).with_name("_decomp") / "decompositions_for_jvp.py"
    registered = re.findall(
        r"^_register_jit_decomposition_for_jvp\(\s*torch\.ops\.aten\.(\w+)",
        source.read_text(),
        re.MULTILINE,
    )

    assert set(registered) == DECOMPOSED


def test_what_has_no_tangent_is_refused_in_torch_s_words(calls):
    """Nothing but its decompositions could help, and it has none for attention."""

    def attention(x):
        q = x[None, None]
        return F.scaled_dot_product_attention(q, q, q)

    at = calls(attention)
    with pytest.raises(NotImplementedError, match="forward AD with _scaled_dot_product") as lightly:
        pushed_lightly(at, "x", _FIXED.numpy())
    with pytest.raises(NotImplementedError) as plainly:
        pushed(at, "x", _FIXED.numpy())

    assert str(lightly.value) == str(plainly.value)
