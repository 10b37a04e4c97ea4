"""Ask for forward mode and vmap of captured code whose backward is written by hand.

Both are held beside what plain calls give: a Jacobian-vector product by ⟨v, J t⟩ = ⟨Jᵀ v, t⟩.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from comparisons.careful.behaviour import finding
from comparisons.careful.circumstances.forward_mode import forward_mode, relative_tolerance
from comparisons.careful.running.calls import Calls
from comparisons.careful.running.script import with_leaves, with_seeds
from comparisons.careful.unasked import Unasked, until_an_error
from comparisons.engines.engine import float64, own_deprecations_ignored
from comparisons.results.comparison import Comparison

if TYPE_CHECKING:
    from torch import Tensor

_BATCH = (1.0, 0.75, 0.5)  # the arguments given, and smaller ones, in one batch


def transforms(calls: Calls) -> Iterator[Comparison | Unasked]:
    """The findings where forward mode or vmap gives something else than the plain call."""
    ways: list[tuple[str, Callable[[], Iterator[Comparison]]]] = [
        ("forward mode", lambda: forward_mode(calls))
    ]
    if not calls.case.subject.draws:
        ways.append(("vmap", lambda: _vmap(calls, calls.names)))
        if len(calls.names) > 1:
            ways.append(("vmap of one argument", lambda: _vmap(calls, calls.names[:1])))
    for what, ask in ways:
        with own_deprecations_ignored():
            answers = until_an_error(what, ask())
        yield from answers


def _vmap(calls: Calls, batched: Sequence[str]) -> Iterator[Comparison]:
    """Values and gradients of a batch beside those of its members."""
    import torch

    returned = calls.bare.on_the_very
    members = [
        {k: calls.case.dtype.round(v * (s if k in batched else 1)) for k, v in calls.given.items()}
        for s in _BATCH
    ]
    apart = [calls.leaves(given=member) for member in members]
    outputs = [calls.outputs(leaves) for leaves in apart]
    seeds = calls.cotangents(outputs[0])
    leaves = {
        k: torch.stack([member[k].detach() for member in apart]).requires_grad_() if k in batched
        else calls.leaves()[k]
        for k in calls.names
    }  # fmt: skip
    names = tuple(outputs[0])

    def one(*values: Tensor) -> tuple[Tensor, ...]:
        found = returned(dict(zip(calls.names, values, strict=True)))
        return tuple(found[name] for name in names)

    dims = tuple(0 if k in batched else None for k in calls.names)
    together = torch.func.vmap(one, in_dims=dims)(*leaves.values())
    for i, name in enumerate(names):
        expected = np.stack([float64(o[name]) for o in outputs])
        what, shown = f"the value {name}", partial(_vmap_script, calls, batched, f"§y[{i}]")
        yield from _beside(calls, calls.names[0], what, together[i], expected, shown)
    wanted = [k for k in calls.names if k in batched]
    found = torch.autograd.grad(
        together,
        [leaves[k] for k in wanted],
        [torch.stack([seeds[name]] * len(_BATCH)) for name in names],
        allow_unused=True,
    )
    each = [calls.gradients(a, o, calls.cotangents(o)) for a, o in zip(apart, outputs, strict=True)]
    for k, gradient in zip(wanted, found, strict=True):
        expected = np.stack([g[k] for g in each])
        shown = partial(_vmap_script, calls, batched, f"§g[{wanted.index(k)}]")
        yield from _beside(calls, k, f"{k}.grad", gradient, expected, shown)


def _vmap_script(calls: Calls, batched: Sequence[str], what: str, at: int) -> str:
    """A number of the values or of the gradients of a batch."""
    script = with_seeds(with_leaves(calls), calls)
    for k in batched:
        members = f"torch.stack([{k}.detach() * §s for §s in {_BATCH}])"
        script.add(f"{k} = {members}.requires_grad_()")
    places = list(calls.bare.weights)
    outputs = list(calls.outputs(calls.leaves()))
    returned = ", ".join(f"§u[{places.index(y)}]" for y in outputs)
    names, dims = ", ".join(calls.names), tuple(0 if k in batched else None for k in calls.names)
    one = f"lambda {names}: (lambda §u: ({returned},))(§f({names}))"
    seeds = ", ".join(f"torch.stack([{calls.bare.weights[y]}] * {len(_BATCH)})" for y in outputs)
    of = ", ".join(k for k in calls.names if k in batched)
    script.add(f"§y = torch.func.vmap({one}, in_dims={dims})({names})")
    if what.startswith("§g"):
        grad = f"torch.autograd.grad(§y, [{of}], [{seeds}], materialize_grads=True)"
        script.add(f"§g = {grad}")
    return script.ending(f"print(format({what}.flatten()[{at}].item(), '.9g'))")


def _beside(
    calls: Calls,
    name: str,
    what: str,
    found: Tensor | None,
    expected: object,
    shown: Callable[[int], str],
) -> Iterator[Comparison]:
    wanted = np.asarray(expected)
    got = np.zeros(wanted.shape) if found is None else float64(found)
    size = float(np.linalg.norm(wanted))
    if got.shape == wanted.shape and not np.isfinite(size):
        return
    if (
        got.shape != wanted.shape
        or not np.linalg.norm(got - wanted) <= relative_tolerance(calls) * size
    ):
        at = int(np.argmax(np.abs(got - wanted))) if got.shape == wanted.shape else 0
        yield finding(
            calls.case,
            name,
            f"is not to be had under torch.func.vmap: {what} is {got.ravel()[at]:.9g} in a batch "
            f"and {wanted.ravel()[at]:.9g} alone",
            shown(at),
        )
