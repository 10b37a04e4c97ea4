"""A catalogue prints on one screen, and says what may be meant."""

import pytest

import symdiff


def test_a_catalogue_prints_its_names():
    """`symdiff.activations` in a notebook is a list of names, not of formulas."""
    shown = repr(symdiff.activations)

    assert shown.startswith("<130 activations:\n  identity, relu, ")
    assert len(shown.splitlines()) < 30
    assert max(map(len, shown.splitlines())) <= 100


def test_an_unknown_name_is_a_key_error_with_a_suggestion():
    """`symdiff.layers["sofmax"]` says that softmax may be meant."""
    with pytest.raises(KeyError, match="'sofmax' is none of the layers; did you mean 'softmax'"):
        symdiff.layers["sofmax"]


def test_a_catalogue_is_a_mapping():
    """`in`, `get` and `len` are those of a dict."""
    assert "huber" in symdiff.losses
    assert symdiff.losses.get("hubr") is None
    assert len(symdiff.layers) == len([*symdiff.layers])


def test_a_graph_prints_its_equations():
    """`print(symdiff.neuron("gelu"))` shows what its author wrote, and so does `latex`."""
    assert str(symdiff.neuron("gelu")) == "z = w x + b\ny = z Φ(z)\nL = (y − t)²/2"
    assert symdiff.latex(symdiff.neuron("gelu")) == symdiff.neuron("gelu").latex()
    assert symdiff.text(symdiff.neuron("gelu")) == str(symdiff.neuron("gelu"))


def test_adjoints_have_a_latex_form():
    """`symdiff.latex(adjoints)` is the tutorial's lines."""
    adjoints = symdiff.adjoints(symdiff.neuron())

    assert symdiff.latex(adjoints) == adjoints.latex()
    assert r"\bar{w} &= \bar{z} \, x" in symdiff.latex(adjoints)


@pytest.mark.parametrize("given", ["z", 3, None])
def test_latex_of_anything_else_is_refused(given):
    """Text is no expression."""
    with pytest.raises(TypeError, match="latex takes an expression, a graph or adjoints, not"):
        symdiff.latex(given)


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: symdiff.linear_layer(cut="foo"), ValueError, "cut takes 'detach()', 'no_grad()'"),
        (lambda: symdiff.elementwise("a*b"), TypeError, "elementwise takes a function of one symb"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_sentence(call, error, sentence):
    """What was given, and what was expected."""
    with pytest.raises(error, match=r"^[^\n]*$") as caught:
        call()

    assert sentence in str(caught.value)
