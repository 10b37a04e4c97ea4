"""Every message to a user of symdiff that no other test reads: what was given, what to do."""

import numpy as np
import pytest
import sympy
from sentences import says

import symdiff
from symdiff.graph import (
    Graph,
    array,
    contraction,
    determinant,
    elementwise,
    gather,
    inverse,
    literal,
    mean,
    product,
    total,
)
from symdiff.rounding import Precision, rounding_errors
from symdiff.trees.extent import TooLarge

X, A, V = array("x", "n c"), array("a", "n"), array("v", "")
Z, W = sympy.Symbol("z", real=True), sympy.Symbol("w", real=True)
XOR = sympy.Piecewise((Z, sympy.Xor(Z > 0, Z > 1)), (0, True))


def function(graph_output, *inputs):
    """The adjoints of a graph with one line as a function."""
    return symdiff.adjoints(Graph("g", inputs, {"y": graph_output})).lambdify()


def gathered(places):
    """The sum of squares of some entries of A."""
    return total(elementwise(lambda q: q**2, gather(A, places, ("m",), (4,))), ("m",))


MESSAGES = {
    "an axis of a layer": (
        lambda: symdiff.layers["softmax"](axes="n c", over="k"),
        ValueError,
        "there is no axis 'k' among 'n c'; name one of them",
    ),
    "an axis of a product": (
        lambda: product(X, "k"),
        ValueError,
        "there is no axis 'k' to multiply along; (n c)",
    ),
    "no matrix to invert": (
        lambda: inverse(A),
        ValueError,
        "an inverse goes over the last two axes, which are one length; an array over (n) was given",
    ),
    "no matrix for a determinant": (
        lambda: determinant(A),
        ValueError,
        "a determinant goes over the last two axes, which are one length; an array over (n) was",
    ),
    "a table that does not fit": (
        lambda: gather(X, [0, 1], ("m",), (4,)),
        ValueError,
        "a table of shape (2,) over (m) and lengths (4,) over (n, c) do not fit; give",
    ),
    "two lengths of an axis": (
        lambda: Graph("g", (A,), {"y": gathered([0, 1]), "u": gathered([0, 1, 2])}),
        ValueError,
        "has length 2 and, in <Gather from (n = 4) to (m = 3) over (m)>, length 3; give each",
    ),
    "a mean over an axis that is not there": (
        lambda: mean(A, "k"),
        ValueError,
        "the mean over (k) of a value with axes (n); name each axis that it has, and is to lose",
    ),
    "a mean twice over one axis": (
        lambda: mean(A, ("n", "n")),
        ValueError,
        "the mean over (n, n) of a value with axes (n); name each axis that it has",
    ),
    "too few axes": (
        lambda: function(contraction((X,), ()), X)(x=np.ones(3)),
        ValueError,
        "x has shape (3,); g expects the axes (n, c)",
    ),
    "an array for a number": (
        lambda: function(contraction((A, V), ()), A, V)(a=np.ones(3), v=np.ones(3)),
        ValueError,
        "v has shape (3,); g expects a single number",
    ),
    "a symbol without a value": (
        lambda: function(elementwise(lambda q: q * W, V), V)(v=1.0),
        ValueError,
        (
            "nothing gives 'w' a value: make it an input or a parameter, or, if it is the length "
            "of an axis, state it with the graph: lengths={'w': …}"
        ),
    ),
    "a condition in balls": (
        lambda: symdiff.adjoints(symdiff.pointwise(symdiff.activation(XOR))).enclose(z=0.5),
        ValueError,
        (
            "the condition '(z > 0) ^ (z > 1)' is not understood; write it with comparisons, "
            "'and', 'or', 'not'"
        ),
    ),
    "a condition at infinity": (
        lambda: symdiff.adjoints(symdiff.pointwise(symdiff.activation(XOR))).enclose(z=np.inf),
        ValueError,
        "the condition '(z > 0) ^ (z > 1)' is not understood; write it with comparisons, 'and', ",
    ),
    "a condition in float64": (
        lambda: symdiff.adjoints(symdiff.pointwise(symdiff.activation(XOR))).lambdify()(z=0.5),
        TypeError,
        (
            "there is no float64 arithmetic for 'Xor' in '(v1 > 0) ^ (v1 > 1)'; write it with the "
            "functions that symdiff knows"
        ),
    ),
    "a symbolic function in numpy": (
        lambda: symdiff.adjoints(symdiff.neuron()).lambdify("numpy"),
        TypeError,
        "f was left symbolic and has no value; give it a formula",
    ),
    "a symbolic function in torch": (
        lambda: symdiff.adjoints(symdiff.neuron()).lambdify("torch"),
        TypeError,
        "f was left symbolic and has no value; give it a formula",
    ),
    "another arithmetic": (
        lambda: symdiff.adjoints(symdiff.neuron("gelu")).lambdify("jax"),
        ValueError,
        "unknown arithmetic 'jax'; choose 'numpy', 'mpmath' or 'torch'",
    ),
    "no real value": (
        lambda: symdiff.activation("0*sqrt(-1-z**2)"),
        ValueError,
        "the formula has a part that has no real value anywhere; write one that has",
    ),
    "a power that cancels": (
        lambda: symdiff.activation("0*z**z + z"),
        ValueError,
        (
            "the formula cancels 'z**z', and where that has a value depends on its exponent; write "
            "the power once"
        ),
    ),
    "an integer beyond": (
        lambda: literal(np.array([2**63], dtype=np.uint64), ("n",)),
        ValueError,
        "an integer among the values is 2⁶³ or more; pass floats",
    ),
    "a closed form of places": (
        lambda: symdiff.adjoints(Graph("g", (A,), {"y": gathered([2, 0, 3])}))["a"],
        TooLarge,
        (
            "the closed form of ā is as long as a table of places; read .lines, or compute it with "
            ".lambdify() or .enclose()"
        ),
    ),
    "a unit roundoff": (
        lambda: Precision(2.0, 1e-300),
        ValueError,
        "a unit roundoff is between 0 and 1, such as 2**-53, float64's; 2.0 was given",
    ),
    "the rounding of points": (
        lambda: rounding_errors(symdiff.adjoints(symdiff.neuron("gelu")), {}, Precision(0.5, 0.1)),
        ValueError,
        "is pointwise; the rounding of arrays goes by whole graphs",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_it_says_what_was_given_and_what_to_do(case):
    """In one sentence, word by word."""
    assert says(*MESSAGES[case])
