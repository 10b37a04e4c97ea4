"""The page on cost is what its data say, and what it says holds when it is measured anew."""

from pathlib import Path

import pytest

import comparisons
from tools import cost_by_width, costs

DOCS = Path(__file__).parents[2] / "docs"
KNOWN = costs.read(DOCS / "cost.json")


def test_the_page_and_its_plot_are_those_of_the_data():
    """Nobody edited them."""
    assert (DOCS / "cost.md").read_text(encoding="utf-8") == costs.page(KNOWN)
    assert (DOCS / "cost.svg").read_text(encoding="utf-8") == costs.plot(KNOWN.by_depth)


def test_the_data_are_of_every_method_from_one_value_to_ten_million_and_to_128_layers():
    """But for those that say how deep they are tried."""
    by_size, by_depth = KNOWN.by_size, KNOWN.by_depth
    methods = {costs.SYMPY, costs.BOUNDED, costs.PLAIN, costs.REVERSE, costs.FORWARD}
    methods |= {costs.COMPILED, costs.JAX}

    assert [*by_size.sizes] == [10**k for k in range(8)]
    for method in methods:
        assert [*by_size.line(method).nanoseconds] == [*by_size.sizes]
    for method in methods - {costs.SYMPY, costs.COMPILED}:
        assert by_depth.line(method, 128).nanoseconds
    assert {key.partition(",")[0] for key in by_depth.absent} == {"sympy diff", "torch compiled"}


def test_the_data_of_narrow_rows_are_of_sympy_beside_the_others():
    """As far as SymPy gets, its derivative swells many times as much as the shared adjoints."""
    for one in KNOWN.by_width:
        theirs, ours = (
            {line.width: line for line in one.by_width if line.method == method}
            for method in (cost_by_width.SYMPY, costs.BOUNDED)
        )
        first, last = min(theirs), max(theirs)
        swell, grown = (of[last].operations / of[first].operations for of in (theirs, ours))

        assert swell > 5 * grown, one.function
        for line in (*theirs.values(), *ours.values()):
            assert line.nanoseconds[costs.SIZE] > 0
            assert line.bytes > 0
            assert line.ulp is not None


def claims(by_size, by_depth, depth, size):
    """What the page says of no machine in particular: ratios, with room for one under load."""

    def ratio(method, other, at=1):
        found = by_size if at == 1 else by_depth
        a, b = (found.line(m, at).nanoseconds[size] for m in (method, other))
        return a / b

    assert ratio(costs.PLAIN, costs.REVERSE) > 1.5
    assert ratio(costs.PLAIN, costs.REVERSE, depth) > 1.5
    assert 0.3 < ratio(costs.BOUNDED, costs.REVERSE) < 30
    swell, grown = (
        by_depth.line(m, depth).operations / by_depth.line(m).operations
        for m in (costs.SYMPY, costs.BOUNDED)
    )
    assert swell > 2 * grown
    assert grown < 12 * depth
    for line in by_depth.lines:
        if line.ulp is not None:
            assert line.ulp < 100 * line.depth, line


def test_the_claims_hold_in_the_data():
    """Of one run."""
    by_size, by_depth = KNOWN.by_size, KNOWN.by_depth
    claims(by_size, by_depth, 8, costs.SIZE)


@pytest.mark.slow
def test_the_claims_hold_when_they_are_measured_anew():
    """As ratios of another run."""
    found = comparisons.cost("gelu", depths=(1, 4), sizes=(costs.SIZE,))
    claims(found, found, 4, costs.SIZE)
