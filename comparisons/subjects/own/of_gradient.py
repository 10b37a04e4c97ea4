"""Make a subject of the gradient of captured code: its gradient is the second derivative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import symdiff
from comparisons.dtypes import FloatType
from comparisons.inputs.values import Inputs, seeded
from comparisons.subjects.own.weighted_sum import weighted_sum
from comparisons.subjects.subject import Subject
from symdiff.graph import Graph

if TYPE_CHECKING:
    from torch import Tensor


def of_gradient(subject: Subject) -> Subject:
    """The subject whose output is Σ w ∘ x̄ over the gradients of another's inputs.

    Raises: ValueError if it has none.
    """
    graph = subject.graph
    found = symdiff.adjoints(graph)
    # of what the outputs are weighted with the gradient is the outputs, judged already
    own = [n for n in graph.inputs if subject.labels[n.name].endswith(".grad")]
    inputs = [i for i in own if i.name in found.nodes]
    if not inputs:
        raise ValueError(
            f"{subject} has no gradient that could be differentiated again: its outputs depend on "
            "no input; check its first derivative, order=1"
        )
    weights, ws, loss, total = weighted_sum(
        graph, found.nodes, {i.name: f"w_{i.name}" for i in inputs}, "M"
    )

    def forward(**leaves: Tensor) -> Tensor:
        import torch

        known = {i.name: leaves[i.name] for i in graph.inputs}
        asked = [known[name] for name in weights]
        gradients = torch.autograd.grad(
            subject.forward(**known), asked, create_graph=True, allow_unused=True
        )
        parts = [
            (leaves[weights[name]] * g).sum()
            for name, g in zip(weights, gradients, strict=True)
            if g is not None
        ]
        return sum(parts[1:], parts[0])

    def sample(dtype: FloatType) -> Inputs:
        assert subject.sample is not None  # noqa: S101 - captured code has one
        known = subject.sample(dtype)
        draw = seeded()
        drawn = {
            weights[i.name]: dtype.round(draw.normal(size=known[i.name].shape)) for i in inputs
        }
        return {**known, **drawn}

    own_weights = f"({''.join(f'{w}, ' for w in weights.values())})"
    own_inputs = f"({''.join(f'{name}, ' for name in weights)})"
    options = "create_graph=True, allow_unused=True"
    gradients = f"torch.autograd.grad({subject.code}, {own_inputs}, {options})"
    return Subject(
        f"the gradient of {subject.name}",
        Graph(
            graph.name,
            (*graph.inputs, *ws),
            {loss: total},
            graph.parameters,
            lengths=graph.lengths,
            derived_from=graph,
        ),
        forward,
        f"sum((w * g).sum() for w, g in zip({own_weights}, {gradients}) if g is not None)",
        sample=sample,
        of_user=True,
        captured=True,
        casts=subject.casts,
        origin=subject.origin,
        reading=subject.reading,
        draws=subject.draws,
        inexact=subject.inexact,
        lossy=subject.lossy,
        shared=subject.shared,
        weights=weights,
        computed=subject.computed,
        by_memory=subject.by_memory,
        surrogate=subject.surrogate,
        shapes={
            **subject.shapes,
            **{w: subject.shapes[name] for name, w in weights.items() if name in subject.shapes},
        },
        labels={
            **{i.name: f"{i.name}.grad" for i in graph.inputs},
            **{w: f"{name}.grad (the first derivative)" for name, w in weights.items()},
        },
    )
