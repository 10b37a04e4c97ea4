"""Tell whether the backward pass changes a cotangent or an output in place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.running.calls import Calls
from comparisons.careful.running.script import call, differentiate, with_leaves, with_seeds
from comparisons.engines.engine import float64
from comparisons.inputs.position import position
from comparisons.results.comparison import Comparison


def changed_by_backward(calls: Calls) -> Iterator[Comparison]:
    """In words each cotangent or output that the backward pass changes."""
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    seeds = calls.cotangents(outputs)
    before = [float64(t) for t in (*seeds.values(), *outputs.values())]
    calls.gradients(leaves, outputs, seeds)
    names = [f"{kind} {name}" for kind in ("cotangent of", "output") for name in outputs]
    places = list(calls.bare.weights)
    texts = [calls.bare.weights[y] for y in seeds] + [f"§y[{places.index(y)}]" for y in outputs]
    for what, text, old, t in zip(
        names, texts, before, (*seeds.values(), *outputs.values()), strict=True
    ):
        new = float64(t)
        wrong = np.argwhere((old != new) & ~(np.isnan(old) & np.isnan(new)))
        if wrong.size:
            at = tuple(map(int, wrong[0]))
            sentence = f"comes with a side effect: the {what}{position(at)} was {float(old[at])!r}"
            yield finding(
                calls.case,
                calls.names[0],
                f"{sentence} and is {float(new[at])!r} after the backward pass",
                with_seeds(with_leaves(calls), calls)
                .add(call(calls), differentiate(calls))
                .printing(text, at),
            )
