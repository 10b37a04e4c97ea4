"""How much an adjoint moves when values are rounded."""

from dataclasses import replace

import mpmath
import numpy as np
import pytest

import symdiff
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Graph, array, broadcast, contraction, elementwise, stop
from symdiff.graph.sensitivity import SEED, sensitivities


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


def test_of_an_array_it_is_asked_entry_by_entry():
    """Of s̄ ↦ x̄ of a softmax of two: |x₁ ∂x̄₁/∂x₁| + |x₂ ∂x̄₁/∂x₂| + |v₁ ∂x̄₁/∂v₁| + … by hand."""
    adjoints = symdiff.adjoints(symdiff.layers["softmax"]("c"))
    signature = replace(adjoints.signature, inputs={**adjoints.signature.inputs, SEED: ("c",)})
    found = Evaluator(signature, {"x": sensitivities(adjoints)["x"]})
    x, v = np.array([0.3, -0.4]), np.array([1.5, 0.25])
    s, other = np.exp(x) / np.exp(x).sum()
    slope = s * other * (other - s) * (v[0] - v[1])  # x̄₁ = s₁ s₂ (v₁ − v₂)
    by_x = abs(x[0] * slope) + abs(x[1] * slope)
    by_v = s * other * abs(v).sum()
    # s itself is named too; x̄₁ = s₁ (v₁ − v₁ s₁ − v₂ s₂) by s₁ and by s₂
    by_s = abs(s * (v[0] - 2 * v[0] * s - v[1] * other)) + abs(other * s * v[1])

    assert found(x=x, v=v, **{SEED: np.array([1.0, 0.0])})["x"] == pytest.approx(
        by_x + by_v + by_s, rel=1e-12
    )


def test_a_named_repeat_counts():
    """ū = h of a repeat h of x: |x| for x and |x| for h, at the entry that is asked for."""
    x, u = array("x"), array("u", "d")
    h = broadcast(x, ("d",))
    total = contraction((elementwise(lambda a, b: a * b, h, u),), ())
    adjoints = symdiff.adjoints(Graph("g", (x, u), {"h": h, "L": total}))
    signature = replace(adjoints.signature, inputs={**adjoints.signature.inputs, SEED: ("d",)})
    found = Evaluator(signature, {"u": sensitivities(adjoints)["u"]})

    assert found(x=3.0, u=np.array([1.0, 2.0]), **{SEED: np.array([0.0, 1.0])})["u"] == 6.0


def test_what_is_stopped_is_rounded_too():
    """z̄ = stop(z) of L = z · stop(z) moves as z does: |z|."""
    z = array("z")
    product = elementwise(lambda a, b: a * b, z, stop(z, "detach()"))

    assert sensitivity(Graph("g", (z,), {"L": product}), "z")(z=-3.0) == 3.0
