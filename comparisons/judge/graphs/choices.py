"""Find which tied entries captured code chose, and what gradients other choices give.

A maximum over an axis, a sort, a median is captured as the choice that it made. A hair beside the
inputs, where no two entries are equal, the code is captured again, some times: it makes each choice
that a limit of gradients makes. What lies between them is a subgradient, if it shares out as much
as every choice does: both of two that tie may have a half, not the whole. Of positions that lie on
a pixel each is rounded by itself: there are more combinations than are met, and their spread says
how far they reach.

Source: Clarke, Optimization and Nonsmooth Analysis, 1983, §2.5, theorem 2.5.1.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.inputs.values import Inputs
from comparisons.judge.truth import Truth
from comparisons.subjects.own.nearby import Nearby

_PATIENCE = 10.0  # seconds of this process
# Of n choices, each between two numbers by chance, the sum is off its mean by at most √n of its
# standard deviations (½ Σ|d| ≤ ½ √n √(Σ d²)), which some samples tell to a factor of 2.
_SPREADS = 2.0

Ends = tuple[Float64Array, Float64Array]


@dataclass(frozen=True, eq=False)
class Choices:
    """The adjoints for each choice among tied entries that was met; at least two.

    Args: apart, how many choices are made independently of each other, by a rounding each, if so:
        more combinations than are met.
    """

    found: Sequence[Mapping[str, Float64Array]]
    apart: int = 0

    def between(
        self,
        name: str,
        computed: Float64Array,
        allowed: Callable[[str, Float64Array], Float64Array],
    ) -> Ends | None:
        """The least and the greatest value of each entry over all choices.

        None if all choices share out one sum, and these values have another. Args: allowed, the
        error of each entry beside its unit in the last place.
        """
        each = [made[name] for made in self.found if name in made]
        if len(each) < len(self.found) or not all(np.isfinite(e).all() for e in each):
            return None
        sums = [float(e.sum()) for e in each]
        room = float(np.sum(allowed(name, np.abs(each[0]) * 2.0**-52)))
        if max(sums) - min(sums) <= room and not abs(float(computed.sum()) - sums[0]) <= 2 * room:
            return None
        if self.apart:
            middle, spread = np.mean(each, 0), _SPREADS * np.sqrt(self.apart) * np.std(each, 0)
            return middle - spread, middle + spread
        return np.minimum.reduce(each), np.maximum.reduce(each)


def choices(truth: Truth, nearby: Nearby, inputs: Inputs) -> Choices | None:
    """Run the code a tiny step beside its inputs for its choices; None if there is but one."""
    graphs = {truth.graph.output_nodes: truth}
    started = time.process_time()
    try:
        for count, graph in enumerate(nearby.graphs(), 1):
            graphs.setdefault(graph.output_nodes, Truth(graph))
            if count == 2 and len(graphs) == 1:  # there is nothing to choose
                return None
            if time.process_time() - started > _PATIENCE:
                break
        found = [each.approximate(inputs) for each in graphs.values()]
    except Exception:  # noqa: BLE001 - the user's code may raise anything there
        return None
    return Choices(found, nearby.looked_up) if len(found) > 1 else None
