"""What a function of a graph takes, and the sentence that each wrong input gets."""

import numpy as np
import pytest
from sympy import Rational

from symdiff.graph.signature import Signature

NEURON = Signature("neuron(elu)", {"w": (), "x": ()}, {"alpha": Rational(1, 2)})
LAYER = Signature("layer", {"w": ("n", "m"), "x": ("n",), "s": ()}, {})


def test_it_reads_as_a_call():
    """The signature names its inputs and parameters."""
    assert str(NEURON) == "neuron(elu)(w, x, alpha)"


def test_scalars_alone_are_pointwise():
    """Without axes, arrays mean many problems at once."""
    assert NEURON.pointwise
    assert not LAYER.pointwise


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.uint8, np.float64])
def test_real_numbers_of_any_type_become_float64(dtype):
    """Integers and floats are taken as float64."""
    arrays, _, _ = NEURON.bind({"w": np.ones(3, dtype), "x": 2})

    assert arrays["w"].dtype == np.float64
    assert arrays["x"] == 2.0


def test_defaults_stand_for_parameters():
    """A parameter that is not given keeps its value; one that is given is exact."""
    assert NEURON.bind({"w": 1, "x": 1})[1] == {"alpha": Rational(1, 2)}
    assert NEURON.bind({"w": 1, "x": 1, "alpha": 0.25})[1] == {"alpha": Rational(1, 4)}


def test_lengths_are_read_off_the_arrays():
    """Each axis has the length that the arrays show."""
    given = {"w": np.ones((2, 3)), "x": np.ones(2), "s": 1}

    assert LAYER.bind(given)[2] == {"n": 2, "m": 3}


@pytest.mark.parametrize(
    ("signature", "given", "kind", "sentence"),
    [
        (NEURON, {"w": 1}, TypeError, "neuron(elu) needs x; pass each by keyword"),
        (NEURON, {}, TypeError, "neuron(elu) needs w, x"),
        (NEURON, {"w": 1, "x": 1, "q": 1}, TypeError, "has no input 'q'; it takes neuron(elu)(w,"),
        (NEURON, {"w": 1j, "x": 1}, TypeError, "w has type complex128; real numbers are expected"),
        (NEURON, {"w": "a", "x": 1}, TypeError, "w has type <U1; real numbers are expected"),
        (NEURON, {"w": True, "x": 1}, TypeError, "w has type bool"),
        (NEURON, {"w": None, "x": 1}, TypeError, "w has type object"),
        (NEURON, {"w": [1, 2], "x": [1, 2, 3]}, ValueError, "broadcast together: w (2,), x (3,)"),
        (NEURON, {"w": 1, "x": 1, "alpha": np.inf}, ValueError, "a parameter must be finite"),
        (NEURON, {"w": 1, "x": 1, "alpha": "no"}, ValueError, "'no' is not a number"),
        (
            LAYER,
            {"w": np.ones(2), "x": np.ones(2), "s": 1},
            ValueError,
            "w has shape (2,); layer expects the axes (n, m)",
        ),
        (
            LAYER,
            {"w": np.ones((2, 3)), "x": np.ones(4), "s": 1},
            ValueError,
            "x has shape (4,), so n = 4, but w has n = 2; the lengths must agree",
        ),
        (
            LAYER,
            {"w": np.ones((2, 3)), "x": np.ones(2), "s": np.ones(3)},
            ValueError,
            "s has shape (3,); layer expects a single number",
        ),
    ],
)
def test_a_wrong_input_gets_a_sentence(signature, given, kind, sentence):
    """The error names the input, what it is and what was expected, in one line."""
    with pytest.raises(kind, match=r"^[^\n]*$") as caught:
        signature.bind(given)

    assert sentence in str(caught.value)
