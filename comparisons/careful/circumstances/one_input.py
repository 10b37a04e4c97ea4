"""Ask where one input alone requires a gradient, and where one tensor is given for two inputs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.circumstances.beside_first_call import Index, judged, said
from comparisons.careful.running.calls import Calls, Found
from comparisons.careful.running.script import Script, call, differentiate, with_leaves, with_seeds
from comparisons.careful.unasked import Unasked
from comparisons.inputs.position import position
from comparisons.results.comparison import Comparison

_MOST_INPUTS = 6  # that are asked for each by itself
# Of the norm: called with one tensor twice, code adds in another order.
_TWICE_THE_SAME, _ROUNDINGS = 2.0**-10, 64


def required_alone(calls: Calls, first: Found) -> Iterator[Comparison | Unasked]:
    """Require a gradient of one input at a time, the others frozen, and judge it."""
    if len(calls.names) < 2:
        return
    for name in calls.names[:_MOST_INPUTS]:
        what = f"if only {name} requires a gradient"
        try:
            found = calls.gradients(calls.leaves(asked=[name]))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not raised else
            sentence = f"cannot be had {what}: {said(error)}"
            yield finding(calls.case, name, sentence, _alone(calls, name).ending())
            continue

        def shown(_: str, index: Index, name: str = name) -> str:
            return _alone(calls, name).printing("§g[0]", index)

        yield from judged(calls.case, first, found, what, shown)


def _alone(calls: Calls, name: str) -> Script:
    """The gradient of one input, which alone requires one."""
    script = with_seeds(with_leaves(calls, asked=[name]), calls)
    return script.add(call(calls), differentiate(calls, [name]))


def given_twice(calls: Calls) -> Iterator[Comparison | Unasked]:
    """Give one tensor for two inputs, and judge its gradient by the sum of theirs."""
    pairs = [
        (a, b)
        for i, a in enumerate(calls.names)
        for b in calls.names[i + 1 :]
        if calls.given[a].shape == calls.given[b].shape
    ]
    for a, b in pairs[:1]:
        what = f"one tensor given for {a} and {b}"
        given = {**calls.given, b: calls.given[a]}
        try:
            apart = calls.gradients(calls.leaves(given=given))
            leaves = calls.leaves(given=given)
            together = calls.gradients({**leaves, b: leaves[a]})[a]
        except Exception as error:  # noqa: BLE001 - code that is not made for it may raise anything
            yield Unasked(what, said(error))
            return
        size = np.linalg.norm(apart[a]) + np.linalg.norm(apart[b])
        difference = together - (apart[a] + apart[b])
        off = np.linalg.norm(difference)
        line = _TWICE_THE_SAME + _ROUNDINGS * calls.case.dtype.unit_roundoff
        if np.isfinite(size) and not off <= line * size:
            same = replace(calls.case, inputs={**calls.case.inputs, b: calls.case.inputs[a]})
            room = same.tolerance(a, widely=True) + same.tolerance(b, widely=True)
            if (np.abs(difference) <= np.reshape(room, difference.shape)).all():
                return  # their roundings: the gradient of x · x/‖x‖² is 0
            at = np.unravel_index(np.argmax(np.abs(difference)), together.shape)
            place = f" at {position(tuple(map(int, at)))}" if at else ""
            yield finding(
                calls.case,
                a,
                f"is wrong for {what}: {float(together[at])!r}{place}, where two "
                f"tensors of the same numbers have {float(apart[a][at] + apart[b][at])!r} together",
                _once(calls, a, b).printing("§g[0]", tuple(map(int, at))),
            )


def _once(calls: Calls, a: str, b: str) -> Script:
    """The gradient by one tensor that is given twice."""
    others = {name: values for name, values in calls.given.items() if name != b}
    script = with_seeds(with_leaves(calls, given=others).add(f"{b} = {a}"), calls)
    return script.add(call(calls), differentiate(calls, [a]))
