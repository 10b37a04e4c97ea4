"""Compare forward mode with backward mode of captured code: ⟨v, J t⟩ = ⟨Jᵀ v, t⟩.

Of code that torch differentiates itself its formulas for a tangent are others than those for a
cotangent: of `scatter_reduce` with `prod` the tangent is 0 in torch 2.13 (pytorch#196702).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.circumstances.pushed import Pushed, pushed, pushed_lightly
from comparisons.careful.running.calls import Calls, Found
from comparisons.careful.running.script import call, differentiate, with_leaves, with_seeds
from comparisons.dtypes import Float64Array
from comparisons.inputs.values import seeded
from comparisons.results.comparison import Comparison
from symdiff.graph import Stop, topological

# Of the norm: beyond it two ways of one code disagree, as no order of additions explains.
_APART = {"float64": 2.0**-20, "float32": 2.0**-9}
_APART_ELSE = 2.0**-4
# How far beside the inputs the gradient is asked whether it jumps, in their own size.
_BESIDE = {"float64": 2.0**-30, "float32": 2.0**-16}
_BESIDE_ELSE = 2.0**-7
_SYMMETRIC = 2.0**-16  # x xᵀ is not to the last bit


def relative_tolerance(calls: Calls) -> float:
    """The relative difference that two right ways of one code may have in the type of the case."""
    return _APART.get(calls.case.dtype.name, _APART_ELSE)


def modes_should_agree(calls: Calls) -> bool:
    """Whether forward and backward mode should agree: nothing is cut, drawn or a surrogate.

    `no_grad` has no effect on tangents, as torch documents; what is drawn is drawn anew.
    """
    subject = calls.case.subject
    nodes = topological(subject.graph.output_nodes)
    stopped = any(isinstance(node, Stop) for node in nodes)
    return not (subject.surrogate or subject.draws or stopped)


def forward_mode(calls: Calls) -> Iterator[Comparison]:
    """Each input for which a tangent gives another number than the gradient does, in words.

    Where a value is ∞ or NaN its tangent is no number either, and nothing is asked.
    """
    if not all(np.isfinite(value).all() for value in calls.values(calls.leaves()).values()):
        return
    draw = seeded()
    gradients = calls.gradients(calls.leaves())
    for name in calls.names:  # one by one: each has a formula of its own
        given = calls.given[name]
        tangent = calls.case.dtype.round(_alike(given, draw.normal(size=given.shape)))
        pulled = gradients[name] * tangent
        lightly = pushed_lightly(calls, name, tangent)
        if lightly is not None and not _excess(calls, lightly, pulled):
            continue
        found = pushed(calls, name, tangent)
        excess = _excess(calls, found, pulled)
        if not excess:
            continue
        own = np.reshape(calls.case.tolerance(name, widely=True), tangent.shape)
        if excess <= float((own * np.abs(tangent)).sum()):
            continue  # of roundings: where the gradient is 0 in truth, or of a cast to 16 bits
        if _smooth(calls, name, gradients, tangent):
            yield finding(
                calls.case,
                name,
                f"is another in forward mode: v·Jt = {found.total:.9g} by its jvp, and "
                f"{pulled.sum():.9g} by its backward",
                _script(calls, name, tangent),
            )


def _excess(calls: Calls, found: Pushed, pulled: Float64Array) -> float:
    """The difference of ⟨v, J t⟩ and ⟨Jᵀ v, t⟩ beyond rounding; 0 if one is no number.

    Args: pulled, the terms of the latter.
    """
    pulled_sum = float(pulled.sum())
    room = relative_tolerance(calls) * (found.size + float(np.abs(pulled).sum()))
    excess = abs(found.total - pulled_sum) - room
    return 0.0 if excess <= 0 or not np.isfinite(pulled_sum) else excess


def _alike(given: Float64Array, tangent: Float64Array) -> Float64Array:
    """The tangent, symmetric where matrices are, and 0 in a triangle where they are.

    Code that is made for such matrices need not read all of them: `cholesky` reads half.
    """
    if given.ndim < 2 or given.shape[-1] != given.shape[-2]:
        return tangent
    if np.allclose(given, given.swapaxes(-1, -2), rtol=_SYMMETRIC, atol=0.0):
        return (tangent + tangent.swapaxes(-1, -2)) / 2
    for half in (np.tril, np.triu):
        if np.array_equal(given, half(given)):
            return np.asarray(half(tangent))
    return tangent


def _script(calls: Calls, name: str, tangent: Float64Array) -> str:
    """v·Jt, the outputs' tangents times their cotangents, added up; and so by the backward."""
    script = with_seeds(with_leaves(calls), calls).plain("§t", tangent)
    script.add(call(calls), differentiate(calls, [name]), "§b = (§g[0] * §t).sum().item()")
    script.add("§fwd = torch.autograd.forward_ad", "§fwd.enter_dual_level()")
    given = ", ".join(f"§fwd.make_dual({n}, §t)" if n == name else n for n in calls.names)
    places = list(calls.bare.weights)
    pairs = ", ".join(
        f"({calls.bare.weights[y]}, §fwd.unpack_dual(§y[{places.index(y)}]).tangent)"
        for y in calls.outputs(calls.leaves())
    )
    total = f"sum((§v.double() * §s).sum().item() for §v, §s in ({pairs},) if §s is not None)"
    script.add(f"§y = §f({given})", f"§a = {total}", "§fwd.exit_dual_level()")
    return script.ending("print(format(§a, '.9g'), format(§b, '.9g'))")


def _smooth(calls: Calls, name: str, gradients: Found, tangent: Float64Array) -> bool:
    """Whether the gradient does not jump here: at ties and kinks each mode has its own choice."""
    draw, given = seeded(), calls.given[name]
    size = _BESIDE.get(calls.case.dtype.name, _BESIDE_ELSE)
    step = size * draw.normal(size=given.shape) * (np.abs(given) + np.abs(given).max(initial=0.0))
    here = gradients[name] * tangent
    room = relative_tolerance(calls) * float(np.abs(here).sum())
    with suppress(Exception):  # code may have other shapes there
        for side in (step, -step):
            leaves = calls.leaves(given={**calls.given, name: calls.case.dtype.round(given + side)})
            there = calls.gradients(leaves)[name] * tangent
            if not abs(float(there.sum()) - float(here.sum())) <= room:
                return False
        return True
    return False
