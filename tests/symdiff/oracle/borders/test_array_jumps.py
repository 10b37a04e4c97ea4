"""Where a function of arrays jumps no entry that leads to the jump is certified; others are."""

import numpy as np
import pytest
import sympy
from sympy import Abs, Piecewise

from symdiff import adjoints
from symdiff.functions import floor, maximum
from symdiff.graph import Graph, array, contraction, einsum, elementwise, literal
from symdiff.graph.kinds.gather import gather
from symdiff.graph.kinds.largest import largest
from symdiff.graph.kinds.stop import stop
from symdiff.oracle.enclosures.enclosure import Why

X, W = array("x", "n"), array("w", "n m")
HALF = sympy.Rational(1, 2)
MANY = np.arange(-400, 400) / 512


def _mask(condition, *operands):
    return elementwise(lambda *x: Piecewise((1, condition(*x)), (0, True)), *operands)


def _chosen(mask, a, b):
    return elementwise(lambda t, a, b: Piecewise((a, sympy.Ne(t, 0)), (b, True)), mask, a, b)


def _of(f, *operands):
    return elementwise(f, *operands)


POSITIVE = _mask(lambda x: x > 0, X)
ABOVE = _mask(lambda x: x > HALF, X)
NOT_ABOVE = _mask(lambda x: x <= HALF, X)
INSIDE = _mask(lambda x: Abs(x) < HALF, X)

JUMPING = {
    "x + 1 above 0": (_of(lambda x: Piecewise((x + 1, x > 0), (x, True)), X), 0.0),
    "by a mask": (_chosen(POSITIVE, _of(lambda x: x + 1, X), X), 0.0),
    "a mask added": (_of(lambda x, t: x + t, X, POSITIVE), 0.0),
    "a narrow jump": (
        _of(lambda x: Piecewise((x + sympy.Rational(1, 2**400), x > HALF), (x, True)), X),
        0.5,
    ),
    "sign": (_of(lambda x: x + sympy.sign(x), X), 0.0),
    "floor": (_of(lambda x: 3 * x - floor(4 * x), X), 0.5),
    "5 at 0": (_of(lambda x: Piecewise((5, sympy.Eq(x, 0)), (x, True)), X), 0.0),
    "a mask of a mask": (_of(lambda t: t, _mask(lambda t: t < HALF, POSITIVE)), 0.0),
}


@pytest.mark.parametrize("target", ["float64", "float32"])
@pytest.mark.parametrize("summed", [False, True])
@pytest.mark.parametrize("name", JUMPING)
def test_at_a_jump_nothing_is_certified(name, summed, target):
    """By itself or among hundreds; what does not lead to it is, to the slope of its formula."""
    y, z = JUMPING[name]
    lines = {"y": y, "L": einsum("n ->", y)} if summed else {"y": y}
    found = adjoints(Graph("f", (X,), lines))
    at = MANY if target == "float32" else np.array([z, 0.25, -0.3])
    cotangent = {} if summed else {"v": np.ones(len(at))}
    enclosure = found.enclose(x=at, target=target, **cotangent)["x"]

    steps = at * 4 == np.round(at * 4) if name == "floor" else at == z
    assert not enclosure.certified[steps].any()
    assert enclosure.certified[~steps].all()


CONTINUOUS = {
    "relu": (_of(lambda x: Piecewise((x, x > 0), (0, True)), X), {0.0}),
    "relu by a mask": (_chosen(POSITIVE, X, _of(lambda x: 0 * x, X)), {0.0}),
    "relu by a product": (_of(lambda x, t: x * t, X, POSITIVE), {0.0}),
    "hardtanh": (_of(lambda x: Piecewise((1, x > 1), (-1, x < -1), (x, True)), X), {1.0, -1.0}),
    "huber": (
        _of(
            lambda h: h / 3,
            _chosen(INSIDE, _of(lambda x: x**2, X), _of(lambda x: Abs(x) - HALF / 2, X)),
        ),
        {0.5, -0.5},
    ),
    "blended": (
        _of(
            lambda x, t, u: t * sympy.exp(x) + u * sympy.exp(x),
            X,
            ABOVE,
            NOT_ABOVE,
        ),
        {0.5},
    ),
    "softplus, each side its own way": (
        _chosen(
            POSITIVE,
            _of(lambda x: x + sympy.log(1 + sympy.exp(-x)), X),
            _of(lambda x: sympy.log(1 + sympy.exp(x)), X),
        ),
        {0.0},
    ),
    "sin x / x": (
        _of(
            lambda y: y / 3,
            _of(lambda x: Piecewise((1, sympy.Eq(x, 0)), (sympy.sin(x) / x, True)), X),
        ),
        {0.0},
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_what_is_continuous_is_certified(name):
    """With many entries at its borders, after a matrix: no entry is proven alone there."""
    y, borders = CONTINUOUS[name]
    at = np.array(sorted(borders) * 20 + [0.25, -0.3, 2.0])
    found = adjoints(Graph("f", (X, W), {"y": y, "L": einsum("n, n m ->", y, W)}))
    enclosure = found.enclose(x=at, w=np.ones((len(at), 2)))["x"]
    some = (
        slice(-9, None) if name == "sin x / x" else slice(None)
    )  # proven side by side, 32 of them

    assert enclosure[some].certified.all()


def test_a_constant_jumps_for_nobody():
    """A mask that is stopped, of whatever it is made."""
    mask = stop(POSITIVE, "no_grad()")
    y = elementwise(lambda x, t: x * t + t, X, mask)
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)}))
    enclosure = found.enclose(x=np.array([0.0, 1.0, -1.0]))["x"]

    assert enclosure.certified.all()
    assert enclosure.high.tolist() == [0.0, 1.0, 0.0]


def test_what_does_not_lead_to_the_jump_is_certified():
    """Of sign(x₀) x₁ x₂ at x₀ = 0: the slopes in x₁ and x₂ are 0; behind a stop too."""
    steps = elementwise(sympy.sign, gather(X, np.array([0]), ("k",), (3,)))
    rest = gather(X, np.array([1]), ("k",), (3,)), gather(X, np.array([2]), ("k",), (3,))
    y = contraction((steps, *rest), ())
    enclosure = adjoints(Graph("f", (X,), {"y": y})).enclose(x=np.array([0.0, 2.0, 3.0]))["x"]

    assert enclosure.why[0] == Why.NO_DERIVATIVE
    assert enclosure.certified.tolist() == [False, True, True]


@pytest.mark.parametrize("ties", ["even", "first"])
def test_a_maximum_is_continuous_and_what_stands_beside_it_is_not(ties):
    """Σ w x of the largest x is x; Σ w c jumps from one c to another."""
    c = array("c", "n")
    at = {"x": np.array([2.0, 2.0, 2.0, 1.0]), "c": np.array([1.0, 4.0, 2.0, 3.0])}
    most, beside = (contraction((largest(X, "n", ties), a), ()) for a in (X, c))
    whole = adjoints(Graph("f", (X, c), {"m": most, "y": elementwise(lambda m: m**2, most)}))
    assert whole.enclose(**at)["x"].certified.all()
    part = adjoints(Graph("f", (X, c), {"y": elementwise(lambda a, b: a + b, most, beside)}))
    found = part.enclose(**at)

    assert found["x"].certified.tolist() == [False, False, False, True]
    assert found["c"].certified.all()


def test_a_line_that_jumps_has_no_derivative_where_its_input_has():
    """Of h + sign(h) at h = relu(−1) = 0: in h it jumps, in x all is flat."""
    h = elementwise(lambda x: maximum(x, 0), X)
    y = elementwise(lambda h: h + sympy.sign(h), h)
    found = adjoints(Graph("f", (X,), {"h": h, "y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([-1.0, 2.0])
    )

    assert found["h"].certified.tolist() == [False, True]
    assert found["x"].certified.tolist() == [True, True]
    assert found["x"].high.tolist() == [0.0, 1.0]


def test_along_each_axis_is_not_enough():
    """1 where x y ≠ 0 is flat in x and in y at (0, 0), and jumps between."""
    y = array("y", "n")
    step = elementwise(lambda x, y: Piecewise((1, sympy.Ne(x * y, 0)), (0, True)), X, y)
    found = adjoints(Graph("f", (X, y), {"y_": step, "L": einsum("n ->", step)})).enclose(
        x=np.zeros(1), y=np.zeros(1)
    )

    assert not found["x"].certified.any()
    assert not found["y"].certified.any()


def test_jumps_that_cancel_are_jumps():
    """Σ c sign(x²) with Σ c = 0 does not change when all x move at once."""
    c = literal(np.array([1.0, 1.0, -2.0]), ("n",))
    y = einsum("n, n ->", c, elementwise(lambda x: sympy.sign(x**2), X))
    found = adjoints(Graph("f", (X,), {"L": y})).enclose(x=np.zeros(3))["x"]

    assert found.why.tolist() == [Why.NO_DERIVATIVE] * 3


@pytest.mark.parametrize("behind", [lambda a: a, sympy.exp, lambda a: a**2 + a])
def test_of_two_that_agree_to_few_terms_neither_is_the_larger(behind):
    """Of max(√|x|, 0) no more than the value is known at 0, and its slopes are infinite."""
    root = elementwise(lambda x: sympy.sqrt(Abs(x)), X)
    y = elementwise(behind, elementwise(lambda a: maximum(a, 0), root))
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([0.0, 4.0])
    )["x"]

    assert found.why.tolist() == [Why.NO_DERIVATIVE, Why.CERTIFIED]


@pytest.mark.parametrize(
    ("f", "why"),
    [
        (lambda x: sympy.sqrt(x**2), Why.NO_DERIVATIVE),  # slopes −1 and 1
        (lambda x: sympy.sqrt(Abs(x)), Why.NO_DERIVATIVE),  # infinite
        (lambda x: Abs(x) ** sympy.Rational(1, 3), Why.UNDECIDED),  # so too, and not proven
    ],
)
def test_at_a_pole_none_is_said_only_where_it_is_proven(f, why):
    """By slopes that differ or that are infinite, of series in the root of the distance."""
    square = elementwise(lambda x: x**2, X)
    if why == Why.NO_DERIVATIVE and f(sympy.Symbol("x", real=True)).is_Function:
        y = elementwise(sympy.sqrt, square)  # √(x²), which SymPy would call |x|
    else:
        y = elementwise(f, X)
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([0.0, 4.0])
    )["x"]

    assert found.why.tolist() == [why, Why.CERTIFIED]


def test_a_maximum_of_one_that_is_largest_is_a_number():
    """Its flags are numbers like others: of max(x)² beside a sign."""
    most = contraction((largest(X, "n", "even"), X), ())
    y = elementwise(lambda m, x: m**2 + sympy.sign(x), most, X)
    found = adjoints(Graph("f", (X,), {"y": y, "L": einsum("n ->", y)})).enclose(
        x=np.array([1.0, 3.0, 2.0])
    )["x"]

    assert found.certified.all()
    assert found.high.tolist() == [0.0, 18.0, 0.0]


@pytest.mark.parametrize("named", [False, True])
def test_what_is_fixed_all_around_decides(named):
    """h = relu(atan x) is 0 about each x < 0, and h > 0 false: of many such no slope is lost."""
    h = elementwise(lambda a: maximum(a, 0), elementwise(sympy.atan, X))
    y = elementwise(lambda h, x: Piecewise((h + 1, h > 0), (x, True)), h, X)
    at = np.array([-1.0, -2.0, -0.5] * 20 + [0.0, 1.0])
    total = einsum("n, n m ->", y, W)
    lines = {"h": h, "L": total} if named else {"L": total}
    found = adjoints(Graph("f", (X, W), lines)).enclose(x=at, w=np.ones((len(at), 2)))

    assert found["x"].certified.tolist() == [True] * 60 + [False, True]
    assert found["x"].high[:60].tolist() == [2.0] * 60
    if named:
        assert not found["h"].certified[:61].any()
