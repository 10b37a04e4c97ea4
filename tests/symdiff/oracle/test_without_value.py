"""Where a value on the way is none, or may be none, nothing that hangs on it is certified."""

import numpy as np
import pytest
import sympy
from sympy import Piecewise

from symdiff import adjoints
from symdiff.functions import expm1, log1p
from symdiff.graph import (
    Graph,
    array,
    cholesky,
    determinant,
    elementwise,
    gather,
    inverse,
    scatter,
    total,
)
from symdiff.graph.composed.sparsemax import sparsemax
from symdiff.graph.kinds.elementwise import constant
from symdiff.graph.kinds.stop import stop
from symdiff.graph.kinds.support import support, supported
from symdiff.oracle.enclosures.enclosure import Why

U, Z, M, N = array("u", "n"), array("z", "n"), array("m", "a b"), array("w", "a b")


def nothing(t):
    """0, which no precision tells from another number."""
    return expm1(log1p(t)) - t


MADE = {
    "1/0": lambda t: 1 / nothing(t),
    "log 0": lambda t: sympy.log(nothing(t)),
    "the root of less than 0": lambda t: sympy.sqrt(nothing(t) - sympy.Rational(1, 10**2000)),
}
BOUNDED = {
    "atan": sympy.atan,
    "sign": sympy.sign,
    "sin": sympy.sin,
    "erf": sympy.erf,
    "a mask": lambda t: Piecewise((1, t > 0), (2, True)),
    "two steps": lambda t: sympy.cos(sympy.atan(t)),
}


@pytest.mark.parametrize("outer", BOUNDED)
@pytest.mark.parametrize("inner", MADE)
def test_what_may_have_no_value_has_none_in_a_bounded_function(inner, outer):
    """u + atan(1/0): the 1/0 of a node before may be anything, and atan of it is a narrow ball."""
    y = elementwise(lambda u, a: u + BOUNDED[outer](a), U, elementwise(MADE[inner], Z))
    found = adjoints(Graph("f", (U, Z), {"y": y})).enclose(
        u=np.ones(2), z=np.array([0.5, 3.0]), v=np.ones(2)
    )

    for enclosure in found.values():
        assert not enclosure.certified.any()


FOLDED = {
    "a difference": lambda h: elementwise(lambda a, b: a - b, h, h),
    "a product": lambda h: elementwise(lambda a: 0 * a, h),
    "a product with a number's node": lambda h: elementwise(lambda a, b: a * b, h, constant(0)),
    "two equal cases": lambda h: elementwise(lambda a: Piecewise((0, a > 0), (0, True)), h),
}


@pytest.mark.parametrize("folded", FOLDED)
@pytest.mark.parametrize("lost", [True, False])
def test_what_sympy_folds_away_may_have_no_value(folded, lost):
    """Of u² + (h − h), h = log z of a line before, nothing is certified beside z < 0."""
    zero = FOLDED[folded](elementwise(sympy.log, Z))
    graph = Graph("f", (U, Z), {"L": total(elementwise(lambda u, a: u**2 + a, U, zero), ["n"])})
    found = adjoints(graph).enclose(u=np.array([1.0, 2.0]), z=np.array([3.0, -1.0 if lost else 1]))

    assert found["u"].certified.all() != lost
    assert lost or found["u"].value.tolist() == [2.0, 4.0]


def test_what_has_a_value_everywhere_is_folded_away():
    """So the adjoint of a line that a 0 is multiplied by is none, as before."""
    h = elementwise(sympy.exp, Z)
    graph = Graph(
        "f", (U, Z), {"h": h, "L": total(elementwise(lambda u, a: u + 0 * a, U, h), ["n"])}
    )

    assert "h" not in adjoints(graph).nodes


def test_a_case_that_is_not_taken_may_have_no_value():
    """1/0 beside a mask that does not take it leaves u's adjoint what it is."""
    a = elementwise(MADE["1/0"], Z)
    y = elementwise(lambda u, a, z: Piecewise((u, z > 0), (sympy.atan(a), True)), U, a, Z)
    found = adjoints(Graph("f", (U, Z), {"y": y})).enclose(
        u=np.ones(2), z=np.array([0.5, 3.0]), v=np.ones(2)
    )

    assert found["u"].certified.all()


def test_no_number_in_an_expression_is_no_value():
    """SymPy writes log(z − z) as an infinity without a sign, which sign() keeps to itself."""
    y = elementwise(lambda u, z: u + sympy.sign(sympy.log(z - z)), U, Z)
    found = adjoints(Graph("f", (U, Z), {"y": y})).enclose(u=np.ones(2), z=np.ones(2), v=np.ones(2))

    assert not found["u"].certified.any()


@pytest.mark.parametrize(
    ("made", "given"),
    [
        (inverse(M), [[1.0, 2.0], [2.0, 4.0]]),
        (cholesky(M), [[-1.0, 0.0], [0.0, 1.0]]),
        (cholesky(M), [[1.0, 1.0], [1.0, 1.0]]),
    ],
)
def test_a_matrix_without_inverse_or_factor_has_no_value_in_a_bounded_function(made, given):
    """w + sign(inv m), of a singular m: no entry of w has an adjoint, and has one of others."""
    y = elementwise(lambda w, a: w + sympy.sign(a), N, made)
    found = adjoints(Graph("f", (N, M), {"y": y}))
    ones = np.ones((2, 2))

    assert not found.enclose(m=np.array(given), w=ones, v=ones)["w"].certified.any()
    good = found.enclose(m=np.array([[2.0, 1.0], [1.0, 3.0]]), w=ones, v=ones)["w"]
    assert good.certified[0, 0]


def test_a_support_beside_what_is_no_number_is_none():
    """Of sparsemax of (1, log −1, 2): which entries are positive hangs on all of the row."""
    y = elementwise(lambda u, s: u * s, U, support(elementwise(sympy.log, Z), "n"))
    found = adjoints(Graph("f", (U, Z), {"y": y})).enclose(
        u=np.ones(3), z=np.array([1.0, -1.0, 2.0]), v=np.ones(3)
    )

    for enclosure in found.values():
        assert not enclosure.certified.any()
        assert (enclosure.why == Why.UNDEFINED).all()


def test_a_support_counts_what_may_be_larger():
    """0 beside two balls of radius ¾, which overlap it: together they may exceed it by 1.5."""
    flint = pytest.importorskip("flint")
    wide = flint.arb(0, 0.75)
    row = np.array([flint.arb(0), wide, wide], dtype=object)

    assert not supported(row, 0)[0].is_finite()
    with np.errstate(invalid="ignore"):
        masked = supported(np.array([0.0, 0.5, -np.inf, -np.inf]), 0)
    assert masked.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert np.isnan(supported(np.array([0.0, np.nan]), 0)).all()


@pytest.mark.parametrize(
    ("y", "there"),
    [
        (lambda u, a, b: u + a / b, [False, True, True]),
        (lambda u, a, b: u + sympy.log(a) - sympy.log(b), [False, True, False]),
        (lambda u, a, b: u * sympy.sqrt(a) / sympy.sqrt(b), [False, True, False]),
    ],
)
def test_operands_that_are_one_keep_what_restricts_them(y, there):
    """x/x is 1, and has no value at 0, as log x − log x has none at −1."""
    found = adjoints(Graph("f", (U, Z), {"y": elementwise(y, U, Z, Z)})).enclose(
        u=np.ones(3), z=np.array([0.0, 2.0, -1.0]), v=np.ones(3)
    )

    assert found["u"].certified.tolist() == there
    assert found["z"].certified.tolist() == there


def test_matrices_of_balls_and_of_zeros_that_are_absent_are_balls():
    """Entries that a mask or a table leaves empty came to mpmath among balls, and raised."""
    x, table = array("x", "n"), np.array([2, 2, 3, 2])
    put = scatter(elementwise(lambda a: a / 3, x), table, ("n",), (4,))
    square = gather(put, np.arange(4).reshape(2, 2), ("a", "b"), (4,))
    for made in (inverse(square), cholesky(square), determinant(square)):
        y = elementwise(lambda x, a: x + sympy.atan(a), x, total(made, made.axes))
        found = adjoints(Graph("f", (x,), {"y": y})).enclose(x=np.ones(4), v=np.ones(4))

        assert found["x"].certified.all() == (made is determinant(square))


def test_a_stop_divided_by_what_it_stops_has_no_value_at_0():
    """Both are one number to the program, which is 1, and 0/0 at 0."""
    y = elementwise(lambda u, a, b: u + sympy.atan(a / b), U, stop(Z, "detach()"), Z)
    found = adjoints(Graph("f", (U, Z), {"y": y})).enclose(
        u=np.ones(2), z=np.array([0.0, 2.0]), v=np.ones(2)
    )

    assert found["u"].certified.tolist() == [False, True]
    assert found["z"].certified.tolist() == [False, True]
    assert found["z"].high[1] == -0.25


def test_a_support_that_is_not_decided_is_not_undefined():
    """sparsemax of (2, 1): where one exceeds the other by 1 it has a value, and a kink."""
    y = sparsemax(Z, "n")
    found = adjoints(Graph("f", (Z,), {"y": y})).enclose(z=np.array([2.0, 1.0, 0.0]), v=np.ones(3))

    assert not found["z"].certified.any()
    assert (found["z"].why != Why.UNDEFINED).all()


COMPARING = {
    "its larger part": sympy.Max,
    "its size": lambda q, _: sympy.Abs(q),
    "its sign": lambda q, u: sympy.sign(q) + u,
    "a mask": lambda q, u: Piecewise((u, q > 0), (2, True)),
    "a mask of two": lambda q, u: Piecewise((u, q > u), (u**2, True)),
}


@pytest.mark.parametrize("name", COMPARING)
def test_what_is_compared_with_a_constant_that_is_no_number_has_no_value(name):
    """1/(u − u) is SymPy's complex infinity, which it compares with nothing."""
    q = elementwise(lambda a, b: 1 / (a - b), U, U)
    y = elementwise(lambda r, u: r + u, elementwise(COMPARING[name], q, U), U)
    found = adjoints(Graph("f", (U,), {"y": y})).enclose(u=np.ones(2), v=np.ones(2))

    assert not found["u"].certified.any()


BY_A_CONSTANT = {
    "0/u": (lambda a, u: a / u, [False, True, True]),
    "0 log u": (lambda a, u: a * sympy.log(u), [False, False, True]),
    "0 log (u log u)": (lambda a, u: a * sympy.log(u * sympy.log(u)), [False, False, True]),
    "0 log (u log 3)": (lambda a, u: a * sympy.log(u * sympy.log(3 + a)), [False, False, True]),
}


@pytest.mark.parametrize("name", BY_A_CONSTANT)
def test_what_a_constant_folds_away_keeps_its_domain(name):
    """0/u is 0 to SymPy, and has no value at 0: nothing beside it is certified there."""
    function, certified = BY_A_CONSTANT[name]
    y = elementwise(lambda q, w: q + w, elementwise(function, constant(0), U), U)
    found = adjoints(Graph("f", (U,), {"y": y})).enclose(u=np.array([0, -1, 2.0]), v=np.ones(3))

    assert found["u"].certified.tolist() == certified
    assert found["u"].high[2] == 1
