"""An array by other names of its axes."""

import numpy as np
import pytest
import sympy
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, broadcast, contraction, elementwise, renamed

X, V = array("x", "n m"), array("x", "n")
DRAW = np.random.default_rng(20240302)


def test_its_adjoint_has_the_old_names():
    """Once and twice derived."""
    graph = Graph("g", (X,), {"y": renamed(elementwise(lambda a: a**3, X), ("k", "l"))})

    check_twice(graph, {"x": DRAW.normal(size=(2, 3)), "v": DRAW.normal(size=(2, 3))})
    assert str(symdiff.adjoints(graph)).splitlines()[1] == "x̄ = 3 v ∘ x²"


def test_a_gram_matrix_needs_two_names_of_one_axis():
    """X Xᵀ, summed with weights that differ: x̄ is the numerical derivative."""
    gram = contraction((X, renamed(X, ("k", "m"))), ("n", "k"))
    graph = Graph("g", (X,), {"y": elementwise(sympy.sin, gram)})

    check_twice(graph, {"x": DRAW.normal(size=(2, 3)), "v": DRAW.normal(size=(2, 2))})


def test_names_are_taken_back():
    """Renaming twice is once, and to the first names it is nothing."""
    once = renamed(X, ("k", "l"))

    assert renamed(once, ("p", "q")) is renamed(X, ("p", "q"))
    assert renamed(once, ("n", "m")) is X


def test_a_repeat_is_renamed_as_what_it_repeats():
    """x over n, repeated along m, by other names: written with the axes that it varies along."""
    x, w = array("x", "n"), array("w", "k l")
    repeat = renamed(broadcast(x, ("n", "m")), ("k", "l"))
    graph = Graph("g", (x, w), {"y": contraction((repeat, w), ("l",))}, lengths={"m": 2})

    assert str(symdiff.adjoints(graph)) == "ȳ = v\nx̄ = Σ_l v ∘ w\nw̄ = x vᵀ"


@pytest.mark.parametrize("axes", [("k",), ("k", "k"), ("k", "l", "m")])
def test_each_axis_gets_one_name(axes):
    """Fewer, more or equal ones are refused."""
    with pytest.raises(ValueError, match="give each a name of its own"):
        renamed(X, axes)


def test_beside_itself_it_is_another_array():
    """xᵢ (xₖ + 1) is no square, though both are computed from one array."""
    beside = elementwise(lambda a, b: a * (b + 1), V, renamed(V, ("k",)))
    graph = Graph("g", (V,), {"y": beside})
    turned = elementwise(lambda a, b: a - b**2, X, renamed(X, ("m", "n")))

    check_twice(graph, {"x": DRAW.normal(size=3), "v": DRAW.normal(size=(3, 3))})
    check_twice(
        Graph("g", (X,), {"y": turned}),
        {"x": DRAW.normal(size=(2, 2)), "v": DRAW.normal(size=(2, 2))},
    )
