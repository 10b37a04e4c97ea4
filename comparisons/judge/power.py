"""What a pass is worth: the error that this very check, at these very inputs, would have seen.

A check that allows A_i of entry i, where the gradient is e_i off already, sees a relative error ε
of that entry, of either sign, if ε |g_i| > A_i + e_i. So the figures are of this comparison, not of
a typical one. An error that all entries have in common, g (1 + ε), is seen earlier, by a matched
filter: the fit Σ (ĝ − g) g/τ² / Σ g²/τ² is off by rounding in as many random tangents as τ was
estimated from, and 16 times the root of their mean square is its line, as 16 τ is an entry's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy
from sympy import Expr, Symbol

from comparisons.dtypes import Float64Array, FloatType
from comparisons.judge.allowance import TIMES, Allowance
from comparisons.judge.judgement import Judgement
from comparisons.judge.ulp import finite_truth
from comparisons.judge.vocabulary import Standing, Status, Verdict
from symdiff import notation
from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.functions import Extreme
from symdiff.graph import Elementwise, Graph, Node, placeholder, topological
from symdiff.oracle.enclosure import BoolArray, Enclosure
from symdiff.rounding import scale_of

GRADCHECK = (1e-3, 1e-5)  # rtol and atol of torch.autograd.gradcheck
ALLCLOSE = (1e-5, 1e-8)  # of torch.allclose and numpy.allclose
_LINE = 1e-6  # in float64: a tensor in which nothing below it is seen passes nothing
_AT_MOST = 0.5  # in any type: half of the gradient
_DOUBLE = 2.0**-53


@dataclass(frozen=True)
class Seen:
    """The relative error that is seen in half of the entries that are not 0, and in all of them."""

    half: float
    all: float


@dataclass(frozen=True)
class Reached:
    """A nonlinear function of one value, and the least and the greatest that it was given."""

    function: str  # of z
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """`z Φ(z) was reached only for −1.1 ≤ z ≤ 2.2`."""
        return f"{self.function} was reached only for {self.low:.3g} ≤ z ≤ {self.high:.3g}"


@dataclass(frozen=True)
class Power:
    """What one adjoint's comparison would have seen; infinite where nothing is."""

    adjoint: str
    entries: int  # judged
    zeros: int  # of which 0 in truth, as far as its bound says, and judged absolutely
    absolute: float  # the largest error of such an entry that passes
    own: Seen
    gradcheck: Seen  # at the same entries
    allclose: Seen
    least: float  # the relative error that is seen in the entry that sees most
    line: float  # above which a check is inconclusive
    common: float  # the relative error of all entries together that is seen
    found: float  # the one that was found, whose size is at most `common` if it is rounding
    reached: tuple[Reached, ...] = ()

    @property
    def inconclusive(self) -> bool:
        """Whether no error below the line would have been seen, neither in an entry nor in all."""
        return self.entries > self.zeros and min(self.least, self.common) > self.line

    @property
    def scaled(self) -> bool:
        """Whether all entries together are off by more than rounding explains."""
        return abs(self.found) > self.common

    @property
    def sentence(self) -> str:
        """In one line what a pass is worth, beside two other checks."""
        if not self.entries:
            return f"{self.adjoint}: no entry was judged"
        zero = f"an absolute error above {self.absolute:.2g} would have been seen"
        if self.entries == self.zeros:
            return f"{self.adjoint}: all {self.entries:,} entries are 0 in truth; {zero}"
        first, second = self.gradcheck, self.allclose
        words = [
            f"{self.adjoint}: a relative error of {_figure(self.own.half)} in half of the entries",
            f"would have been seen, {_figure(self.own.all)} in all, {_figure(self.common)} of all",
            f"together; gradcheck sees {_figure(first.half)} and {_figure(first.all)},",
            f"allclose {_figure(second.half)} and {_figure(second.all)}",
        ]
        parts = [" ".join(words)]
        if self.zeros:
            parts.append(f"{self.zeros:,} of {self.entries:,} entries are 0 in truth; {zero}")
        parts += [each.sentence for each in self.reached]
        if self.inconclusive:
            parts.append(f"inconclusive: no error below {_figure(self.line)} would have been seen")
        return "; ".join(parts)


def power_of(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    judgement: Judgement,
    allowance: Allowance,
    dtype: FloatType,
    functions: Mapping[str, Node] | None = None,
) -> Power:
    """What the comparison of the adjoint `name` would have seen, by the line that it was held to.

    Args: judgement, of the computed values; functions, as `nonlinear` gives them, whose nodes the
        allowance watches.
    """
    apart = [s.code for s in Status if s.standing is Standing.NOT_JUDGED]
    judged = ~np.isin(judgement.status, apart) & np.isfinite(truth.high) & np.isfinite(computed)
    size = np.abs(truth.high)
    unit = dtype.ulp(finite_truth(truth, dtype))
    agrees = judgement.verdict() is Verdict.AGREES
    allowed = (allowance.agreeing if agrees else allowance.accurate)(name, unit)
    off = truth.distance(computed)[1]
    zero = judged & truth.contains(np.zeros(size.shape))
    telling = judged & ~zero
    own = _seen(allowed + off, size, telling)
    errors = allowance.narrow
    narrow = np.where(telling, errors.sizes[name], 0.0)
    return Power(
        adjoint=name,
        entries=int(judged.sum()),
        zeros=int(zero.sum()),
        absolute=float(allowed[zero].max(initial=0.0)),
        own=own,
        gradcheck=_seen(_tolerance(GRADCHECK, size), size, telling),
        allclose=_seen(_tolerance(ALLCLOSE, size), size, telling),
        least=float(((allowed + off)[telling] / size[telling]).min(initial=math.inf)),
        line=min(_LINE * dtype.unit_roundoff / _DOUBLE, _AT_MOST),
        common=TIMES * errors.common[name] if telling.any() else math.inf,
        found=scale_of(computed - truth.high, truth.high, narrow),
        reached=_reached(allowance, functions or {}),
    )


def nonlinear(graph: Graph) -> dict[str, Node]:
    """Each nonlinear function of one value in a graph, written in z, and the node it is given."""
    found: dict[str, Node] = {}
    for node in topological(graph.output_nodes, computed=True):
        if not isinstance(node, Elementwise):
            continue
        z = Symbol("z", real=True)
        for i, operand in enumerate(node.operands):
            own = placeholder(i)
            whole = len(node.operands) == 1
            parts = [node.expr] if whole else list(node.expr.atoms(*FUNCTIONS, Extreme))
            for part in parts:
                if part.free_symbols == {own} and _bends(part):
                    found.setdefault(notation.text(part.xreplace({own: z})), operand)
    return found


def _bends(expression: Expr) -> bool:
    """Whether it is more than a polynomial or a power: these are the same everywhere."""
    bent = (*FUNCTIONS, Extreme, sympy.Piecewise, sympy.Abs, sympy.Max, sympy.Min)
    return bool(expression.has(*bent))


def _reached(allowance: Allowance, functions: Mapping[str, Node]) -> tuple[Reached, ...]:
    ranges = allowance.narrow.ranges
    return tuple(Reached(text, *ranges[of]) for text, of in functions.items() if of in ranges)


def _tolerance(tolerances: tuple[float, float], size: Float64Array) -> Float64Array:
    relative, absolute = tolerances
    return relative * size + absolute


def _seen(allowed: Float64Array, size: Float64Array, where: BoolArray) -> Seen:
    if not where.any():
        return Seen(math.inf, math.inf)
    with np.errstate(over="ignore"):
        relative = allowed[where] / size[where]
    return Seen(float(np.median(relative)), float(relative.max()))


def _figure(value: float) -> str:
    return "nothing" if math.isinf(value) else f"{value:.2g}"
