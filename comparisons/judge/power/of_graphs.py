"""Say which error the comparison of a whole graph would have seen, in an entry and in all together.

An error that all entries have in common, g (1 + ε), is seen earlier than by the entry, by a matched
filter: the fit Σ (ĝ − g) g/τ² / Σ g²/τ² is off by rounding in as many random tangents as τ was
estimated from, and 16 times the root of their mean square is its line, as 16 τ is an entry's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import sympy
from sympy import Expr, Symbol

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.graphs.allowance import TIMES, Allowance
from comparisons.judge.judgement import Judgement
from comparisons.judge.power.power import AT_MOST, Power, Reached, by_line, judged_in, nonzero
from comparisons.judge.ulp import finite_truth
from comparisons.judge.vocabulary import Verdict
from symdiff import notation
from symdiff.array_types import BoolArray
from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.functions import Extreme
from symdiff.graph import Elementwise, Graph, Node, placeholder, topological
from symdiff.notation.typed import as_typed
from symdiff.oracle.enclosures.enclosure import Enclosure
from symdiff.rounding import scale_of

_LINE = 1e-6  # in float64: a tensor in which nothing below it is seen passes nothing
_RESEMBLES = 1 / 4  # how much of itself a gradient may lose in float64 arithmetic
_DOUBLE = 2.0**-53


def power_of(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    judgement: Judgement,
    allowance: Allowance,
    dtype: FloatType,
    functions: Mapping[str, Sequence[Node]] | None = None,
) -> Power:
    """The errors in the adjoint `name` that would have been seen, given the line it was held to.

    Args: judgement, of the computed values; functions, as `nonlinear` gives them, whose nodes the
        allowance watches.
    """
    judged = judged_in(judgement, truth, computed)
    unit = dtype.ulp(finite_truth(truth, dtype))
    agrees = judgement.verdict() is Verdict.AGREES
    allowed = (allowance.agreeing if agrees else allowance.accurate)(name, unit)
    power = by_line(name, computed, truth, judgement, judged, allowed, dtype)
    telling = nonzero(judged, truth)
    common, fit = _in_common(name, computed, truth, telling, allowance, floors=agrees)
    if abs(fit) > common and not agrees:
        common, fit = _in_common(name, computed, truth, telling, allowance, floors=True)
    return replace(
        power,
        line=min(_LINE * allowance.unit / _DOUBLE, AT_MOST),
        common=common,
        found=fit,
        reached=_reached(allowance, functions or {}),
    )


def _in_common(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    telling: BoolArray,
    allowance: Allowance,
    *,
    floors: bool,
) -> tuple[float, float]:
    """The relative error of all entries that rounding explains, and the one that they have."""
    if allowance.strict or not telling.any():
        return math.inf, 0.0  # no bound of it is proven
    errors = allowance.wide if floors else allowance.narrow
    telling = telling & np.isfinite(errors.values[name])  # else no tangent says how it rounds
    if not telling.any():
        return math.inf, 0.0
    size = np.where(telling, errors.sizes[name], 0.0)
    off = computed - truth.high - truth.low
    if not abs(scale_of(errors.values[name] - truth.high, truth.high, size)) < _RESEMBLES:
        return math.inf, 0.0  # in float64 it loses its digits: the tangents are of other numbers
    return TIMES * errors.common[name], scale_of(off, truth.high, size)


def nonlinear(graph: Graph) -> dict[str, list[Node]]:
    """Each nonlinear function of one value in a graph, written in z, and the nodes it is given."""
    found: dict[str, list[Node]] = {}
    for node in topological(graph.output_nodes, computed=True):
        if not isinstance(node, Elementwise):
            continue
        z = Symbol("z", real=True)
        for i, operand in enumerate(node.operands):
            own = placeholder(i)
            whole = len(node.operands) == 1
            parts = [node.expr] if whole else sorted(node.expr.atoms(*FUNCTIONS, Extreme), key=str)
            for part in parts:
                if part.free_symbols == {own} and _bends(part):
                    found.setdefault(notation.text(as_typed(part.xreplace({own: z}))), []).append(
                        operand
                    )
    return found


def _bends(expression: Expr) -> bool:
    """Whether it is more than a polynomial or a power: these are the same everywhere."""
    bent = (*FUNCTIONS, Extreme, sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min)
    return bool(expression.has(*bent))


def _reached(allowance: Allowance, functions: Mapping[str, Sequence[Node]]) -> tuple[Reached, ...]:
    ranges = allowance.narrow.ranges
    found = []
    for text, nodes in functions.items():
        ends = [ranges[node] for node in nodes if node in ranges]
        if ends:
            found.append(Reached(text, min(low for low, _ in ends), max(high for _, high in ends)))
    return tuple(found)
