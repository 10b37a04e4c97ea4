"""Nodes as a flat list."""

import pickle

import pytest

import symdiff
from symdiff.graph import array, elementwise, topological
from symdiff.graph.flat import flat


@pytest.mark.parametrize("name", symdiff.layers)
def test_the_nodes_come_back_as_they_are(name):
    """Rules and the nodes that compute them come along; equal nodes are the same object."""
    found = symdiff.adjoints(symdiff.layers[name]())
    nodes = tuple(found.nodes.values())

    assert flat(nodes).nodes() == nodes


def test_what_nobody_holds_any_more_is_built_again():
    """From pickled bytes, in the same structure."""
    node = elementwise(lambda a, b: a * b + 7919, *map(array, ("flat_a", "flat_b")))
    shown = [repr(n) for n in topological([node])]
    data = pickle.dumps(node)
    del node

    assert [repr(n) for n in topological([pickle.loads(data)])] == shown  # noqa: S301 - our own bytes


def test_operands_come_before_users():
    """So the list is read once, from the front."""
    for place, record in enumerate(flat([symdiff.linear_layer().output]).records):
        assert all(operand < place for operand in record.operands)


def test_the_length_is_that_of_the_graph():
    """Each node once, however often it is used."""
    node = array("x")
    for _ in range(64):
        node = elementwise(lambda a, b: a + b, elementwise(lambda a: a**2, node), node)

    assert len(flat([node]).records) == 129
