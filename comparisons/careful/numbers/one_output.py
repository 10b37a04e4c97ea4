"""Differentiate one of several outputs alone: its backward gets None for the others' cotangents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from comparisons.careful.running.plain_run import cotangents_of, differs, inputs_of, plain_run
from comparisons.careful.running.script import Told, of_plain_run
from comparisons.cases.case import Case
from comparisons.inputs.position import position
from comparisons.subjects.own.bare import Bare


def one_output(case: Case, bare: Bare) -> Iterator[Told]:
    """In words each input whose gradient is wrong if one output alone is differentiated."""
    if len(bare.weights) < 2:
        return
    given, v = inputs_of(case, bare), cotangents_of(case, bare)
    for y in bare.weights:
        zeros = {other: np.zeros(a.shape) for other, a in v.items()}
        expected = plain_run(case, bare, given, {**zeros, y: v[y]}).gradients
        try:
            found = plain_run(case, bare, given, {y: v[y]})
        except Exception as error:  # noqa: BLE001 - a backward that takes None for a tensor
            what = f"{type(error).__name__}: {error}".partition("\n")[0]
            said = f"cannot be had for {y} alone: the backward raises {what}"
            script = of_plain_run(case, bare, given, {y: v[y]})
            yield next(iter(given)), said, script.ending()
            return
        for name, got in found.gradients.items():
            wanted = expected[name]
            if differs(case, name, got, wanted, 1.0):
                off = np.abs(np.nan_to_num(got, nan=np.inf) - wanted)
                at = np.unravel_index(int(np.argmax(off)), got.shape)
                place = f" at {position(tuple(map(int, at)))}" if at else ""
                told = f"{float(got[at])!r} for {float(wanted[at])!r}"
                script = of_plain_run(case, bare, given, {y: v[y]})
                shown = script.printing(f"§g[{list(given).index(name)}]", tuple(map(int, at)))
                yield name, f"is wrong if {y} alone is differentiated: {told}{place}", shown
