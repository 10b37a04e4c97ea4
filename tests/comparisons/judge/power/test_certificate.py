"""What a pass is worth, is true: errors above the stated size are seen, none below is claimed."""

import numpy as np
import sympy
from honest import implementation
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from random_graphs import random_graph

from comparisons.dtypes import FLOAT_TYPES
from comparisons.judge.graphs.allowance import Allowance, precision_of
from comparisons.judge.graphs.entries import judge_entries
from comparisons.judge.power.of_graphs import nonlinear, power_of
from comparisons.judge.ulp import finite_truth
from comparisons.judge.vocabulary import Verdict
from symdiff import Graph, adjoints, array, elementwise
from symdiff.functions import sigmoid, softplus, tanh
from symdiff.oracle.adjoints import enclose_adjoints

FLOAT32 = FLOAT_TYPES["float32"]


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
@example(18375)  # whose output is a constant
def test_an_error_is_seen_from_the_stated_size_on(seed):
    """In all entries from `all`, in half of them from `half`; below its line an entry passes."""
    graph, drawn = random_graph(seed)
    inputs = {name: FLOAT32.round(values) for name, values in drawn.items()}
    derived = adjoints(graph)
    assume(derived.nodes)
    allowance = Allowance(derived, inputs, precision_of(FLOAT32))
    truth = enclose_adjoints(derived, inputs, absolute=allowance.enough)
    computed = implementation(derived, inputs, np.float32)
    for name in ("x", "W", "b"):
        if name not in computed:
            continue
        values, true = computed[name].astype(np.float64), truth[name]

        def judged(off, name=name, values=values, true=true):
            return judge_entries(name, values + off, true, allowance, FLOAT32)

        power = power_of(name, values, true, judged(0.0), allowance, FLOAT32)
        size, telling = np.abs(true.high), ~true.contains(np.zeros(true.shape))
        if not telling.any():
            continue
        for sign in (-1, 1):
            everywhere = judged(sign * 1.001 * power.own.all * size)
            assert (everywhere.conditioned[telling] > 4).all()
            assert everywhere.verdict() is not Verdict.ACCURATE
            at_half = judged(sign * 1.001 * power.own.half * size)
            assert np.mean(at_half.conditioned[telling] > 4) >= 0.5

        line = allowance.accurate(name, FLOAT32.ulp(finite_truth(true, FLOAT32)))
        below = np.where(telling, 0.99 * (line - true.distance(values)[1]), 0.0)
        assert (judged(below).conditioned <= 4).all()
        assert (below[telling] / size[telling]).max() < power.own.all
        assert np.median(below[telling] / size[telling]) < power.own.half


def test_functions_are_told_in_one_order():
    """Not in a set's, by which two reports of one thing would differ."""
    x, y = array("x", "n"), array("y", "n")
    many = (tanh, sigmoid, sympy.exp, sympy.cos, sympy.atan, softplus, sympy.sinh)
    node = elementwise(lambda a, b: b * sum(f(a) for f in many), x, y)
    told = list(nonlinear(Graph("many", (x, y), {"z": node})))

    names = ("atan", "cos", "exp", "σ", "sinh", "softplus", "tanh")  # as SymPy's names go
    assert told == [f"{name}(z)" for name in names]
