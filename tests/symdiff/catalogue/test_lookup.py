"""Finding a function by its name, and saying what was meant where there is none."""

import pytest
import sympy

import symdiff
from symdiff.catalogue.activations import activations
from symdiff.catalogue.losses import losses


def test_a_name_finds_its_stanza():
    """activation('gelu') is the catalogue's own definition."""
    assert symdiff.activation("gelu") is activations["gelu"]


def test_a_definition_is_returned_as_it_is():
    """A definition passes through unchanged."""
    assert symdiff.activation(activations["elu"]) is activations["elu"]


def test_a_parameter_changes_its_value():
    """activation('elu', alpha=0.5) holds alpha = 1/2 exactly; the catalogue keeps its own."""
    assert symdiff.activation("elu", alpha=0.5).parameters["alpha"] == sympy.Rational(1, 2)
    assert activations["elu"].parameters["alpha"] == 1


def test_a_formula_takes_parameters():
    """A user's formula may use parameters that come with their values."""
    swish = symdiff.activation("z*sigmoid(beta*z)", beta="0.1")

    assert {"beta": sympy.Rational(1, 10)} == swish.parameters


def test_the_identity_is_a_formula():
    """'z' is no unknown name but the identity, with derivative 1."""
    assert symdiff.activation("z").derivative() == 1


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: symdiff.activation("geluu"), "unknown activation 'geluu'; did you mean 'gelu'"),
        (lambda: symdiff.activation("swiglu_x"), "unknown activation 'swiglu_x'; "),
        (lambda: symdiff.activation("GELU"), "unknown activation 'GELU'; did you mean 'gelu'"),
        (lambda: symdiff.activation("LeakyReLU"), "did you mean 'leaky_relu'"),
        (lambda: symdiff.activation("linear"), "`symdiff list` shows all 130"),
        (
            lambda: symdiff.activation("softmax"),
            "unknown activation 'softmax'; `symdiff list` shows all 130",
        ),
        (lambda: symdiff.activation("huber"), "no activation; symdiff.losses['huber'] has it"),
        (lambda: symdiff.loss("hubr"), "unknown loss 'hubr'; did you mean 'huber'"),
        (lambda: symdiff.activation("gelu", alpha=1), "gelu has no parameter 'alpha'"),
        (lambda: symdiff.activation("elu", beta=1), "elu has no parameter 'beta'; it has 'alpha'"),
        (lambda: symdiff.activation("elu", alpha="x"), "'x' is not a number"),
        (lambda: symdiff.activation("elu", alpha="1/0"), "'1/0' is not a number"),
        (lambda: symdiff.activation("elu", alpha=float("inf")), "elu has no value at alpha = ∞"),
        (lambda: symdiff.activation("z*z", k=1), "has no parameter 'k'; leave it out"),
        (lambda: symdiff.activation("z**2", z=1), "'z' is the variable of"),
        (lambda: symdiff.activation("z*alpha"), "unknown symbol 'alpha'"),
        (lambda: symdiff.neuron("z*x", x=1), "uses the name 'x' twice"),
    ],
)
def test_what_is_unknown_is_refused_in_one_sentence(call, sentence):
    """An unknown name or parameter is a ValueError that says what there is."""
    with pytest.raises(ValueError, match=r"^[^\n]*$") as caught:
        call()

    assert sentence in str(caught.value)


@pytest.mark.parametrize("value", [1j, None, True, [1]], ids=repr)
def test_a_parameter_that_is_no_real_number_is_a_type_error(value):
    """A parameter is a real number, not a complex one, a truth value or a list."""
    with pytest.raises(TypeError, match="a parameter is a real number"):
        symdiff.activation("elu", alpha=value)


@pytest.mark.parametrize("source", [None, 3, [1], sympy.true, object], ids=repr)
def test_what_is_no_formula_is_a_type_error(source):
    """An activation is text, SymPy or a definition."""
    with pytest.raises(TypeError, match="a formula is text or a SymPy expression"):
        symdiff.activation(source)


def test_a_loss_is_found_too():
    """loss('bce') is the catalogue's own definition."""
    assert symdiff.loss("bce") is losses["bce"]


def test_the_catalogues_cannot_be_written():
    """The catalogues are read-only mappings."""
    with pytest.raises(TypeError):
        activations["mine"] = activations["relu"]
