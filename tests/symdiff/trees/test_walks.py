"""Walks without recursion: values found on demand, parts in order."""

import pytest

from symdiff.trees.walks import on_demand


def test_a_chain_of_any_length_is_no_recursion():
    """Ten thousand values, each of which needs the one before."""
    assert on_demand(10_000, lambda n, value: value(n - 1) + 1 if n else 0, {}) == 10_000


def test_each_value_is_found_once():
    """Fibonacci's numbers: as many values as there are numbers."""
    found = {}

    assert on_demand(90, lambda n, value: value(n - 1) + value(n - 2) if n > 1 else n, found) == (
        2880067194370816120
    )
    assert len(found) == 91


def test_what_is_known_already_is_not_asked_for():
    """A value in `found` is taken as it is."""
    assert on_demand(2, lambda n, value: value(n - 1) * 2, {1: 21}) == 42


def test_an_error_of_the_rule_comes_through():
    """What `evaluate` raises is raised."""

    def evaluate(n, value):
        return value(n - 1) if n else 1 // n

    with pytest.raises(ZeroDivisionError):
        on_demand(3, evaluate, {})
