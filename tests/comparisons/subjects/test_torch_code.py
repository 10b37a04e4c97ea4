"""The torch code beside each entry of the catalogue computes that entry, and is what is shown.

Random points come from numpy's generator with seed 20240607.
"""

import pickle

import mpmath
import numpy as np
import pytest
import sympy
import torch
from sampled import sampled

import comparisons
import symdiff
from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS, torch_call
from comparisons.subjects.catalogue.torch_code import TorchCode, filled_in, mentions
from comparisons.subjects.catalogue.written_out import WRITTEN_OUT
from symdiff.expression.formula import real_symbol
from symdiff.functions import STABLE_FUNCTIONS

SEED = 20240607


def edges(catalogue):
    """Each value of each parameter that the catalogue says to try."""
    return [
        pytest.param(name, parameter, value, id=f"{name}({parameter}={value})")
        for name, entry in catalogue.items()
        for parameter, values in entry.edges.items()
        for value in values
    ]


EDGES = edges(symdiff.activations)
OF_LOSSES = edges(symdiff.losses)


def exact_values(definition, points):
    """The formula in textbook form at 60 digits."""
    expression = definition.valued(definition.formula)
    for function in STABLE_FUNCTIONS:
        expression = expression.replace(function, function.definition)
    f = sympy.lambdify(real_symbol("z"), expression, "mpmath")
    with mpmath.workdps(60):
        return np.array([float(mpmath.re(f(mpmath.mpf(p)))) for p in points])


def points():
    """Moderate numbers, where no code overflows."""
    random = np.random.default_rng(SEED)
    return np.concatenate([random.uniform(-12, 12, 40), random.normal(size=40)])


@pytest.mark.parametrize("definition", symdiff.activations.values(), ids=str)
def test_the_forward_is_the_formula(definition):
    """torch's value in float64 is that of the formula at 60 digits, to 2e-12."""
    at = points()
    computed = torch_call(definition)(torch.tensor(at)).numpy()

    assert computed == pytest.approx(exact_values(definition, at), rel=2e-12, abs=2e-12)


@pytest.mark.parametrize(("name", "parameter", "value"), EDGES)
def test_the_forward_is_the_formula_at_edges_of_the_parameters_too(name, parameter, value):
    """Zero, negative, tiny, huge and infinite values reach torch and the formula alike."""
    definition = symdiff.activation(name, **{parameter: value})
    at = points()
    expected = exact_values(definition, at)
    computed = torch_call(definition)(torch.tensor(at)).numpy()
    inside = np.isfinite(computed) & np.isfinite(expected)

    assert inside.sum() > 20
    scale = np.maximum(np.abs(expected), 1)[inside]
    # a huge constant taken from a huge sum costs its own rounding
    size = max(1.0, abs(float(value)), abs(1 / float(value)) if value else 1.0)
    size = size if value.is_finite else 1.0
    assert (np.abs(computed - expected)[inside] <= 2e-12 * scale * size).all()


@pytest.mark.parametrize(("name", "parameter", "value"), OF_LOSSES)
def test_the_forward_is_the_loss_at_edges_of_its_parameters(name, parameter, value):
    """Its settled formula, at pairs on either side of what the parameter puts in their way."""
    definition = symdiff.loss(name, **{parameter: value}).settled()
    y, t = (torch.tensor(p) for p in (points(), points()[::-1].copy()))
    loss = sympy.lambdify(definition.symbols, definition.valued(definition.formula), "mpmath")
    with mpmath.workdps(60):
        expected = [
            float(loss(*map(mpmath.mpf, p))) for p in zip(y.tolist(), t.tolist(), strict=True)
        ]
    computed = torch_call(symdiff.loss(name, **{parameter: value}))(y, t).tolist()

    assert computed == pytest.approx(expected, rel=2e-12, abs=2e-12)


@pytest.mark.parametrize(("name", "parameter", "value"), sampled([*EDGES, *OF_LOSSES], 7))
@pytest.mark.parametrize("dtype", ["float64", pytest.param("bfloat16", marks=pytest.mark.slow)])
def test_a_verdict_at_edges_of_the_parameters(name, parameter, value, dtype):
    """Each edge value is compared: the truth is certified wherever there is one."""
    result = comparisons.compare(name, dtype=dtype, points="structured", **{parameter: value})

    assert isinstance(result.verdict, comparisons.Verdict)
    assert all(a.certified for a in result.adjoints.values())


def test_every_entry_has_one_line_of_code_and_no_code_is_without_its_entry():
    """torch's own function or a line of torch: never both, never neither."""
    entries = set(symdiff.activations) | set(symdiff.losses)

    assert not TORCH_CALLS.keys() & WRITTEN_OUT.keys()
    assert entries - {"half_squared"} == TORCH_CALLS.keys() | WRITTEN_OUT.keys()
    assert not any("\n" in code for code in [*TORCH_CALLS.values(), *WRITTEN_OUT.values()])


@pytest.mark.parametrize("definition", symdiff.activations.values(), ids=str)
def test_every_parameter_is_in_the_code_or_fixed_by_torch(definition):
    """selu's constants are torch's own; all others are passed on."""
    code = {**TORCH_CALLS, **WRITTEN_OUT}[definition.name]
    fixed = {p for p in definition.parameters if not mentions(code, p)}

    assert fixed == ({"scale", "alpha"} if definition.name == "selu" else set())


def test_values_take_the_place_of_names_and_of_nothing_else():
    """Not of F.threshold, not of a keyword; a negative value keeps its power."""
    code = filled_in(
        "F.threshold(z, threshold, value) ** a", ("z",), {"threshold": 0.5, "a": -1.0, "value": 2.0}
    )

    assert code == TorchCode("torch.nn.functional.threshold(z, 0.5, 2.0) ** (-1.0)")
    assert filled_in("f(z, a)", ("z",), {"a": float("-inf")}).code == "f(z, (-torch.inf))"
    assert filled_in("f(z, beta=beta)", ("z",), {"beta": 1.0}).code == "f(z, beta=1.0)"


def test_code_travels():
    """It goes to another process and computes the same there."""
    code = torch_call(symdiff.activation("snake", alpha=2))
    again = pickle.loads(pickle.dumps(code))  # noqa: S301 - its own

    assert again == code
    assert torch.equal(again(torch.ones(3)), code(torch.ones(3)))


@pytest.mark.parametrize(
    ("code", "own"),
    [
        ("F.softmax(x, 0)", True),
        ("F.glu(x.flatten(1))", True),
        ("F.scaled_dot_product_attention(x[None], x[None], x[None])[0]", True),
        ("F.silu(x @ x) * x", False),
        ("F.relu(x * 2)", False),
        ("F.relu(torch.stack((x, -x), 1))", False),
        ("x.relu()", False),
    ],
)
def test_one_call_of_torch_s_is_its_own(code, own):
    """Of its operands as they are, or laid out otherwise; the rest is a line of the project's."""
    assert filled_in(code, ("x",), {}).of_torch is own
