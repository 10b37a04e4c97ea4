"""Graphs with several outputs, each with a cotangent, and with lengths that no input has."""

import pickle

import numpy as np
import pytest

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, array, broadcast, einsum, elementwise, mean, scalars, stop, total
from symdiff.graph.adjoints.sensitivity import sensitivities

X, W = array("x", "n"), array("W", "n m")
Y = einsum("n, n m -> m", X, W)
H = total(elementwise(lambda a: a**2, X), ["n"])
TWO = Graph("two", (X, W), {"y": Y, "h": H}, outputs=("y", "h"))
GIVEN = {"x": np.array([1.0, 2.0]), "W": np.eye(2), "v_y": np.array([1.0, -1.0]), "v_h": 3.0}


def test_each_output_has_a_cotangent_of_its_own():
    """A scalar output too, as torch.autograd.backward takes them."""
    assert str(symdiff.adjoints(TWO)).splitlines() == [
        "h̄ = v_h",
        "ȳ = v_y",
        "x̄ = W v_y + 2 v_h x",
        "W̄ = x v_yᵀ",
    ]


def test_the_adjoints_add_up():
    """x̄ = W v_y + 2 v_h x: in float64, in balls and in closed form."""
    found = symdiff.adjoints(TWO)

    assert found.lambdify()(**GIVEN)["x"].tolist() == [7, 11]
    assert found.enclose(**GIVEN)["x"].high.tolist() == [7, 11]
    assert "v_h" in str(found["x"])
    assert list(found.signature.inputs) == ["x", "W", "v_y", "v_h"]


def test_of_scalars_each_point_is_a_problem():
    """p = s t and q = s²: s̄ = t v_p + 2 s v_q, certified point by point."""
    s, t = scalars("s t")
    lines = {"p": elementwise(lambda a, b: a * b, s, t), "q": elementwise(lambda a: a**2, s)}
    found = symdiff.adjoints(Graph("g", (s, t), lines, outputs=("p", "q")))
    enclosed = found.enclose(s=np.array([1.0, 2.0]), t=3.0, v_p=1.0, v_q=np.array([1.0, 10.0]))

    assert enclosed["s"].high.tolist() == [5, 43]
    assert enclosed["s"].certified.all()


def test_a_line_may_be_an_output_and_used_by_another():
    """p and p²: p̄ = v_p + 2 p v_q."""
    (s,) = scalars("s")
    p = elementwise(lambda a: 3 * a, s)
    lines = {"p": p, "q": elementwise(lambda a: a**2, p)}
    found = symdiff.adjoints(Graph("g", (s,), lines, outputs=("p", "q")))

    assert found.lambdify()(s=2.0, v_p=1.0, v_q=10.0)["s"] == 3 * (1 + 2 * 6 * 10)


def test_an_output_that_is_not_the_last_line():
    """What comes after it has no adjoint."""
    graph = Graph("g", (X, W), {"y": Y, "h": H}, outputs=("y",))
    found = symdiff.adjoints(graph)

    assert graph.output_name == "y"
    assert found.missing == {"h": "the output does not depend on it"}
    assert str(found).startswith("ȳ = v")


def test_a_cut_output_has_no_adjoint():
    """Of two outputs one is detached: the other's adjoints are there."""
    lines = {"y": Y, "d": stop(H, "detach()")}
    found = symdiff.adjoints(Graph("g", (X, W), lines, outputs=("y", "d")))

    assert found.missing == {"d": "cut by detach()"}
    assert str(found["x"]) == "Sum(W[i, j]*v_y[j], (j, 0, m - 1))"


def test_they_are_pickled():
    """Graph and adjoints come back with outputs and cotangents."""
    again = pickle.loads(pickle.dumps(symdiff.adjoints(TWO)))  # noqa: S301 - our own

    assert again.graph.outputs == ("y", "h")
    assert again.cotangents == symdiff.adjoints(TWO).cotangents
    assert again.lines == symdiff.adjoints(TWO).lines


def test_sensitivities_take_in_every_cotangent():
    """x̄ = w v_y + 2 x v_h of y = w x and h = x²: by x, w, v_y and v_h."""
    x, w = scalars("x w")
    lines = {"y": elementwise(lambda a, b: a * b, x, w), "h": elementwise(lambda a: a**2, x)}
    adjoints = symdiff.adjoints(Graph("points", (x, w), lines, outputs=("y", "h")))
    found = Evaluator(adjoints.signature, {"x": sensitivities(adjoints)["x"]})

    assert found(x=3.0, w=5.0, v_y=7.0, v_h=11.0)["x"] == 66.0 + 35.0 + 35.0 + 66.0


class TestRefusals:
    def test_an_output_that_is_no_line(self):
        """The lines are named."""
        with pytest.raises(ValueError, match=r"the output 'z' is no line .* its lines are y, h"):
            Graph("g", (X, W), {"y": Y, "h": H}, outputs=("z",))

    def test_asking_for_the_only_output_of_several(self):
        """One sentence that names them."""
        with pytest.raises(ValueError, match="has the outputs y, h; name the one that is meant"):
            TWO.output  # noqa: B018 - it raises

    def test_a_value_called_like_a_cotangent(self):
        """v_y is the cotangent's name."""
        v_y = array("v_y", "n")
        lines = {"y": Y, "h": total(elementwise(lambda a, b: a * b, X, v_y), ["n"])}
        with pytest.raises(ValueError, match=r"the cotangent of the output 'y' is called 'v_y'"):
            symdiff.adjoints(Graph("g", (X, W, v_y), lines, outputs=("y", "h")))


class TestLengths:
    def test_of_an_axis_that_no_input_has(self):
        """The mean of 4 repeats of s."""
        (s,) = scalars("s")
        graph = Graph("g", (s,), {"L": mean(broadcast(s, ("k",)))}, lengths={"k": 4})
        found = symdiff.adjoints(graph)

        assert found.lambdify()(s=2.0)["s"] == 1
        assert found.enclose(s=2.0)["s"].high == 1

    def test_an_input_of_another_length_is_refused(self):
        """The message says what is known of the axis."""
        f = symdiff.adjoints(Graph("g", (X, W), {"y": Y}, lengths={"n": 3})).lambdify()
        with pytest.raises(ValueError, match=r"n = 2, but g has n = 3; the lengths must agree"):
            f(x=GIVEN["x"], W=GIVEN["W"], v=np.ones(2))

    def test_one_that_nothing_says_is_asked_for(self):
        """In one sentence, in float64 and in balls."""
        (s,) = scalars("s")
        found = symdiff.adjoints(Graph("g", (s,), {"L": mean(broadcast(s, ("k",)))}))
        for compute in (found.lambdify(), found.lambdify("mpmath")):
            with pytest.raises(ValueError, match=r"nothing gives 'k' a value: .*lengths=\{'k'"):
                compute(s=2.0)
        with pytest.raises(ValueError, match="no values were given for"):
            found.enclose(s=2.0)
