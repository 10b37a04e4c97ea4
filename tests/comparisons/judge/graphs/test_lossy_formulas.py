"""Operators of which torch loses digits by its formula: they agree, and no wrong gradient does."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import torch

import comparisons
from comparisons import GradientMismatch

SEED = 6
ROWS, COUNT = 5, 3
OFF = 1e-6


def given():
    """Vectors and scales as large as those of torch's test database."""
    draw = torch.Generator().manual_seed(SEED)
    a = torch.randn(ROWS, ROWS, generator=draw, dtype=torch.float64)
    return a, torch.tensor([-8.6, -0.52, -3.25], dtype=torch.float64)


def product(a, tau):
    """torch's own."""
    return torch.linalg.householder_product(a, tau)


def in_many_digits(a, tau, v):
    """Σ v ∘ Q of matrices of mpmath's numbers, by the definition."""
    q = mpmath.eye(ROWS)
    for i in range(COUNT):
        unit = [mpmath.mpf(0)] * i + [mpmath.mpf(1)] + [a[r][i] for r in range(i + 1, ROWS)]
        column = mpmath.matrix(unit)
        q -= tau[i] * (q * column) * column.T
    return sum(v[r][c] * q[r, c] for r in range(ROWS) for c in range(ROWS))


def second_by_differences(inputs, name, index):
    """∂²/∂s∂e of Σ v ∘ Q along (w_a, w_tau) and one entry, by differences of 120 digits.

    Q is a polynomial: a central difference of step h is off by h² times its third derivative.
    """
    with mpmath.workdps(120):
        h = mpmath.mpf(10) ** -35
        numbers = {
            k: [[mpmath.mpf(float(e)) for e in row] for row in np.atleast_2d(x)]
            for k, x in inputs.items()
        }

        def at(s, e):
            a = [
                [x + s * w for x, w in zip(*rows, strict=True)]
                for rows in zip(numbers["a"], numbers["w_a"], strict=True)
            ]
            tau = [x + s * w for x, w in zip(numbers["tau"][0], numbers["w_tau"][0], strict=True)]
            if name == "a":
                a[index[0]][index[1]] += e
            else:
                tau[index[0]] += e
            return in_many_digits(a, tau, numbers["v_y"])

        both = at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)
        return float(both / (4 * h * h))


def test_the_second_derivative_loses_digits_by_formula_alone():
    """Beyond what the graph's own operations round by, and within what torch's formula does."""
    found = comparisons.compare(product, *given(), order=2)

    assert found.verdict.name == "AGREES"
    assert "linalg_householder_product loses digits by formula: torch takes" in repr(found)
    for name, index in (("a", (2, 1)), ("a", (4, 0)), ("tau", (0,)), ("tau", (2,))):
        adjoint = found.adjoints[name]
        truth = second_by_differences(adjoint.inputs, name, index)
        assert adjoint.enclosure.high[index] == pytest.approx(truth, rel=1e-15)
        assert adjoint.computed[index] == pytest.approx(truth, rel=1e-11)


class OffInOneEntry(torch.autograd.Function):
    """torch's gradient, an entry of it a millionth too large."""

    @staticmethod
    def forward(ctx, a, tau):
        """The product."""
        ctx.save_for_backward(a, tau)
        return product(a, tau)

    @staticmethod
    def backward(ctx, v):
        """By torch, but for an entry."""
        a, tau = (x.detach().requires_grad_() for x in ctx.saved_tensors)
        with torch.enable_grad():
            by_a, by_tau = torch.autograd.grad(product(a, tau), (a, tau), v)
        by_a[2, 1] *= 1 + OFF
        return by_a, by_tau


@pytest.mark.parametrize("order", [1, 2])
def test_an_entry_that_is_off_is_rejected(order):
    """Written by hand, or by a hook: the formula explains roundings, and no factor."""
    factor = torch.ones(ROWS, ROWS, dtype=torch.float64)
    factor[2, 1] += OFF

    def hooked(a, tau):
        a = a * 1
        if a.requires_grad:
            a.register_hook(lambda g: g * factor)
        return product(a, tau)

    with pytest.raises(GradientMismatch):
        comparisons.check(hooked, *given(), order=order)
    if order == 1:
        with pytest.raises(GradientMismatch):
            comparisons.check(OffInOneEntry.apply, *given())
