"""How large an expression is, and what is too large to be written out."""

import pytest
import sympy

from symdiff.trees.extent import MAX_LENGTH, MAX_NESTING, Extents, TooLarge

X = sympy.Symbol("x", real=True)


@pytest.mark.parametrize(
    ("expression", "extent"),
    [(X, (1, 1)), (X + 1, (2, 3)), (sympy.sin(X + 1) * X, (4, 6)), (sympy.exp(X) + 2, (3, 4))],
    ids=str,
)
def test_levels_and_length_are_those_of_the_tree(expression, extent):
    """An atom is one level and one symbol."""
    assert Extents().of(expression) == extent


def test_a_part_that_occurs_twice_counts_twice():
    """As written out; the length of f(x, x) doubles at each level, and is found all the same."""
    extents, node = Extents(), X
    for _ in range(200):
        node = sympy.Function("f")(node, node)
        extents.of(node)

    assert extents.of(node) == (201, 2**201 - 1)


def test_what_is_nested_too_deep_is_refused():
    """One level more than there may be."""
    extents, node = Extents(), X
    for _ in range(MAX_NESTING - 1):
        node = sympy.Function("f")(node)

    assert extents.checked(node) is node
    with pytest.raises(TooLarge, match=f"nested more than {MAX_NESTING} deep"):
        extents.checked(sympy.Function("f")(node))


def test_what_is_too_long_is_refused():
    """A sum of more terms than can be read."""
    with pytest.raises(TooLarge, match="more than 5,000 operations long"):
        Extents().checked(sympy.Add(*sympy.symbols(f"x:{MAX_LENGTH}")))
