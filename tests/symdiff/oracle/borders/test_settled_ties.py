"""Entries of arrays at ties: certified by proof, or where a convention lies between both sides."""

import numpy as np
import pytest
import sympy
from flint import arb_series
from sympy import Abs, Piecewise

from symdiff import adjoints
from symdiff.functions import maximum, minimum
from symdiff.graph import Graph, array, contraction, einsum, elementwise
from symdiff.graph.kinds.gather import gather
from symdiff.graph.kinds.largest import largest
from symdiff.graph.kinds.stop import stop
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.neighbourhood.one_sided import UNKNOWN
from symdiff.oracle.programs.absent import ABSENT

X, W = array("x", "n"), array("w", "n m")
Z = sympy.Symbol("z", real=True)
MANY = np.arange(-400, 400) / 512

# f, f′(0): f is smooth there, and what the conventions say along the chain is another number
SMOOTH = {
    "min(x, |x|)": (lambda x: minimum(x, Abs(x)), 1),
    "max(x, −|x|)": (lambda x: maximum(x, -Abs(x)), 1),
    "relu(x) − relu(−x)": (lambda x: maximum(x, 0) - maximum(-x, 0), 1),
    "x where x² > 0": (lambda x: Piecewise((x, x**2 > 0), (5 * x, True)), 1),
    "x where |x| > 0": (lambda x: Piecewise((x, Abs(x) > 0), (5 * x, True)), 1),
    "|x| sign(x)": (lambda x: Abs(x) * sympy.sign(x), 1),
    "|x| x": (lambda x: Abs(x) * x, 0),
    "|sin x| sign(x)": (lambda x: Abs(sympy.sin(x)) * sympy.sign(x), 1),
}
# f, f′(0−), f′(0+): the convention says what lies between
KINKED = {
    "relu": (lambda x: maximum(x, 0), 0, 1),
    "|x|": (Abs, -1, 1),
    "leaky": (lambda x: Piecewise((x, x > 0), (x / 8, True)), 1 / 8, 1),
    "clip": (lambda x: maximum(minimum(x, 0), -1), 0, 1),
    "e^|x|": (lambda x: sympy.exp(Abs(x)), -1, 1),
}
# f of z jumps at 0, and has the same slope on both sides
JUMPING = {
    "e^x where x ≠ 0": Piecewise((sympy.exp(Z), sympy.Ne(Z, 0)), (0, True)),
    "5 at 0": Piecewise((5, sympy.Eq(Z, 0)), (Z, True)),
    "|x|, 5 at 0": Piecewise((5, sympy.Eq(Z, 0)), (Abs(Z), True)),
    "e^x where x ≥ 0": Piecewise((sympy.exp(Z), Z >= 0), (0, True)),
}
# f with its limit at 0, where the formula of f is 0/0; f′(0)
REMOVABLE = {
    "(e^x − 1)/x": (lambda x: (sympy.exp(x) - 1) / x, 1, 1 / 2),
    "sin(x)/x": (lambda x: sympy.sin(x) / x, 1, 0),
    "(1 − cos x)/x": (lambda x: (1 - sympy.cos(x)) / x, 0, 1 / 2),
    "x/(e^x − 1)": (lambda x: x / (sympy.exp(x) - 1), 1, -1 / 2),
}


def _gradient(f, at, *, summed, target="float64"):
    y = elementwise(f, X)
    if summed:
        return adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
            x=at, target=target
        )["x"]
    found = adjoints(Graph("f", (X,), {"y": y}))
    return found.enclose(x=at, v=np.ones(len(at)), target=target)["x"]


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("name", SMOOTH)
def test_a_smooth_function_has_its_derivative_at_a_tie(name, summed):
    """Whatever the conventions of its parts say; or it is not certified."""
    f, slope = SMOOTH[name]
    found = _gradient(f, np.array([0.0, 0.5]), summed=summed)

    assert found.certified.all()
    assert found.high[0] == slope


@pytest.mark.parametrize("name", SMOOTH)
def test_it_has_among_many_that_float_balls_decide(name):
    """A thousand entries to be known to float32."""
    f, slope = SMOOTH[name]
    found = _gradient(f, MANY, summed=True, target="float32")

    assert found.certified.all()
    assert found.high[MANY == 0] == slope


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("name", KINKED)
def test_at_a_kink_the_convention_stands(name, many):
    """Between the slopes on both sides."""
    f, left, right = KINKED[name]
    at = MANY / 2 if many else np.array([0.0, 0.5])
    found = _gradient(f, at, summed=False, target="float32" if many else "float64")

    assert found.certified.all()
    assert left <= found.high[at == 0] <= right


def test_what_is_outside_of_both_sides_is_not_certified():
    """5 at 0, where |x| has −1 and 1 beside: no derivative by any account. The bound holds both."""
    found = _gradient(
        lambda x: Piecewise((Abs(x), x**2 > 0), (5 * x, True)), np.array([0.0, 0.5]), summed=False
    )

    assert found.why.tolist() == [Why.TIED, Why.CERTIFIED]
    low, high = found.ends()
    assert low[0] <= -1
    assert high[0] >= 1


def test_a_kink_between_units_is_known_by_its_sides():
    """Σ relu(x W) at 0: moved by itself each entry has two slopes, and 0 is not between all."""
    h = elementwise(lambda z: maximum(z, 0), einsum("n, n m -> m", X, W))
    found = adjoints(Graph("h", (X, W), {"h": h, "L": einsum("m ->", h)})).enclose(
        x=np.zeros(3), w=np.array([[1.0, 2.0], [-3.0, 0.5], [0.0, 0.0]])
    )

    assert found["w"].certified.all()
    assert found["x"].certified.all()  # 0 lies in [0, 3], in [−3, ½], and is 0
    weighed = einsum("m, m ->", h, array("c", "m"))
    found = adjoints(Graph("h", (X, W, array("c", "m")), {"h": h, "L": weighed})).enclose(
        x=np.zeros(1), w=np.array([[1.0, -1.0]]), c=np.array([3.0, -2.0])
    )
    assert found["x"].why == [Why.TIED]  # 3 on the right, 2 on the left


def test_of_a_maximum_a_share_is_between():
    """Each of the largest, and of those that are not 0."""
    y = contraction((largest(X, "n", "even"), X), ())
    found = adjoints(Graph("max", (X,), {"y": y})).enclose(x=np.array([1.0, 2.0, 2.0]))["x"]

    assert found.certified.all()
    assert found.high.tolist() == [0.0, 0.5, 0.5]


def test_a_condition_that_is_made_of_infinity_is_not_certified():
    """1/x > 0 for every large x, and 1/∞ is 0."""
    found = _gradient(
        lambda x: Piecewise((x, 1 / x > 0), (2 * x, True)), np.array([np.inf, 1.0]), summed=False
    )
    assert found.certified.tolist() == [False, True]
    far = np.full(999, -np.inf)
    found = _gradient(
        lambda x: Piecewise((x, sympy.exp(x) > 0), (5 * x, True)),
        far,
        summed=False,
        target="float32",
    )
    assert not (found.certified & (found.high != 1)).any()


def test_zero_to_the_power_of_zero_is_no_limit():
    """(e^−x)^(1/x) is 1/e for every x, also at ∞."""
    e, r = elementwise(lambda x: sympy.exp(-x), X), elementwise(lambda x: 1 / x, X)
    y = elementwise(lambda a, b: a**b, e, r)
    c = array("c", "n")
    found = adjoints(Graph("f", (X, c), {"e": e, "r": r, "y": y, "L": einsum("n, n ->", y, c)}))
    value = found.enclose(x=np.array([np.inf]), c=np.ones(1))["c"]

    assert not value.certified.any()


def test_what_is_absent_adds_nothing_to_a_series():
    """On one side of a tie sums are of series: of max(x) Σ |x| where one x is 0."""
    series = arb_series([1, 2])

    assert [str(series)] * 2 == [str(ABSENT + series), str(series + ABSENT)]
    assert ABSENT + UNKNOWN is UNKNOWN
    assert UNKNOWN + ABSENT is UNKNOWN
    assert sum([ABSENT, ABSENT]) is ABSENT


@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("name", JUMPING)
def test_where_the_function_jumps_there_is_no_derivative(name, summed):
    """Whatever its slopes on both sides are."""
    found = _gradient(lambda x: JUMPING[name].subs(Z, x), np.array([0.0, 0.5]), summed=summed)

    assert found.certified.tolist() == [False, True]


@pytest.mark.parametrize("name", JUMPING)
def test_so_it_is_for_scalars(name):
    """One point and many."""
    x = array("x")
    scalar = adjoints(Graph("f", (x,), {"y": elementwise(lambda x: JUMPING[name].subs(Z, x), x)}))

    assert scalar.enclose(x=np.array([0.0, 0.5]))["x"].certified.tolist() == [False, True]
    many = scalar.enclose(x=np.arange(-30_000, 30_000) / 4096, target="float32")["x"]
    assert np.flatnonzero(~many.certified).tolist() == [30_000]


def test_one_jump_takes_nothing_from_the_others():
    """Of min(x, |x|), and 5x at −1, the derivative at 0 is 1."""
    found = _gradient(
        lambda x: Piecewise((5 * x, sympy.Eq(x, -1)), (minimum(x, Abs(x)), True)),
        np.array([0.0, -1.0, 2.0]),
        summed=True,
    )

    assert found.certified.tolist() == [True, False, True]
    assert found.high[0] == 1


@pytest.mark.parametrize("by_mask", [False, True])
@pytest.mark.parametrize("name", REMOVABLE)
def test_where_the_formula_is_nothing_by_nothing_the_slopes_tell(name, by_mask):
    """As safe code writes it: 1 for x where x is 0, and the limit for what comes of it."""
    f, limit, slope = REMOVABLE[name]
    t = elementwise(lambda x: Piecewise((1, sympy.Eq(x, 0)), (0, True)), X) if by_mask else X
    at_zero = (lambda t: sympy.Ne(t, 0)) if by_mask else (lambda x: sympy.Eq(x, 0))
    s = elementwise(lambda t, x: Piecewise((1, at_zero(t)), (x, True)), t, X)
    y = elementwise(lambda t, s: Piecewise((limit, at_zero(t)), (f(s), True)), t, s)
    graph = Graph("f", (X, W), {"y": y, "L": einsum("n, n m ->", y, W)})
    found = adjoints(graph).enclose(x=np.array([0.0, 2.0, 0.0]), w=np.ones((3, 2)))["x"]

    assert found.certified.all()
    assert found.high[[0, 2]].tolist() == [2 * slope, 2 * slope]


def test_a_choice_by_a_mask_joins_smoothly():
    """Huber's loss, x²/2 where a mask says |x| ≤ 1: its slope at 1 is 1."""
    t = elementwise(lambda x: Piecewise((1, Abs(x) <= 1), (0, True)), X)
    y = elementwise(
        lambda t, x: Piecewise((x**2 / 2, sympy.Ne(t, 0)), (Abs(x) - sympy.Rational(1, 2), True)),
        t,
        X,
    )
    found = adjoints(Graph("huber", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([1.0, -1.0, 0.5, 3.0])
    )["x"]

    assert found.certified.all()
    assert found.high.tolist() == [1.0, -1.0, 0.5, 1.0]


@pytest.mark.parametrize("many", [False, True])
def test_a_line_has_ties_of_its_own(many):
    """Of min(h, |h|) the slope in h is 1, though h = relu(x) is 0 all around x = −1."""
    h = elementwise(lambda x: maximum(x, 0), X)
    y = elementwise(lambda h: minimum(h, Abs(h)), h)
    x = MANY if many else np.array([-1.0, 0.0, 2.0])
    found = adjoints(Graph("f", (X,), {"h": h, "y": y, "L": einsum("n ->", y)})).enclose(
        x=x, target="float32" if many else "float64"
    )

    assert found["h"].certified.all()
    assert (found["h"].high == 1).all()
    assert (found["x"].high[x < 0] == 0).all()


def test_a_line_at_a_kink_of_its_own():
    """Of |h| any slope from −1 to 1 at h = 0."""
    h = elementwise(lambda x: maximum(x, 0), X)
    y = elementwise(Abs, h)
    found = adjoints(Graph("f", (X,), {"h": h, "y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([-1.0, 2.0])
    )["h"]

    assert found.certified.all()
    assert found.high.tolist() == [0.0, 1.0]


def test_a_stop_does_not_move():
    """Of x times a constant that is 0 at 0 and 1 beside the derivative there is 0, not 1."""
    mask = stop(elementwise(lambda x: Piecewise((1, sympy.Ne(x, 0)), (0, True)), X), "detach()")
    y = elementwise(lambda x, m: x * m, X, mask)
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([0.0, 2.0])
    )["x"]

    assert not found.certified[0] or found.high[0] == 0
    assert found.high[1] == 1
    x = array("x")
    mask = stop(elementwise(lambda x: Piecewise((1, sympy.Ne(x, 0)), (0, True)), x), "detach()")
    scalar = adjoints(Graph("f", (x,), {"y": elementwise(lambda x, m: x * m, x, mask)}))
    at_zero = scalar.enclose(x=0.0)["x"]
    assert not at_zero.certified.any() or at_zero.high == 0


def test_what_is_made_of_formulas_is_not_certified_at_their_ties():
    """The adjoint of w in w · (formula of f′) is that formula, which at a tie may be no f′."""
    s = elementwise(lambda x: Piecewise((1, sympy.Eq(x, 0)), (x, True)), X)
    y = elementwise(
        lambda x, s: Piecewise((1, sympy.Eq(x, 0)), ((sympy.exp(s) - 1) / s, True)), X, s
    )
    first = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)}))
    w = array("w", "n")
    total = einsum("n, n ->", w, first.nodes["x"])
    twice = adjoints(Graph("f", (X, w), {"M": total}, derived_from=first.graph))
    found = twice.enclose(x=np.array([0.0, 1.0]), w=np.ones(2))

    assert found["w"].certified.tolist() == [False, True]  # the formula has 0 for ½
    assert found["x"].certified.tolist() == [False, True]


def test_entries_that_are_moved_elsewhere_stay_what_they_are():
    """max(x at other places, x), where it is x itself: the slope is 1 for every use, no choice."""
    elsewhere = gather(X, np.array([1, 1, 2]), ("n",), (3,))
    y = elementwise(maximum, elsewhere, X)
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([0.5, 2.0, -3.0])
    )["x"]

    assert found.certified.all()
    assert found.high.tolist() == [0.0, 2.0, 1.0]
    assert found.why.tolist() == [Why.CERTIFIED, Why.BOTH_SIDES, Why.BOTH_SIDES]


def test_slopes_of_single_inputs_are_proven_together_or_not():
    """√|x y| at (0, 0) has the slope 0 in x and in y, and no derivative; x² y² under a root has."""
    x, y = array("x", "n"), array("y", "n")
    at = {"x": np.array([0.0, 0.0, 2.0]), "y": np.array([0.0, 3.0, 2.0])}
    root = elementwise(lambda x, y: sympy.sqrt(Abs(x * y)), x, y)
    found = adjoints(Graph("f", (x, y), {"y_": root, "L": einsum("n ->", root)})).enclose(**at)

    assert found["x"].certified.tolist() == [False, False, True]
    assert found["y"].certified[0] == False  # noqa: E712 - of numpy
    root = elementwise(lambda x, y: sympy.sqrt(maximum(x, 0) * maximum(y, 0)), x, y)
    graph = Graph("f", (x, y), {"y_": root, "L": einsum("n ->", root)})
    below = adjoints(graph).enclose(x=np.array([-1.0, -2.0]), y=np.array([3.0, -1.0]))
    assert below["x"].certified.all()
    assert (below["x"].high == 0).all()


def test_what_is_compared_with_itself_stopped_is_tied():
    """x ≠ stop(x) is false at every x and true beside it: a program would make one of both."""
    s = stop(X, "detach()")
    at = np.array([0.0, 2.0])

    def found(y):
        return adjoints(Graph("f", (X,), {"y": y})).enclose(x=at, v=np.ones(2))["x"]

    apart = elementwise(lambda a, b: a - b, X, s)
    flat = found(elementwise(lambda d, s: Piecewise((s, sympy.Ne(d, 0)), (d, True)), apart, s))
    assert not flat.certified[0] or flat.high[0] == 0  # the case that is taken has the slope 1
    assert not flat.certified[1]  # it jumps from 2 to 0
    steep = found(elementwise(lambda m: sympy.sqrt(Abs(m)), elementwise(maximum, X, s)))
    assert not steep.certified[0]  # on the right √ε
    kink = found(elementwise(maximum, X, s))
    assert (kink.high[kink.certified] <= 1).all()
    smooth = found(elementwise(lambda a, s, x: sympy.exp(a - s) * Abs(x - 1), X, s, X))
    assert smooth.certified.all()
    assert smooth.high.tolist() == [0.0, 2.0]
