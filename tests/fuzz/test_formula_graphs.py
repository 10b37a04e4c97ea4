"""A random formula entry by entry of an array, an operation a line, agrees with it in one piece.

It has values at the same points, and where both know the derivative it is one number. Whether there
is one, at a jump or where the chain rule meets 1/0, a graph of arrays may leave open.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from formula_graph import as_arrays
from formulas import Case, case, points
from judging import Ball, contradict

import symdiff
from symdiff.oracle import deadline
from symdiff.oracle.enclosures.enclosure import Why

LONGEST = 250  # characters; longer ones only take time


def enclosed(one: Case, at: np.ndarray) -> tuple[list[Ball], list[Ball]] | None:
    """f′ at the points by the formula, and by a graph of arrays; None for what is refused."""
    try:
        definition = symdiff.activation(one.text, **one.parameters)
        whole = symdiff.adjoints(symdiff.pointwise(definition))
        formula = definition.valued(definition.formula)
        if "z" not in whole or not formula.free_symbols:
            return None
        graph = as_arrays(formula, *formula.free_symbols)
    except ValueError:
        return None
    with deadline.allowed(20):
        lines = symdiff.adjoints(graph).enclose(x=at, v=np.ones(len(at)))["x"]
    return Ball.all_of(whole.enclose(z=at)["z"]), Ball.all_of(lines)


def faults(count: int, seed: int, first: int = 0) -> tuple[list[str], Counter[str]]:
    """What one says and the other denies, and how often both say what."""
    found, counts = [], Counter[str]()
    for i in range(first, first + count):
        one = case(f"{seed}:{i}")
        at = points(one, 40)
        at = at[np.isfinite(at)]
        if len(one.text) > LONGEST or (both := enclosed(one, at)) is None:
            continue
        for x, a, b in zip(at.tolist(), *both, strict=True):
            counts[f"{Why(a.why).name} {Why(b.why).name}"] += 1
            certified = a.certified or b.certified
            if contradict(a, b) or (certified and Why.UNDEFINED in (a.why, b.why)):
                found.append(f"{one.text} {one.parameters} at {x!r}: {a} and {b}")
    return found, counts


@pytest.mark.parametrize(
    ("part", "count"),
    [(0, 40), *(pytest.param(k, 200, marks=pytest.mark.slow) for k in range(1, 6))],
)
def test_lines_of_arrays_and_the_formula_agree(part, count):
    """Neither certifies what the other denies: 40 formulas, and 1,000 in the slow ones; seed 77."""
    found, counts = faults(count, seed=77, first=200 * part)

    assert not found
    assert counts["CERTIFIED CERTIFIED"] > 20 * count
    assert counts["UNDEFINED UNDEFINED"] > count / 2
