"""What holds for every activation of the catalogue, whatever it is.

Random points come from numpy's generator with seed 20240607.
"""

import mpmath
import numpy as np
import pytest
import sympy
from sampled import sampled

from symdiff.catalogue.activations import activations, families, smooth
from symdiff.expression.formula import real_symbol
from symdiff.functions import STABLE_FUNCTIONS
from symdiff.oracle import enclose

SEED = 20240607
z = real_symbol("z")

AT_DEFAULTS = [pytest.param(entry, id=name) for name, entry in activations.items()]
AT_EDGES = [
    pytest.param(case, id=f"{name}({', '.join(f'{p}={v}' for p, v in case.parameters.items())})")
    for name, entry in activations.items()
    for case in entry.edge_cases()
]
EVERY = [*AT_DEFAULTS, *AT_EDGES]


def textbook(definition):
    """The formula in plain SymPy, as a function of mpmath numbers."""
    expression = definition.valued(definition.formula)
    for function in STABLE_FUNCTIONS:
        expression = expression.replace(function, function.definition)
    return sympy.lambdify(z, expression, "mpmath")


def points(definition):
    """Across [−30, 30], small, and on both sides of every breakpoint; none at one."""
    random = np.random.default_rng(SEED)
    found = [*random.uniform(-30, 30, 24), *random.normal(size=12), *random.normal(size=6) / 1e4]
    kinks = [float(kink.at) for kink in definition.kinks()]
    found += [k + d for k in kinks for d in (-0.01, 0.01)]
    return np.array([p for p in found if all(abs(p - k) > 1e-6 for k in kinks)])


@pytest.mark.parametrize("definition", sampled(EVERY, 3))
def test_the_oracle_encloses_the_60_digit_derivative(definition):
    """mpmath's numerical derivative of the textbook form, to 1e-25 of its size, is f'."""
    at = points(definition)
    found = enclose(definition.valued(definition.derivative()), {"z": at})
    assert found.certified.all() or not np.isfinite(found.bound).all()
    f = textbook(definition)
    compared = 0
    with mpmath.workdps(80):
        for i, point in enumerate(at):
            if not np.isfinite(found.bound[i]):
                continue  # outside the domain: softexponential with α < 0
            if not np.isfinite(found.high[i]):
                continue  # beyond float64
            truth = mpmath.diff(f, mpmath.mpf(point))
            gap = abs(truth - mpmath.mpf(found.high[i]) - mpmath.mpf(found.low[i]))
            scale = max(1, abs(truth), abs(f(mpmath.mpf(point))))
            assert gap <= mpmath.mpf(found.bound[i]) + mpmath.mpf("1e-35") * scale
            compared += 1
    assert compared > len(at) / 4


@pytest.mark.parametrize("definition", EVERY)
def test_the_kinks_are_those_that_are_stated(definition):
    """`at` has exactly the formula's breakpoints, and the derivative that is taken at each."""
    stated = {definition.valued(k): v for k, v in definition.at.items()}
    for kink in definition.kinks():
        assert any((kink.at - k).is_zero for k in stated), f"unstated kink at {kink.at}"
    for kink in definition.kinks():
        value = next(v for k, v in stated.items() if (kink.at - k).is_zero)
        if value == smooth:
            assert kink.smooth
        else:
            assert float(kink.taken) == pytest.approx(float(definition.valued(value)), abs=1e-15)


@pytest.mark.parametrize("definition", AT_DEFAULTS)
def test_a_stanza_says_where_it_comes_from(definition):
    """A source, its parameters' values, and edges of parameters that it has."""
    assert len(definition.source) > 5
    assert definition.formula.free_symbols - {z} == {real_symbol(p) for p in definition.parameters}
    assert set(definition.edges) <= set(definition.parameters)


def test_the_catalogue_is_what_a_researcher_would_search():
    """At least 125 activations, no name twice."""
    names = [name for family in families.values() for name in family]

    assert len(names) == len(set(names)) == len(activations) >= 125
    assert all(name == entry.name for name, entry in activations.items())


@pytest.mark.parametrize(
    "name", ["rootsig", "isru", "cloglog", "xielu", "squareplus", "smooth_step"]
)
def test_a_stated_derivative_that_is_off_is_noticed(name):
    """One part in 10⁹ more than the stated derivative is outside every enclosure."""
    definition = activations[name]
    at = points(definition)[:10]
    wrong = definition.valued(definition.derivative()) * (1 + sympy.Rational(1, 10**9))
    found = enclose(wrong, {"z": at})
    f = textbook(definition)
    with mpmath.workdps(80):
        for i, point in enumerate(at):
            truth = mpmath.diff(f, mpmath.mpf(point))
            if abs(truth) < 1e-20:
                continue
            gap = abs(truth - mpmath.mpf(found.high[i]) - mpmath.mpf(found.low[i]))
            assert gap > mpmath.mpf(found.bound[i])
