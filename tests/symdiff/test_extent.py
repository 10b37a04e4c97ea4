"""How large an expression is, and what is too large to be written out."""

import pytest
import sympy

from symdiff.extent import MAX_LENGTH, MAX_NESTING, Extents, TooLarge
from symdiff.graph import array, elementwise, mean
from symdiff.graph.case_depth import MAX_CASES, check_cases

X = sympy.Symbol("x", real=True)
CLIP = sympy.Lambda(X, sympy.Piecewise((X, X > 1), (X**3 - 1, True)))


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


class TestCases:
    def _chain(self, depth):
        nodes = [array("x", "n")]
        for _ in range(depth):
            nodes += [elementwise(CLIP, nodes[-1])]
        return nodes

    def test_cases_on_cases_have_a_limit(self):
        """SymPy folds conditions on values with cases by solving inequalities."""
        nodes = self._chain(MAX_CASES + 1)
        check_cases(mean(nodes[-2]))
        with pytest.raises(TooLarge, match="nested more than 2 deep in its cases"):
            check_cases(mean(nodes[-1]))

    def test_a_name_on_the_way_ends_them(self):
        """What has a name is not written out."""
        nodes = self._chain(2 * MAX_CASES)
        check_cases(nodes[-1], {nodes[MAX_CASES]})

    def test_cases_in_values_are_none_in_conditions(self):
        """{x if x > 0; {…} otherwise} is folded without solving anything."""
        node = array("x")
        for _ in range(20):
            node = elementwise(
                lambda a, b: sympy.Piecewise((b, b > 0), (a, True)), node, array("b")
            )
        check_cases(node)
