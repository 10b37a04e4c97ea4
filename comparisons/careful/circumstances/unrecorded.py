"""Compare the values under `torch.no_grad()` and in inference mode with the usual ones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comparisons.careful.circumstances.beside_first_call import Index, judged, said
from comparisons.careful.running.calls import Calls
from comparisons.careful.running.script import call, with_leaves
from comparisons.careful.unasked import Unasked
from comparisons.results.comparison import Comparison


def unrecorded(calls: Calls) -> Iterator[Comparison | Unasked]:
    """In words each value that differs where no gradient is recorded."""
    import torch

    weights, shapes = calls.bare.weights, calls.case.inputs
    first = calls.values(calls.leaves())
    for mode in (torch.no_grad, torch.inference_mode):
        what = f"under torch.{mode.__name__}()"
        try:
            with mode():
                found = calls.values(calls.leaves(asked=()))
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, said(error))
            continue
        before, now = (
            {w: np.reshape(of[y], np.shape(shapes[w])) for y, w in weights.items()}
            for of in (first, found)
        )

        def shown(weight: str, index: Index, mode: str = mode.__name__) -> str:
            script = with_leaves(calls, asked=()).add(f"§m = torch.{mode}()", "§m.__enter__()")
            output = f"§y[{list(weights.values()).index(weight)}]"
            script.add(call(calls), "§m.__exit__(None, None, None)")
            return script.printing(output, index)

        yield from judged(calls.case, before, now, what, shown)
