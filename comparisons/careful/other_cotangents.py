"""Cotangents beside the one that captured code is judged for: of other sizes, ones, zeros, NaN.

A gradient is linear in its cotangent. So a power of two before it is one before the gradient, bit
by bit unless something over- or underflows, and 0 gives 0; what differs is certified and judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.calls import Calls, Found, differing
from comparisons.careful.circumstances import judged
from comparisons.careful.unasked import Unasked
from comparisons.case import Case
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import seeded
from comparisons.results.comparison import Comparison

if TYPE_CHECKING:
    from torch import Tensor

# Exponents of cotangents whose products with usual numbers stay within the type.
_EXPONENT = {"float64": 100, "float16": 3}
_EXPONENT_ELSE = 30
_SUSPICIOUS = {
    "float64": 2.0**-20,
    "float32": 2.0**-10,
}  # of an entry: beyond it the truth is asked
_SUSPICIOUS_ELSE = 2.0**-4
_CLEAR = 2.0**-10  # a slope that is not 0
_PROBED = 3  # entries of an output, each with a NaN


def other_cotangents(calls: Calls) -> Iterator[Comparison | Unasked]:
    """What is wrong for a cotangent of another size, for ones, for zeros, for what is no number."""
    case = calls.case
    first = calls.gradients(calls.leaves())
    size = _EXPONENT.get(case.dtype.name, _EXPONENT_ELSE)
    for power in (-size, size):
        what = f"for a cotangent 2^{power} times as large"
        other = _with(case, {w: case.inputs[w] * 2.0**power for w in _weights(case)})
        scaled = {name: g * 2.0**power for name, g in first.items()}
        yield from judged(other, scaled, _found(other), what)
    yield from _ones(case)
    draw = seeded()
    mixed = {w: _of_every_size(case.inputs[w], size, draw) for w in _weights(case)}
    yield from _unlike_estimate(_with(case, mixed), "for a cotangent of every size, some of it 0")
    yield from _zero(calls, first)
    yield from _no_number(calls)


def _weights(case: Case) -> list[str]:
    return list(case.subject.weights.values())


def _with(case: Case, weights: Mapping[str, Float64Array]) -> Case:
    rounded = {w: case.dtype.round(np.asarray(v)) for w, v in weights.items()}
    return replace(case, inputs={**case.inputs, **rounded})


def _found(case: Case) -> Found:
    calls = Calls(case)
    return calls.gradients(calls.leaves())


def _of_every_size(v: Float64Array, size: int, draw: np.random.Generator) -> Float64Array:
    exponents = draw.integers(-size, size + 1, size=np.shape(v))
    return np.asarray(v * np.exp2(exponents) * (draw.random(np.shape(v)) > 1 / 4))


def _ones(case: Case) -> Iterator[Comparison]:
    """Ones as tensors have them, and as the gradient of a sum has them: one number expanded."""
    of_ones = _with(case, {w: np.ones(np.shape(case.inputs[w])) for w in _weights(case)})
    yield from _unlike_estimate(of_ones, "for a cotangent of ones")
    calls = Calls(of_ones)
    plain, leaves = calls.gradients(calls.leaves()), calls.leaves()
    outputs = calls.outputs(leaves)
    expanded = {name: y.new_ones(()).expand(y.shape) for name, y in outputs.items()}
    found = calls.gradients(leaves, outputs, expanded)
    yield from judged(of_ones, plain, found, "for an expanded cotangent, as of y.sum()")


def _unlike_estimate(case: Case, what: str) -> Iterator[Comparison]:
    """Judged, where an entry is not what float64 arithmetic estimates."""
    expected = case.derived.approximate(case.inputs)
    found = _found(case)
    line = _SUSPICIOUS.get(case.dtype.name, _SUSPICIOUS_ELSE)
    suspects = {
        name: g
        for name, g in found.items()
        if name in expected
        and not (np.abs(g - expected[name]) <= line * np.abs(expected[name])).all()
    }
    if suspects:
        yield from judged(
            case, {n: expected[n] + np.zeros(g.shape) for n, g in suspects.items()}, suspects, what
        )


def _zero(calls: Calls, first: Found) -> Iterator[Comparison]:
    """0 where the cotangent is 0 everywhere, and the gradient is a number else."""
    found = _found(_with(calls.case, {w: 0 * calls.case.inputs[w] for w in _weights(calls.case)}))
    for name in differing(found, {k: np.zeros(g.shape) for k, g in first.items()}):
        wrong = (found[name] != 0) & np.isfinite(first[name])
        if wrong.any():
            number = float(found[name][wrong][0])
            yield finding(
                calls.case, name, f"is {number!r} for a cotangent of zeros, and should be 0"
            )


def _no_number(calls: Calls) -> Iterator[Comparison]:
    """A NaN or ∞ in the cotangent reaches what its entry has a slope to."""
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    for name, y in outputs.items():
        for at in np.unique(np.linspace(0, y.numel() - 1, min(_PROBED, y.numel())).astype(int)):
            slopes = _of_entry(calls, name, int(at), 1.0)
            for number in (np.nan, np.inf):
                found = _of_entry(calls, name, int(at), number)
                for leaf, slope in slopes.items():
                    finite = np.isfinite(found[leaf]) & (np.abs(slope) > _CLEAR)
                    if finite.any():
                        yield finding(
                            calls.case,
                            leaf,
                            f"is {float(found[leaf][finite][0])!r} for a cotangent of {number}, "
                            f"where its slope is {float(slope[finite][0]):.3g}: the {number} is "
                            "swallowed",
                        )
                        return


def _of_entry(calls: Calls, output: str, at: int, number: float) -> Found:
    """The gradient for a cotangent of one number, and zeros."""
    leaves = calls.leaves()
    outputs = calls.outputs(leaves)
    seeds: dict[str, Tensor] = {}
    for name, y in outputs.items():
        values = np.zeros(y.numel())
        if name == output:
            values[at] = number
        seeds[name] = calls.case.setting.tensor(values.reshape(tuple(y.shape))).to(y.dtype)
    return calls.gradients(leaves, outputs, seeds)
