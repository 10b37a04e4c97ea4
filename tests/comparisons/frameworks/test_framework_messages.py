"""Every message about other frameworks that no other test reads, whether they are there or not."""

import pytest
import torch

import comparisons
from comparisons.frameworks.libraries.autograd import Autograd

X = torch.ones(2, 3)


@pytest.fixture(autouse=True)
def _there(monkeypatch):
    """As if it were installed: these are refused before it is asked."""
    monkeypatch.setattr(Autograd, "missing", lambda _: None)


MESSAGES = {
    "an order": (
        lambda: comparisons.compare(abs, "abs(z)", order=2, framework="autograd"),
        "gradient= and order= are for torch code; give a definition or reference=",
    ),
    "no function": (
        lambda: comparisons.compare(3, framework="autograd"),
        "compare takes a name or a function of HIPS autograd's arrays, not int",
    ),
    "a function alone": (
        lambda: comparisons.compare(abs, framework="autograd"),
        (
            "a function of HIPS autograd needs a definition, as in compare(function, 'z * Phi(z)', "
            "framework='autograd'), or torch's tensors and reference= in torch code"
        ),
    ),
    "a reference without tensors": (
        lambda: comparisons.compare(abs, framework="autograd", reference=torch.abs),
        (
            "reference= needs torch's tensors to be called with, as in compare(function, "
            "torch.randn(4), reference=other)"
        ),
    ),
    "a name and more": (
        lambda: comparisons.compare("tanh", "z", framework="autograd"),
        (
            "compare('tanh', framework='autograd') judges the framework's own function as it is; "
            "to judge another, pass the function first"
        ),
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_it_says_what_was_given_and_what_to_do(case):
    """In one sentence, word by word."""
    call, said = MESSAGES[case]
    with pytest.raises(TypeError) as raised:
        call()

    assert str(raised.value) == said
