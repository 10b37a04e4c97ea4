"""How much an adjoint moves when values are rounded."""

import mpmath
import pytest

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, array, elementwise, stop
from symdiff.graph.adjoints.sensitivity import sensitivities


def sensitivity(graph, name):
    """Σ |v ∂g/∂v| as a function of the inputs."""
    adjoints = symdiff.adjoints(graph)
    evaluator = Evaluator(adjoints.signature, sensitivities(adjoints))
    return lambda **inputs: evaluator(**inputs)[name]


@pytest.mark.parametrize("z", [-3.0, -0.7517915, 0.5, 2.0])
def test_of_an_activation_it_is_z_times_the_second_derivative(z):
    """|z gelu''(z)|, from mpmath's numerical second derivative at 40 digits."""
    with mpmath.workdps(40):
        expected = abs(z * mpmath.diff(lambda t: t * mpmath.ncdf(t), z, 2))

    found = sensitivity(symdiff.pointwise(symdiff.activation("gelu")), "z")(z=z)
    assert found == pytest.approx(float(expected), rel=1e-12)


def test_of_a_neuron_every_named_value_counts():
    """ȳ = y − t under the identity: |y| and |t| themselves, and what w, x, b and z do to y."""
    found = sensitivity(symdiff.neuron("z"), "y")(w=2.0, x=3.0, b=0.5, t=1.0)

    assert found == 6.5 + 1.0 + 6.0 + 6.0 + 0.5 + 6.5  # y or z twice, t, w, x, b


def test_what_is_stopped_is_rounded_too():
    """z̄ = stop(z) of L = z · stop(z) moves as z does: |z|."""
    z = array("z")
    product = elementwise(lambda a, b: a * b, z, stop(z, "detach()"))

    assert sensitivity(Graph("g", (z,), {"L": product}), "z")(z=-3.0) == 3.0
