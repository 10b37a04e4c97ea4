"""What other ways of capturing torch code lose: captured and right, or refused in a sentence."""

import pytest
from agreement import captured_right
from hard_cases import NumpyInside, drawn, hard_cases

from comparisons.capture import Refused, capture

CASES = hard_cases()
REFUSED = {"svdvals"}
FIRST_ONLY = {
    "autograd.Function",  # by hand, so its second derivative is that of the backward
    "Function with the gradient in the forward",  # its backward is constant
    "casts",  # rounds to bfloat16
    "scaled_dot_product_attention",  # torch has no second derivative of its kernel
    "TransformerEncoderLayer",
    "TransformerEncoderLayer, fast path",
}


@pytest.mark.parametrize("name", [n for n in CASES if n not in REFUSED | {"casts"}])
def test_the_adjoints_are_torchs_gradients(name):
    """The captured graph's derivatives equal torch's, the second ones too."""
    function, args = CASES[name]
    captured_right(function, *args, second=name not in FIRST_ONLY)


def test_a_cast_is_the_identity_and_remembered():
    """The graph has no rounding in it; what was held in bfloat16 is marked for the judge."""
    function, args = CASES["casts"]
    captured = capture(function, *args)

    assert {"torch.bfloat16"} == {str(t) for n, t in captured.types.items() if n.axes}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_captured_is_refused_in_a_sentence(name):
    """The message names the operation, the line, and what to do."""
    function, args = CASES[name]
    with pytest.raises(Refused, match=r"linalg_svd \(.*hard_cases\.py:\d+\).*reference=") as caught:
        capture(function, *args)

    assert "\n" not in str(caught.value)


def test_a_forward_outside_torch_is_refused():
    """A gradient that torch claims, of what was never recorded, is not taken for a constant's."""
    with pytest.raises(Refused, match="computed outside torch's operators"):
        capture(NumpyInside.apply, drawn(3))
    with pytest.raises(Refused, match="computed outside torch's operators"):
        capture(lambda x: NumpyInside.apply(x) * x, drawn(3))


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("if on values", "a number taken"),
        ("item()", "a number taken"),
        ("dropout", "a random draw"),
        ("randn_like", "a random draw"),
    ],
)
def test_what_was_fixed_is_said_with_its_line(name, what):
    """A branch, a number taken out, a draw: each is listed with the line it came from."""
    function, args = CASES[name]
    captured = capture(function, *args)

    assert any(what in text and "hard_cases.py" in str(place) for text, place in captured.fixed)
