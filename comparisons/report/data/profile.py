"""Sample what plots show: the errors of a type by the input's size, and f with its derivative.

Of every point of a 16-bit type, of every structured one of a wider one, of all 2³² of a sweep the
envelope is kept, so that no error hides and a plot stays small.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from comparisons.results.envelope import LAST, Bin, Envelope
from symdiff import Adjoints, Definition
from symdiff.bridge.evaluator import Evaluator

_CURVE = 121  # points of f
_FINE = 4001  # points at which its turns are counted
_TURNS = 16
_REACH = 6.0  # |z| of a curve without kinks further out
_FARTHEST = 64.0


def profile(extremes: Envelope | None) -> dict[str, str] | None:
    """The extremes of a result of one variable, bin by bin; None for other results.

    Returns: `above` and `below`, the largest error upwards and downwards in ulp; `allowed`, the
        error from which a gradient is wrong; `wrong`, how many are. Each is a text of 131 numbers
        of three digits, `-` where a bin has no points, `inf` where a gradient is not finite.
    """
    if extremes is None:
        return None
    columns: dict[str, list[str]] = {name: [] for name in Bin._fields}
    for number in range(-LAST, LAST + 1):
        found = extremes.get(number)
        for name, column in columns.items():
            column.append("-" if found is None else f"{getattr(found, name):.3g}")
    return {name: " ".join(column) for name, column in columns.items()}


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
