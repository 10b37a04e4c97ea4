"""What a plot shows: the errors of a type by the size of the input, and f with its derivative.

Every point of a 16-bit type and every structured point of a wider one falls into one of 131 bins of
half an octave; a bin keeps its extremes, so that no error hides and a plot stays small.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from comparisons.comparison import AdjointResult, Comparison
from comparisons.dtypes import Float64Array
from comparisons.engines.forward_pass import COTANGENT
from comparisons.ulp import ulp
from symdiff import Adjoints, Definition
from symdiff.bridge import Evaluator

OCTAVES = 16  # |z| from 2^−16 to 2^16, in half octaves; one bin between, one beyond on either side
LAST = 4 * OCTAVES + 1
_CURVE = 121  # points of f
_FINE = 4001  # points at which its turns are counted
_TURNS = 16
_REACH = 6.0  # |z| of a curve without kinks further out
_FARTHEST = 64.0


def bins(z: Float64Array) -> Any:
    """The bin of each finite z, from −LAST to LAST."""
    with np.errstate(divide="ignore"):
        octave = np.log2(np.abs(z)) + OCTAVES
    size = np.where(octave < 0, 0, 1 + np.floor(2 * np.maximum(octave, 0)))
    return (np.sign(z) * np.minimum(size, LAST)).astype(np.intp)


def profile(comparison: Comparison) -> dict[str, str] | None:
    """The extremes of a comparison of one variable, bin by bin; None for other comparisons.

    Returns: `above` and `below`, the largest error upwards and downwards in ulp; `allowed`, the
        error from which a gradient is wrong; `wrong`, how many are. Each is a text of 131 numbers
        of three digits, `-` where a bin has no points, `inf` where a gradient is not finite.
    """
    definition = comparison.subject.definition
    if definition is None or len(definition.variables) != 1:
        return None
    adjoint = comparison.adjoints.get(definition.variables[0])
    return None if adjoint is None else _extremes(comparison, adjoint, definition.variables[0])


def _extremes(comparison: Comparison, adjoint: AdjointResult, variable: str) -> dict[str, str]:
    z, g = adjoint.inputs[variable], adjoint.truth
    judged = np.isfinite(z) & np.isfinite(g)
    at = bins(z[judged]) + LAST
    g, computed, off = g[judged], adjoint.computed[judged], adjoint.judged.ulp[judged]
    scale = np.broadcast_to(np.abs(adjoint.inputs.get(COTANGENT, np.ones(()))), z.shape)[judged]
    largest = comparison.dtype.largest
    sizes = np.minimum(np.abs(g), largest), np.minimum(np.maximum(np.abs(g), scale), largest)
    unit, floor = (ulp(size, comparison.dtype) for size in sizes)
    upwards = ~(computed < g)
    with np.errstate(over="ignore"):
        allowed = comparison.budget.absolute * floor / unit
    excess = adjoint.judged.excess[judged]
    within = (excess > 0) & (
        excess < 1
    )  # there error over excess is the line, conditioning and all
    with np.errstate(over="ignore"):
        line = off / np.where(within, excess, 1.0)
    allowed[within] = np.maximum(allowed, line)[within]
    found = {
        "above": _largest(at, np.where(upwards, off, 0.0)),
        "below": _largest(at, np.where(upwards, 0.0, off)),
        "allowed": _largest(at, allowed),
        "wrong": np.bincount(at, adjoint.judged.excess[judged] > 1, 2 * LAST + 1),
    }
    empty = np.bincount(at, minlength=2 * LAST + 1) == 0
    return {name: _text(values, empty) for name, values in found.items()}


def _largest(at: Any, values: Float64Array) -> Float64Array:
    most = np.zeros(2 * LAST + 1)
    np.maximum.at(most, at, values)
    return most


def _text(values: Iterable[float], empty: Iterable[bool]) -> str:
    pairs = zip(values, empty, strict=True)
    return " ".join("-" if none else f"{value:.3g}" for value, none in pairs)


def curve(adjoints: Adjoints, definition: Definition) -> dict[str, Any] | None:
    """f and f' at equal steps around 0, as far out as the kinks; None but for one variable.

    Returns: `from` and `to`, the interval; `f` and `slope`, texts of 121 numbers of four digits.
    """
    if len(definition.variables) != 1 or definition.variables[0] not in adjoints:
        return None
    (z,) = definition.variables
    kinks = (1.5 * abs(float(kink.at)) for kink in definition.kinks())
    reach = min(_FARTHEST, max(_REACH, *kinks, 0.0))
    nodes = {"f": adjoints.graph.output, "slope": adjoints.nodes[z]}
    evaluate = Evaluator(adjoints.signature, nodes)
    finely = evaluate(**{z: np.linspace(-reach, reach, _FINE)})["slope"]
    turns = int(np.count_nonzero(np.diff(np.sign(np.broadcast_to(finely, _FINE)))))
    reach *= min(1.0, _TURNS / max(turns, 1))  # a faster wave than the points can show
    at = np.linspace(-reach, reach, _CURVE)
    values = evaluate(**{z: at})
    texts = {
        name: " ".join(f"{v:.4g}" for v in np.broadcast_to(y, at.shape))
        for name, y in values.items()
    }
    return {"from": -reach, "to": reach, **texts}
