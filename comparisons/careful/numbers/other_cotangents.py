"""Ask captured code for other cotangents than the first: of other sizes, ones, zeros.

A gradient is linear in its cotangent. So a power of two before it is one before the gradient, bit
by bit unless something over- or underflows, and 0 gives 0; what differs is certified and judged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.circumstances.beside_first_call import judged
from comparisons.careful.running.calls import Calls, Found, differing
from comparisons.careful.running.script import call, differentiate, with_leaves, with_seeds
from comparisons.careful.unasked import Unasked
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import seeded
from comparisons.results.comparison import Comparison

# Exponents of cotangents whose products with usual numbers stay within the type.
_EXPONENT = {"float64": 100, "float16": 3}
_EXPONENT_ELSE = 30
_SUSPICIOUS = {
    "float64": 2.0**-20,
    "float32": 2.0**-10,
}  # of an entry: beyond it the truth is asked
_SUSPICIOUS_ELSE = 2.0**-4


def other_cotangents(calls: Calls) -> Iterator[Comparison | Unasked]:
    """The findings for a cotangent of another size, for ones and for zeros."""
    case = calls.case
    first = calls.gradients(calls.leaves())
    types = case.subject.types(case.dtype)
    size = min(_EXPONENT.get(t.name, _EXPONENT_ELSE) for t in types)
    for power in (-size, size):
        what = f"for a cotangent 2^{power} times as large"
        other = _with(calls, lambda v, power=power: v * 2.0**power)  # type: ignore[misc]
        scaled = {name: g * 2.0**power for name, g in first.items()}
        yield from judged(other.case, scaled, _found(other), what, partial(_entry, other))
    yield from _ones(calls)
    what = "for a cotangent of every size, some of it 0"
    if case.subject.inexact:
        yield Unasked(what, case.subject.inexact)
    else:
        draw = seeded()
        mixed = _with(calls, lambda v: _of_every_size(v, size, draw))
        yield from _unlike_estimate(mixed, what)
    yield from _zero(calls, first)


def _with(calls: Calls, change: Callable[[Float64Array], Float64Array]) -> Calls:
    """The case with other cotangents."""
    case = calls.case
    changed = {w: change(np.asarray(case.inputs[w])) for w in calls.bare.weights.values()}
    rounded = {w: case.dtype.round(np.asarray(v)) for w, v in changed.items()}
    return Calls(replace(case, inputs={**case.inputs, **rounded}), calls.bare)


def _found(calls: Calls) -> Found:
    return calls.gradients(calls.leaves())


def _of_every_size(v: Float64Array, size: int, draw: np.random.Generator) -> Float64Array:
    exponents = draw.integers(-size, size + 1, size=np.shape(v))
    return np.asarray(v * np.exp2(exponents) * (draw.random(np.shape(v)) > 1 / 4))


def _ones(calls: Calls) -> Iterator[Comparison | Unasked]:
    """Ones as tensors have them, and as the gradient of a sum has them: one number expanded."""
    of_ones = _with(calls, np.ones_like)
    yield from _unlike_estimate(of_ones, "for a cotangent of ones")
    plain, leaves = _found(of_ones), of_ones.leaves()
    outputs = of_ones.outputs(leaves)
    expanded = {name: y.new_ones(()).expand(y.shape) for name, y in outputs.items()}
    try:
        found = of_ones.gradients(leaves, outputs, expanded)
    except RuntimeError as error:
        yield Unasked("an expanded cotangent, as of y.sum()", str(error).partition("\n")[0])
        return

    def shown(name: str, index: tuple[int, ...]) -> str:
        script = with_leaves(of_ones).add(call(of_ones))
        for y, v in of_ones.bare.weights.items():
            output = f"§y[{list(of_ones.bare.weights).index(y)}]"
            script.add(f"{v} = {output}.new_ones(()).expand({output}.shape)")
        script.add(differentiate(of_ones))
        return script.printing(f"§g[{of_ones.names.index(name)}]", index)

    what = "for an expanded cotangent, as of y.sum()"
    yield from judged(of_ones.case, plain, found, what, shown)


def _unlike_estimate(calls: Calls, what: str) -> Iterator[Comparison]:
    """Judged, where an entry is not what float64 arithmetic estimates.

    One that is 0 in truth is estimated to no digit: it may be as far off as is judged accurate
    anyway, or half of that, since the estimate has an error too.
    """
    case, found = calls.case, _found(calls)
    estimated = case.derived.approximate(case.inputs)
    line = _SUSPICIOUS.get(case.dtype.name, _SUSPICIOUS_ELSE)
    expected = {n: np.reshape(estimated[n], g.shape) for n, g in found.items() if n in estimated}

    def as_expected(name: str, wanted: Float64Array) -> bool:
        off = np.abs(found[name] - wanted)
        if (off <= line * np.abs(wanted)).all():
            return True
        allowed = np.reshape(case.tolerance(name, widely=False), off.shape)
        return bool((off <= allowed / 2).all())

    suspects = {n: found[n] for n, wanted in expected.items() if not as_expected(n, wanted)}
    yield from judged(case, expected, suspects, what, partial(_entry, calls))


def _zero(calls: Calls, first: Found) -> Iterator[Comparison]:
    """0 where the cotangent is 0 everywhere, and the gradient is a number else."""
    of_zeros = _with(calls, np.zeros_like)
    found = _found(of_zeros)
    for name in differing(found, {k: np.zeros(g.shape) for k, g in first.items()}):
        wrong = (found[name] != 0) & np.isfinite(first[name])
        if wrong.any():
            at = tuple(map(int, np.argwhere(wrong)[0]))
            number = float(found[name][at])
            said = f"is {number!r} for a cotangent of zeros, and should be 0"
            yield finding(calls.case, name, said, _entry(of_zeros, name, at))


def _entry(calls: Calls, name: str, index: tuple[int, ...]) -> str:
    """The statements that print an entry of the gradient by one of the inputs."""
    script = with_seeds(with_leaves(calls), calls).add(call(calls), differentiate(calls))
    return script.printing(f"§g[{calls.names.index(name)}]", index)
