"""Entries taken by a table and put there: each the other's adjoint."""

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numerical import check_twice

import symdiff
from symdiff.graph import Graph, array, elementwise, gather, scatter
from symdiff.graph.arrays.box import box
from symdiff.graph.reading.closed_form import closed_form

X = array("x", "n m")
CUBE = elementwise(lambda a: a**3, X)
DRAW = np.random.default_rng(20240303)
GIVEN = DRAW.normal(size=(2, 3))


@pytest.mark.parametrize(
    ("node", "shape"),
    [
        (gather(CUBE, [[0, 1], [3, 4]], ("k", "l"), (2, 3)), (2, 2)),
        (gather(CUBE, [0, 1, 1, -1, 4], ("k",), (2, 3)), (5,)),
        (gather(CUBE, 4, (), (2, 3)), ()),
        (scatter(CUBE, [[0, 1, 1], [-1, 2, 5]], ("k",), (7,)), (7,)),
    ],
    ids=["box", "repeats and gaps", "one", "scatter"],
)
def test_adjoints_are_the_numerical_derivatives(node, shape):
    """Once and twice derived, with repeats and with no place."""
    values = {"x": GIVEN} if shape == () else {"x": GIVEN, "v": DRAW.normal(size=shape)}

    check_twice(Graph("g", (X,), {"y": node}), values)


def test_a_box_is_written_as_python_slices():
    """And its transpose as what is put into it."""
    graph = Graph("g", (X,), {"y": gather(X, [[1, 2], [4, 5]], ("k", "l"), (2, 3))})
    found = symdiff.adjoints(graph)

    assert str(found) == "ȳ = v\nx̄ = into[:, 1:](v)"
    assert symdiff.text(symdiff.graph.graph.equations(graph)["y"]) == "x[:, 1:]"
    assert symdiff.latex(symdiff.graph.graph.equations(graph)["y"]) == "x[:, 1:]"
    assert symdiff.text(closed_form(graph.output)) == "x[i, j + 1]"


def test_two_tables_are_two_names():
    """What takes other entries does not cancel in print."""
    one, two = (gather(X, t, ("k",), (2, 3)) for t in ([0, 4], [4, 0]))
    graph = Graph("g", (X,), {"y": elementwise(lambda a, b: a - b, one, two)})

    assert "gather" in symdiff.text(symdiff.graph.graph.equations(graph)["y"])


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_box_is_what_slicing_takes(data):
    """Any slices of any array of up to three axes: found, and written as they select."""
    shape = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    places = np.arange(np.prod(shape)).reshape(shape)
    index = tuple(
        data.draw(
            st.one_of(
                st.integers(0, n - 1),
                st.slices(n).filter(lambda s, n=n: len(range(*s.indices(n))) > 0),
            )
        )
        for n in shape
    )
    table = places[index]
    found = box(np.asarray(table), shape)
    written = eval(f"places[{found.written(shape)}]", {"places": places})  # noqa: S307 - our own

    assert np.ravel(written).tolist() == np.ravel(table).tolist()


@pytest.mark.parametrize("table", [[[0, 3], [1, 4]], [0, 1, 3], [0, -1], [[0, 0]], []])
def test_what_is_no_slice_is_no_box(table):
    """Turned, uneven, with gaps, with repeats, empty."""
    assert box(np.array(table, dtype=np.int64), (2, 3)) is None


@pytest.mark.parametrize(
    ("table", "axes", "shape", "message"),
    [
        ([6], ("k",), (2, 3), "from 0 to 5"),
        ([-2], ("k",), (2, 3), "or −1 for none"),
        ([0.5], ("k",), (2, 3), "integers are expected"),
        ([0], ("k", "l"), (2, 3), "do not fit"),
        ([0], ("k",), (6,), "do not fit"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(table, axes, shape, message):
    """In one sentence, when it is built."""
    with pytest.raises(ValueError, match=message):
        gather(X, table, axes, shape)


def test_an_input_of_another_length_is_refused():
    """A table is for one length."""
    f = symdiff.adjoints(Graph("g", (X,), {"y": gather(X, [0], ("k",), (2, 3))})).lambdify()
    with pytest.raises(ValueError, match=r"n = 4, but g has n = 2"):
        f(x=np.zeros((4, 3)), v=np.zeros(1))


def test_it_is_pickled_with_its_table():
    """It comes back as the very same node."""
    node = gather(X, [0, 5], ("k",), (2, 3))

    assert pickle.loads(pickle.dumps(node)) is node  # noqa: S301 - our own


def test_what_is_empty_stays_empty():
    """No entries taken: x̄ is 0."""
    graph = Graph("g", (X,), {"y": gather(X, np.zeros(0, int), ("k",), (2, 3))})
    found = symdiff.adjoints(graph)

    assert not found.lambdify()(x=GIVEN, v=np.zeros(0))["x"].any()
    assert found.enclose(x=GIVEN, v=np.zeros(0))["x"].bound.max() == 0


def test_of_a_scalar_to_a_scalar_it_is_the_scalar():
    """An array of scalars is many problems, of which none is an entry of another."""
    x = array("x")

    assert gather(x, 0, (), ()) is scatter(x, 0, (), ()) is x
    assert gather(x, -1, (), ()).expr == 0
