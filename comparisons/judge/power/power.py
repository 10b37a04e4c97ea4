"""What a pass is worth: the error that this very check, at these very inputs, would have seen.

A check that allows A_i of entry i, where the gradient is e_i off already, sees a relative error ε
of that entry, of either sign, if ε |g_i| > A_i + e_i. So the figures are of this comparison, not of
a typical one; where an entry is wrong, e_i counts as 0. An error that all entries have in common,
g (1 + ε), is seen earlier, by a matched filter: the fit Σ (ĝ − g) g/τ² / Σ g²/τ² is off by rounding
in as many random tangents as τ was estimated from, and 16 times the root of their mean square is
its line, as 16 τ is an entry's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy
from sympy import Expr, Symbol

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import Inputs
from comparisons.judge.graphs.allowance import TIMES, Allowance
from comparisons.judge.judgement import Judgement
from comparisons.judge.ulp import finite_truth
from comparisons.judge.vocabulary import Standing, Status, Verdict
from symdiff import notation
from symdiff.bridge.float_functions import FUNCTIONS
from symdiff.functions import Extreme
from symdiff.graph import Elementwise, Graph, Node, placeholder, topological
from symdiff.notation.typed import as_typed
from symdiff.oracle.enclosures.enclosure import BoolArray, Enclosure, Why
from symdiff.rounding import scale_of

GRADCHECK = (1e-3, 1e-5)  # rtol and atol of torch.autograd.gradcheck
ALLCLOSE = (1e-5, 1e-8)  # of torch.allclose and numpy.allclose
_LINE = 1e-6  # in float64: a tensor in which nothing below it is seen passes nothing
_RESEMBLES = 1 / 4  # how much of itself a gradient may lose in float64 arithmetic
_AT_MOST = 1.0  # in any type: a gradient of 0 is told from the true one
_DOUBLE = 2.0**-53
_SHOWN = 4  # functions in a sentence
_OF_ONE = {"entries": "entry", "points": "gradient"}


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

    def __str__(self) -> str:
        return f"{self.function} for {self.low:.3g} ≤ z ≤ {self.high:.3g}"


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
    between: str = ""  # of a function of points, in words which inputs were not asked
    in_double: bool = True  # whether the type is float64
    beyond_allclose: bool = False  # whether the default tolerances would reject this very gradient
    unjudged: str = ""  # in words why not one entry was judged

    @property
    def inconclusive(self) -> bool:
        """Whether no error below the line would have been seen, neither in an entry nor in all."""
        seen_none = self.entries > self.zeros and min(self.least, self.common) > self.line
        return bool(self.unjudged) or seen_none

    @property
    def scaled(self) -> bool:
        """Whether all entries together are off by more than rounding explains."""
        return abs(self.found) > self.common

    @property
    def what(self) -> str:
        """What was judged, in a word."""
        return "points" if self.between else "entries"

    @property
    def sentence(self) -> str:
        """In one line what a pass is worth, beside two other checks."""
        if self.unjudged or not self.entries:
            return self.unjudged or "each entry that was judged is at a kink, or infinite"
        what = self.what
        zero = f"an absolute error above {self.absolute:.2g} would have been seen"
        if self.entries == self.zeros:
            return "; ".join(
                filter(None, [f"all {self.entries:,} {what} are 0 in truth", zero, self.between])
            )
        own = [_in_half(self.own.half, what), _in_all(self.own, what)]
        if math.isfinite(self.common):  # a strict check asks nothing of them
            own.append(f"{_figure(self.common)} of all together")
        first, second = self.gradcheck, self.allclose
        beside = [f"allclose {_figure(second.half)} and {_figure(second.all)}"]
        if self.beyond_allclose:
            beside = ["allclose rejects it as it is"]
        if self.in_double:  # which its differences are made for
            beside.insert(0, f"gradcheck sees {_figure(first.half)} and {_figure(first.all)}")
        parts = [", ".join(filter(None, own)), ", ".join(beside)]
        if self.zeros:
            parts.append(f"{self.zeros:,} of {self.entries:,} {what} are 0 in truth; {zero}")
        return "; ".join(filter(None, [*parts, self.between]))


def _in_half(size: float, what: str) -> str:
    """A relative error above 1 is no error below the gradient's own size."""
    if size > _AT_MOST:
        return f"in most {what} no error below the size of the {_OF_ONE[what]} would have been seen"
    return f"a relative error of {size:.2g} in half of the {what} would have been seen"


def _in_all(own: Seen, what: str) -> str:
    if own.all <= _AT_MOST:
        return f"{own.all:.2g} in all"
    if own.half > _AT_MOST:
        return ""
    return f"in some {what} none below the size of the {_OF_ONE[what]}"


def reached_sentence(reached: Sequence[Reached]) -> str:
    """`z Φ(z) was reached only for −1.1 ≤ z ≤ 2.2: errors elsewhere are not seen`; or nothing."""
    if not reached:
        return ""
    more = len(reached) - _SHOWN
    rest = f", and {more} more functions" if more > 0 else ""
    shown = ", ".join(map(str, reached[:_SHOWN]))
    return f"reached: {shown}{rest}; errors elsewhere are not seen"


def power_of(
    name: str,
    computed: Float64Array,
    truth: Enclosure,
    judgement: Judgement,
    allowance: Allowance,
    dtype: FloatType,
    functions: Mapping[str, Sequence[Node]] | None = None,
) -> Power:
    """What the comparison of the adjoint `name` would have seen, by the line that it was held to.

    Args: judgement, of the computed values; functions, as `nonlinear` gives them, whose nodes the
        allowance watches.
    """
    apart = [s.code for s in Status if s.standing in (Standing.NOT_JUDGED, Standing.EXCUSED)]
    judged = ~np.isin(judgement.status, apart) & np.isfinite(truth.high) & np.isfinite(computed)
    size = np.abs(truth.high)
    unit = dtype.ulp(finite_truth(truth, dtype))
    agrees = judgement.verdict() is Verdict.AGREES
    allowed = (allowance.agreeing if agrees else allowance.accurate)(name, unit)
    # what is wrong was seen: of its entry the line alone is said
    off = np.where(judgement.excess > 1, 0.0, truth.distance(computed)[1])
    zero = judged & truth.contains(np.zeros(size.shape))
    telling = judged & ~zero
    own = seen(allowed + off, size, telling)
    common, fit = _in_common(name, computed, truth, telling, allowance, floors=agrees)
    if abs(fit) > common and not agrees:
        common, fit = _in_common(name, computed, truth, telling, allowance, floors=True)
    return Power(
        adjoint=name,
        entries=int(judged.sum()),
        zeros=int(zero.sum()),
        absolute=float(allowed[zero].max(initial=0.0)),
        own=own,
        gradcheck=seen(tolerance(GRADCHECK, size), size, telling),
        allclose=seen(tolerance(ALLCLOSE, size), size, telling),
        least=float(((allowed + off)[telling] / size[telling]).min(initial=math.inf)),
        line=min(_LINE * allowance.unit / _DOUBLE, _AT_MOST),
        common=common,
        found=fit,
        reached=_reached(allowance, functions or {}),
        in_double=dtype.name == "float64",
        beyond_allclose=bool((off > tolerance(ALLCLOSE, size))[telling].any()),
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


def unjudged(truth: Enclosure, judgement: Judgement, inputs: Inputs) -> str:
    """In words why not one entry at a finite input was judged; nothing if one was."""
    at = np.ones(truth.shape, dtype=bool)
    for values in inputs.values():
        if values.shape == truth.shape:
            at &= np.isfinite(values)
    at |= not at.any()
    if judgement.at(np.flatnonzero(at)).verdict() is not Verdict.INCONCLUSIVE:
        return ""
    reasons, times = np.unique(truth.why[at], return_counts=True)
    return f"no entry was judged: {Why(int(reasons[np.argmax(times)])).sentence}"


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
            parts = [node.expr] if whole else list(node.expr.atoms(*FUNCTIONS, Extreme))
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


def tolerance(tolerances: tuple[float, float], size: Float64Array) -> Float64Array:
    """What rtol and atol allow."""
    relative, absolute = tolerances
    return relative * size + absolute


def seen(allowed: Float64Array, size: Float64Array, where: BoolArray) -> Seen:
    """The relative errors that absolute ones amount to, where something is judged."""
    if not where.any():
        return Seen(math.inf, math.inf)
    with np.errstate(over="ignore"):
        relative = allowed[where] / size[where]
    return Seen(float(np.median(relative)), float(relative.max()))


def _figure(value: float) -> str:
    return "none below 1" if value > _AT_MOST else f"{value:.2g}"
