"""Estimate the rounding errors of torch's own formula, where it is known to lose digits.

A graph's adjoints are computed in one way, the framework's in another: torch takes a reflection
back by its inverse, 1 − σ v vᵀ with σ = τ/(τ‖v‖² − 1), which divides by a difference that cancels.
So the gradient's own computation is recorded, and its roundings are followed through it. That is
done of the operators that are named alone, and of no backward that is written by hand: any
formula would excuse itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from comparisons.dtypes import FloatType
from comparisons.inputs.values import Inputs
from comparisons.judge.graphs.allowance import precision_of
from comparisons.subjects.subject import Subject
from symdiff.graph.signature import Signature
from symdiff.rounding import RoundingErrors
from symdiff.rounding.errors import errors_of

if TYPE_CHECKING:
    from torch import Tensor


def formula_errors(subject: Subject, inputs: Inputs, dtype: FloatType) -> RoundingErrors | None:
    """The rounding errors of the gradients as torch computes them; None if they are not known.

    Args: inputs, with the cotangents.
    """
    import torch

    from comparisons.capture.capturing import captured_call

    names = [i.name for i in subject.graph.inputs]
    found: list[str] = []

    def gradients(*leaves: Tensor) -> tuple[Tensor, ...]:
        output = subject.forward(**dict(zip(names, leaves, strict=True)))
        every = torch.autograd.grad(output, leaves, create_graph=True, allow_unused=True)
        known = {n: g for n, g in zip(names, every, strict=True) if g is not None}
        found[:] = known
        return tuple(known.values())

    leaves = tuple(torch.tensor(np.asarray(inputs[name])) for name in names)
    try:
        captured = captured_call(gradients, leaves, {}, dtype=dtype, reads=False)
    except Exception:  # noqa: BLE001 - what has no rule is not followed
        return None
    graph = captured.graph
    signature = Signature(
        graph.name, {i.name: i.axes for i in graph.inputs}, graph.parameters, lengths=graph.lengths
    )
    nodes = dict(zip(found, graph.output_nodes, strict=True))
    return errors_of(signature, nodes, captured.arrays, precision_of(dtype), floors=True)


def no_less(errors: RoundingErrors, formula: RoundingErrors | None) -> RoundingErrors:
    """The errors, of each adjoint those of the formula where they are larger."""
    if formula is None:
        return errors
    sizes = errors.sizes
    own = {n: s for n, s in formula.sizes.items() if n in sizes and s.shape == sizes[n].shape}
    return replace(
        errors,
        sizes={n: np.fmax(s, own[n]) if n in own else s for n, s in sizes.items()},
        common={n: max(c, formula.common[n]) if n in own else c for n, c in errors.common.items()},
    )
