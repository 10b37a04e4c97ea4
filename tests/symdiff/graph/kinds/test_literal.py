"""Arrays of given numbers: exact, interned by contents, pickled with them."""

import pickle

import numpy as np
import pytest
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, elementwise, literal
from symdiff.graph.kinds.literal import Literal

X = array("x", "n m")
DRAW = np.random.default_rng(20240301)


def test_its_product_has_the_numbers_in_its_adjoint():
    """y = c x²: once and twice derived."""
    c = literal([1.5, 0.1, -2], ("m",))
    graph = Graph("g", (X,), {"y": elementwise(lambda a, c: a**2 * c, X, c)})

    check_twice(graph, {"x": DRAW.normal(size=(2, 3)), "v": DRAW.normal(size=(2, 3))})
    assert str(symdiff.adjoints(graph)).splitlines()[1] == "x̄ = 2 v ∘ x ∘ [3/2, 0.1, −2]"


def test_equal_contents_are_one_node():
    """Whatever array they came in; other numbers, types or axes are another."""
    one = literal(np.arange(3.0), ("n",))

    assert one is literal([0.0, 1.0, 2.0], ("n",))
    assert one is not literal([0, 1, 2], ("n",))
    assert one is not literal([0.0, 1.0, 3.0], ("n",))
    assert one is not literal([0.0, 1.0, 2.0], ("m",))
    assert pickle.loads(pickle.dumps(one)) is one  # noqa: S301 - our own


def test_the_caller_s_array_is_copied():
    """What is done to it afterwards is not seen."""
    values = np.zeros(2)
    node = literal(values, ("n",))
    values[0] = 1

    assert node.values.array.tolist() == [0, 0]
    assert not node.values.array.flags.writeable


def test_large_integers_stay_exact():
    """2⁵³ + 1, which no float64 holds, minus 2⁵³ is 1."""
    whole = literal([2**53 + 1], ("n",))
    graph = Graph(
        "g",
        (array("x", "n"),),
        {"y": elementwise(lambda a, c: a * (c - 2**53), array("x", "n"), whole)},
    )

    assert symdiff.adjoints(graph).enclose(x=np.zeros(1), v=np.ones(1))["x"].high.tolist() == [1.0]


def test_masks_of_minus_infinity_are_allowed():
    """e^(x − ∞) is 0, and so is its derivative."""
    x, mask = array("x", "n"), literal([0.0, -np.inf], ("n",))
    graph = Graph(
        "g", (x,), {"y": elementwise(lambda a, c: __import__("sympy").exp(a + c), x, mask)}
    )
    found = symdiff.adjoints(graph)

    assert found.lambdify()(x=np.zeros(2), v=np.ones(2))["x"].tolist() == [1, 0]
    assert found.enclose(x=np.zeros(2), v=np.ones(2))["x"].high.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("values", "axes", "error", "message"),
    [
        ([np.nan], ("n",), ValueError, "NaN among the values"),
        ([1.0, 2.0], (), ValueError, "one length for each of the axes"),
        (["a"], ("n",), TypeError, "float64 or integers"),
        ([1j], ("n",), TypeError, "float64 or integers"),
        (np.array([2**63], np.uint64), ("n",), ValueError, "2⁶³ or more"),
    ],
)
def test_what_is_no_array_of_exact_numbers_is_refused(values, axes, error, message):
    """In one sentence."""
    with pytest.raises(error, match=message):
        literal(values, axes)


def test_without_axes_it_is_a_constant():
    """One number is the number."""
    assert literal(2, ()).expr == 2
    assert not isinstance(literal(2, ()), Literal)
