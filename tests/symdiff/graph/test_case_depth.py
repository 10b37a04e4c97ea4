"""How deep cases may depend on each other in what is written out."""

import pytest
import sympy

from symdiff import adjoints
from symdiff.graph import Graph, array, elementwise, mean
from symdiff.graph.reading.case_depth import MAX_CASES, check_cases
from symdiff.trees.extent import TooLarge

X = sympy.Symbol("x", real=True)
CLIP = sympy.Lambda(X, sympy.Piecewise((X, X > 1), (X**3 - 1, True)))


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

    def test_a_graph_says_so_in_the_place_of_the_line(self):
        """Printed, its other lines stand; a notebook shows the repr."""
        x, y = self._chain(1)
        graph = Graph("f", (x,), {"y": mean(y), "L": mean(self._chain(MAX_CASES + 1)[-1])})
        written = str(graph).splitlines()

        assert len(written) == 2
        assert written[0].startswith("y = Σ")
        assert written[1].startswith("L is nested more than 2 deep in its cases; name values")
        assert graph._repr_latex_() is None
        assert adjoints(graph)._repr_latex_() is None
        with pytest.raises(TooLarge, match="nested more than 2 deep in its cases"):
            graph.latex()

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
