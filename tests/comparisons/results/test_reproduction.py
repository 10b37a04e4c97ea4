"""The line that a finding is reproduced with, of every engine: executed, it prints the gradient."""

import math

import numpy as np
import pytest
import torch
from sampled import in_turns

import comparisons
from comparisons.engines.every import ENGINES
from comparisons.results.code.reproduction import reproduction

POINTWISE = [e for e in ENGINES if e not in ("noncontiguous", "compiled")]
FIRST = [e for e in POINTWISE if ENGINES[e].order == 1]


def printed(line):
    """What it prints."""
    found = []
    exec(line, {"print": found.append})  # noqa: S102 - that it runs is what is tested
    (number,) = found
    return number


def same(a, b):
    """Equal, or both NaN."""
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize(
    "dtype",
    ["float32", *(pytest.param(t, marks=pytest.mark.slow) for t in ("float64", "bfloat16"))],
)
@pytest.mark.parametrize(("engine", "name"), in_turns(POINTWISE, ["gelu_tanh", "mish"]))
def test_every_engine_prints_its_own_gradient(name, engine, dtype):
    """At the worst of all points, to the last bit."""
    found = comparisons.compare(name, dtype=dtype, engine=engine, points="structured")

    assert same(printed(reproduction(found)), found.worst.computed)


@pytest.mark.parametrize("engine", FIRST)
@pytest.mark.parametrize("cotangent", ["random", "largest"])
def test_with_the_cotangent_that_was_put_in(engine, cotangent):
    """A number of its own at each point; doubling the largest overflows when accumulated."""
    found = comparisons.compare("sigmoid", dtype="float32", engine=engine, cotangent=cotangent)

    assert same(printed(reproduction(found)), found.worst.computed)


@pytest.mark.parametrize("engine", FIRST)
def test_of_one_input_among_several(engine):
    """A neuron has four; the worst gradient of one of them is printed."""
    found = comparisons.compare(comparisons.neuron("silu"), dtype="float32", engine=engine)
    adjoint = found.adjoints[found.example.name]

    assert same(printed(reproduction(found)), adjoint.worst.computed)


@pytest.mark.parametrize("engine", ["reverse", "grad", "accumulated", "func_vjp", "noncontiguous"])
@pytest.mark.parametrize("name", ["layer_norm", "attention", "cross_entropy"])
def test_of_arrays(name, engine):
    """All inputs are in the line, laid out as the engine has them."""
    found = comparisons.compare(name, dtype="float32", engine=engine)
    example = found.example
    adjoint = found.adjoints[example.name]

    assert same(printed(reproduction(found)), float(adjoint.computed[example.index]))


def test_a_wrong_gradient_is_printed_as_each_engine_computed_it():
    """accumulated, func_grad, vmap and transposed differ from a plain backward, and say so."""
    lines = {
        engine: reproduction(comparisons.compare("tanh", engine=engine, inputs={"z": [0.5]}))
        for engine in POINTWISE
    }

    assert "torch.func.grad(" in lines["func_grad"]
    assert "torch.func.vmap(" in lines["vmap"]
    assert ".t()" in lines["transposed"]
    assert lines["accumulated"].count(".backward(") == 2
    alike = {"reverse", "single", "tails"}  # of one point
    assert len(set(lines.values())) >= len(lines) - len(alike) + 1


def test_accumulated_gradients_are_not_the_first_ones_overwritten():
    """In float64 too the first pass's gradient is kept: z² has 2z, not 4z/2 twice over."""
    z = np.array([3.0, 1e308])
    found = comparisons.compare("square", engine="accumulated", inputs={"z": z})

    assert found.adjoints["z"].computed[0] == 6.0
    assert found.adjoints["z"].judgement.wrong == 0


class Shifted(torch.autograd.Function):
    """z σ(z), and a thousandth: its gradient is right."""

    @staticmethod
    def forward(ctx, z):
        """A thousandth too large."""
        ctx.save_for_backward(z)
        return z * torch.sigmoid(z) + 1e-3

    @staticmethod
    def backward(ctx, v):
        """Right."""
        (z,) = ctx.saved_tensors
        s = torch.sigmoid(z)
        return v * (s + z * s * (1 - s))


def test_of_a_value():
    """A right gradient of a wrong value: the statement prints the value."""
    with pytest.raises(comparisons.GradientMismatch, match=r"\(the value\)") as raised:
        comparisons.check(Shifted.apply, "z*sigmoid(z)")
    result = raised.value.comparison
    line = reproduction(result).replace(result.subject.code, "Shifted.apply(z)").split("\n")[-1]
    found = []
    with torch.set_grad_enabled(True):  # the statement turns it off, as it ran
        exec(line, {"print": found.append, "Shifted": Shifted})  # noqa: S102 - as above

    assert found == [result.worst.computed]
