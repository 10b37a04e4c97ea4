"""Find iterations towards a fixed point, as implicit layers have, and whether they come to rest.

The backward of an implicit layer is that of the point where its iteration rests. Where it does not
come to rest, as of weights eight times as large, the code has another derivative, that of so many
steps, and the backward is not wrong for it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from comparisons.cases.case import Case
from symdiff.bridge.evaluator import Evaluator
from symdiff.graph import Elementwise, Node, topological
from symdiff.graph.signature import Signature

if TYPE_CHECKING:
    from comparisons.capture.running.place import Place

_OFTEN = 16  # times that a line ran
_LOOP = 3
# Of the largest entry, by which the last step changes it. Of n steps a gradient is n times as far
# from where it rests as the value is; and stays so below what is suspicious at other arguments.
_RESTING, _RESTING_ELSE = 2.0**-30, 2.0**-18

Steps = tuple["Place | None", str]  # the user's line, and what is computed there entry by entry


def resting(case: Case) -> dict[Steps, bool]:
    """Whether the last two of many values that a line computed are the same, by line."""
    graph, found = case.subject.graph, _steps(case)
    pairs = {s: n[-2:] for s, n in found.items() if len(n) >= _OFTEN and n[-1].axes == n[-2].axes}
    if not pairs:
        return {}
    names = {
        f"s{k}_{i}": node for k, pair in enumerate(pairs.values()) for i, node in enumerate(pair)
    }
    inputs = {i.name: i.axes for i in graph.inputs}
    signature = Signature(graph.name, inputs, graph.parameters, lengths=graph.lengths)
    line = _RESTING if case.dtype.name == "float64" else _RESTING_ELSE
    with np.errstate(all="ignore"):
        values = Evaluator(signature, names)(**case.inputs)
        return {s: _alike(values[f"s{k}_0"], values[f"s{k}_1"], line) for k, s in enumerate(pairs)}


def _steps(case: Case) -> dict[Steps, list[Node]]:
    """The values that each line computed entry by entry, in their order."""
    places, found = case.subject.places, defaultdict[Steps, list[Node]](list)
    for node in topological(case.subject.graph.output_nodes):
        known = node in places or not places  # of code from no file, as exec() runs it
        if known and isinstance(node, Elementwise) and node.axes:
            found[places.get(node), str(node.expr)].append(node)
    return found


def _alike(before: object, last: object, line: float) -> bool:
    size = np.abs(np.asarray(last)).max(initial=0.0)
    return bool(np.abs(np.asarray(last) - np.asarray(before)).max(initial=0.0) <= line * size)


def goes_on(case: Case, moved: Case) -> bool:
    """Whether an iteration that comes to rest in a case does not in another of the same code."""
    there = resting(moved)
    return bool(there) and any(
        at_rest and not there.get(s, True) for s, at_rest in resting(case).items()
    )


def stops_sooner(case: Case, moved: Case) -> bool:
    """Whether a line runs fewer times than in a case of the same code, as until a step is small.

    Of entries of 10⁻¹⁸ the first step is below any tolerance, and the value as good as at rest; its
    derivative is that of no step.
    """
    there = _steps(moved)
    return any(len(there.get(s, ())) < len(n) for s, n in _steps(case).items() if len(n) >= _LOOP)
