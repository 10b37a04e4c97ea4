"""Every adjoint of a graph, enclosed."""

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb

import symdiff
from symdiff.balls.elementary import CannotCertify
from symdiff.functions import maximum
from symdiff.graph import Graph, array, einsum, elementwise, gather
from symdiff.oracle.adjoints import enclose_adjoints
from symdiff.oracle.enclosures.enclosure import Why
from symdiff.oracle.programs.array_balls import compile_entry

DRAW = np.random.default_rng(20240229)
Z = sympy.Symbol("z", real=True)
LAYER = {"w": DRAW.normal(size=(5, 3)), "b": DRAW.normal(size=3)}
CASES = {
    "neuron": (symdiff.neuron("gelu"), dict(zip("wbxt", DRAW.normal(size=(4, 7)), strict=True))),
    "neuron with parameters": (
        symdiff.neuron("elu", alpha=0.3),
        dict(zip("wbxt", DRAW.normal(size=(4, 7)), strict=True)),
    ),
    "layer": (symdiff.linear_layer(), {**LAYER, "x": np.ones(5), "y": np.zeros(3)}),
    "batch": (
        symdiff.linear_layer(batched=True),
        {**LAYER, "x": DRAW.normal(size=(4, 5)), "y": np.ones((4, 3))},
    ),
    "product": (
        symdiff.vector_jacobian_product(),
        {"inp": np.eye(4, 5), "v": DRAW.normal(size=(5, 4))},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_mpmath_at_60_digits_lies_inside(case):
    """For arrays and scalars, every entry of every adjoint, certified to 2⁻⁶⁴."""
    graph, inputs = CASES[case]
    adjoints = symdiff.adjoints(graph)
    enclosed = enclose_adjoints(adjoints, inputs)
    with mpmath.workdps(60):
        numbers = adjoints.lambdify("mpmath")(**inputs)

    assert enclosed.keys() == adjoints.keys()
    for name, enclosure in enclosed.items():
        truth = np.broadcast_to(np.asarray(numbers[name], dtype=object), enclosure.shape)
        assert enclosure.certified.all()
        parts = (enclosure.high, enclosure.low, enclosure.bound)
        with mpmath.workdps(60):
            for value, high, low, bound in zip(truth.flat, *(p.flat for p in parts), strict=True):
                error = abs(mpmath.mpf(value) - mpmath.mpf(float(high)) - mpmath.mpf(float(low)))
                assert error <= float(bound) + abs(value) * mpmath.mpf(10) ** -58


def test_adjoints_enclose_themselves():
    """`adjoints.enclose(w=…)` is the certified twin of `lambdify`."""
    graph, inputs = CASES["neuron"]
    adjoints = symdiff.adjoints(graph)

    found = adjoints.enclose(target="float32", **inputs)["w"]
    assert found.certified.all()
    assert found.high == pytest.approx(adjoints.lambdify()(**inputs)["w"], rel=1e-13)


def test_a_condition_on_a_value_with_cases_is_decided():
    """Huber's |y − t| ≤ δ where y = hardsigmoid(z) has cases of its own."""
    adjoints = symdiff.adjoints(symdiff.neuron("hardsigmoid", "huber"))
    inputs = dict(zip("wbxt", DRAW.normal(scale=3, size=(4, 200)), strict=True))
    enclosed = enclose_adjoints(adjoints, inputs)

    for name, values in adjoints.lambdify()(**inputs).items():
        assert enclosed[name].certified.all()
        assert enclosed[name].high == pytest.approx(values, rel=1e-12, abs=1e-15)


def test_what_has_no_ball_is_refused():
    """A function left symbolic cannot be certified, and nothing stands in for it."""
    with pytest.raises(CannotCertify):
        enclose_adjoints(symdiff.adjoints(symdiff.neuron()), dict.fromkeys("wbxt", 1.0))


def test_an_array_whose_function_may_have_no_value_is_not_certified():
    """Arc cosine of sin² + cos², which no ball tells from a number above 1, within a step."""
    x = array("x", "n")
    h = elementwise(lambda a: sympy.sin(a) ** 2 + sympy.cos(a) ** 2, x)
    y = elementwise(lambda a, b: a + sympy.sign(sympy.acos(b)), x, h)
    found = symdiff.adjoints(symdiff.Graph("g", (x,), {"h": h, "y": y})).enclose(
        x=np.array([0.5, 1.0, -1.0]), v=np.ones(3)
    )

    assert not found["x"].certified.any()


@pytest.mark.parametrize(
    ("formula", "others"),
    [
        (sympy.Piecewise((Z, Z > 0), (sympy.exp(Z), True)), [0.0, -1.0]),
        (sympy.log(Z) * Z, [-1.0, np.nan]),
        (sympy.sqrt(abs(Z)), [0.0, np.inf]),
    ],
)
def test_an_entry_among_many_is_as_it_is_alone(formula, others):
    """Many are evaluated at once, unless a case is tied, or one has no value."""
    at = np.concatenate([np.linspace(0.1, 3, 150), others, np.linspace(3, 9, 150)])
    of = compile_entry([Z], formula)
    together = list(of.of_columns([[arb(x) for x in at.tolist()]]))

    assert [str(ball) for ball in together] == [str(of(arb(x))) for x in at.tolist()]


class TestEntriesWithoutAValue:
    """Of x^y at 0^0 and at (−2)^3, a real exponent, there is no derivative; elsewhere there is."""

    x, y = np.array([0.0, 1.0, 2.0, -2.0]), np.array([0.0, 2.0, 0.5, 3.0])

    def enclosed(self, *, seeded):
        """Adjoints of Σ x^y, or of Σ v ∘ x^y with v an input."""
        x, y = array("x", "n"), array("y", "n")
        power = elementwise(lambda a, b: a**b, x, y)
        given, inputs = {"x": self.x, "y": self.y}, (x, y)
        loss = einsum("n ->", power)
        if seeded:
            v = array("v", "n")
            inputs, loss = (x, y, v), einsum("n, n ->", v, power)
            given["v"] = np.array([1.0, -2.0, 3.0, 1.0])
        graph = Graph("power", inputs, {"p": power, "L": loss})
        return symdiff.adjoints(graph).enclose(**given)

    def test_spoil_no_other_entry_that_has_a_cotangent_of_its_own(self):
        """vᵀJ, as torch is asked."""
        found = self.enclosed(seeded=True)
        for name in "xy":
            assert found[name].certified.tolist() == [False, True, True, False]
        assert found["x"].high[1:3] == pytest.approx([-4, 3 * 0.5 / np.sqrt(2)], rel=1e-15)

    def test_spoil_a_loss(self):
        """A sum with a term that has no value has none, and no derivative."""
        assert not self.enclosed(seeded=False)["x"].certified.any()

    @pytest.mark.parametrize("turned", [False, True], ids=["log x[n-1-i]", "x[n-1-i] log x"])
    def test_spoil_what_hangs_on_them_in_another_place(self, turned):
        """Of three entries turned round: what has no value is the first, and the last."""
        x, v = array("x", "n"), array("v", "n")
        back = gather(x, [2, 1, 0], ("n",), (3,))
        y = elementwise(sympy.log, back)
        if turned:
            y = elementwise(lambda a, b: sympy.log(a) * b, x, back)
        graph = Graph("turned", (x, v), {"y": y, "L": einsum("n, n ->", v, y)})
        found = symdiff.adjoints(graph).enclose(x=[-1.0, 2.0, 4.0], v=[1.0, 2.0, 3.0])

        assert found["x"].certified.tolist() == [False, True, not turned]
        assert found["v"].certified.tolist() == (
            [False, True, True] if turned else [True, True, False]
        )
        assert found["x"].high[1] == (pytest.approx(2 * (1 + np.log(2))) if turned else 1.0)

    def test_spoil_what_was_compared_with_them(self):
        """Which of log x is the largest nobody knows: the entry that is taken may be none."""
        x, v = array("x", "n"), array("v", "m")
        y = gather(elementwise(sympy.log, x), [0], ("m",), (2,), chosen=True)
        graph = Graph("taken", (x, v), {"y": y, "L": einsum("m, m ->", v, y)})

        assert not symdiff.adjoints(graph).enclose(x=[-1.0, 2.0], v=[1.0])["x"].certified.any()

    def test_spoil_nothing_where_they_are_not_chosen(self):
        """x > 0 ? log x : 0 has a value everywhere, and slope 0 below 0."""
        x, v = array("x", "n"), array("v", "n")
        mask = elementwise(lambda a: sympy.Piecewise((1, a > 0), (0, True)), x)
        chosen = elementwise(
            lambda m, a: sympy.Piecewise((a, m > sympy.S.Half), (0, True)),
            *(mask, elementwise(sympy.log, x)),
        )
        graph = Graph("masked", (x, v), {"y": chosen, "L": einsum("n, n ->", v, chosen)})
        found = symdiff.adjoints(graph).enclose(x=[-1.0, 2.0], v=[1.0, 3.0])

        assert found["x"].certified.all()
        assert found["x"].high.tolist() == [0.0, 1.5]

    def test_say_where_only_the_derivative_has_none(self):
        """The norm of a row of zeros is 0, and its derivative 0/0; the other row's is known."""
        x, v = array("x", "i k"), array("v", "i")
        norm = elementwise(sympy.sqrt, einsum("i k, i k -> i", x, x))
        graph = Graph("norms", (x, v), {"y": norm, "L": einsum("i, i ->", v, norm)})
        found = symdiff.adjoints(graph).enclose(x=[[0.0, 0.0], [3.0, 4.0]], v=[1.0, 1.0])["x"]

        assert (found.why[0] == Why.NO_DERIVATIVE).all()
        assert found.certified[1].all()

    def test_have_a_derivative_where_its_formula_has_none(self):
        """√(max(x, 0)) is constant below 0; at 0 it has no derivative, and neither has √(x²)."""
        x, v = array("x", "n"), array("v", "n")
        root = elementwise(sympy.sqrt, elementwise(lambda a: maximum(a, sympy.S.Zero), x))
        distance = elementwise(sympy.sqrt, elementwise(lambda a: a**2, x))
        whys = []
        for y in (root, distance):
            graph = Graph("roots", (x, v), {"y": y, "L": einsum("n, n ->", v, y)})
            found = symdiff.adjoints(graph).enclose(x=[-1.0, 0.0, 4.0], v=[1.0, 2.0, 3.0])["x"]
            whys.append(found.why.tolist())
            assert found.high[0] == (0 if y is root else -1)

        certified, none = int(Why.CERTIFIED), int(Why.NO_DERIVATIVE)
        assert whys == [[certified, none, certified]] * 2

    @pytest.mark.parametrize("masked", [False, True], ids=["log max(x, 0)", "log(x [x > 0])"])
    def test_spoil_what_passes_a_case_that_is_0(self, masked):
        """Of log 0 there is no derivative, though the chain rule is 0 times 1/0."""
        x, w, v = array("x", "n"), array("w", "n"), array("v", "n")
        mask = elementwise(lambda a: sympy.Piecewise((1, a > 0), (0, True)), x)
        inner = elementwise(lambda a: maximum(a, sympy.S.Zero), x)
        if masked:
            inner = elementwise(lambda a, m: a * m, x, mask)
        y = elementwise(lambda a, b: sympy.log(a) + sympy.sqrt(maximum(b, 0)), inner, w)
        graph = Graph("logs", (x, w, v), {"y": y, "L": einsum("n, n ->", v, y)})
        found = symdiff.adjoints(graph).enclose(x=[-1.0, 2.0], w=[4.0, -1.0], v=[1.0, 3.0])

        assert found["x"].why.tolist() == [Why.UNDEFINED, Why.CERTIFIED]
        assert found["v"].why.tolist() == [Why.UNDEFINED, Why.CERTIFIED]
        assert found["w"].certified.tolist() == [False, True]
        assert found["w"].high[1] == 0  # of √0 in y₁, beside y₀, which has no value

    def test_spoil_what_a_0_is_multiplied_with(self):
        """(x > 0 ? x : 0) log(w) at w < 0 has no value, nor has (x > 0 ? x : 0)/max(x, 0) there."""
        x, w, v = array("x", "n"), array("w", "n"), array("v", "n")
        masked = elementwise(lambda a: sympy.Piecewise((a, a > 0), (0, True)), x)
        positive = elementwise(lambda a: maximum(a, sympy.S.Zero), x)
        product = einsum("n, n -> n", masked, elementwise(sympy.log, w))
        quotient = elementwise(lambda a, b: a / b, masked, positive)
        for y in (product, quotient):
            graph = Graph("masked", (x, w, v), {"y": y, "L": einsum("n, n ->", v, y)})
            found = symdiff.adjoints(graph).enclose(x=[-1.0, 2.0], w=[-1.0, 3.0], v=[1.0, 3.0])
            for name in ("x", "v"):
                assert found[name].why.tolist() == [Why.UNDEFINED, Why.CERTIFIED]

    def test_spoil_what_a_step_is_taken_of(self):
        """Of sign(log(x₀) w) at x₀ < 0, whose derivative is 0 where it has one."""
        x, w, v = array("x", "n"), array("w", "n"), array("v", "n")
        back = gather(w, [1, 0, 2], ("n",), (3,))
        y = elementwise(lambda a, b: sympy.sign(sympy.log(a) * b), x, back)
        graph = Graph("signs", (x, w, v), {"y": y, "L": einsum("n, n ->", v, y)})
        found = symdiff.adjoints(graph).enclose(x=[-1.0, 2.0, 3.0], w=[1, 2, 3], v=[1, 1, 1])

        assert found["x"].certified.tolist() == [False, True, True]
        assert found["w"].certified.tolist() == [True, False, True]

    def test_spoil_what_hangs_on_them_through_a_product(self):
        """Each entry of (log x) W hangs on every x: with one at −1 none has a value."""
        x, w, v = array("x", "n"), array("w", "n m"), array("v", "m")
        y = einsum("n, n m -> m", elementwise(sympy.log, x), w)
        graph = Graph("logs", (x, w, v), {"y": y, "L": einsum("m, m ->", v, y)})
        given = {"w": np.ones((3, 2)), "v": np.array([1.0, 2.0])}
        found = symdiff.adjoints(graph)

        lost = found.enclose(x=np.array([-1.0, 1.0, 2.0]), **given)
        assert not any(lost[name].certified.any() for name in "xw")
        assert found.enclose(x=np.array([0.5, 1.0, 2.0]), **given)["x"].certified.all()

    def test_spoil_what_hangs_on_them_by_the_way_round_another_axis(self):
        """log(x W W′): each entry hangs on every x, though input and output have one axis."""
        x, v = array("x", "n"), array("v", "n")
        w, back = array("w", "n m"), array("back", "m n")
        round_trip = einsum("m, m n -> n", einsum("n, n m -> m", x, w), back)
        y = elementwise(sympy.log, round_trip)
        graph = Graph("logs", (x, w, back, v), {"y": y, "L": einsum("n, n ->", v, y)})
        given = {"w": np.eye(2), "back": np.eye(2), "v": np.array([1.0, 2.0])}
        found = symdiff.adjoints(graph)

        assert not found.enclose(x=np.array([-1.0, 1.0]), **given)["x"].certified.any()
        assert found.enclose(x=np.array([0.5, 1.0]), **given)["x"].certified.all()
