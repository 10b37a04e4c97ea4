"""Pair each of `symdiff.array_losses`, and pointwise losses with a reduction, with torch's code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, cast

import symdiff
from comparisons.dtypes import FloatType
from comparisons.inputs.drawn import (
    Draw,
    indices,
    labels,
    logits,
    positive,
    several,
    shares,
    signs,
    targets,
)
from comparisons.inputs.several import usual
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from comparisons.subjects.catalogue.array_code import ArrayCode, Words, by_name
from comparisons.subjects.catalogue.torch_calls import torch_call
from comparisons.subjects.catalogue.torch_code import filled_in
from comparisons.subjects.subject import Subject
from symdiff import Graph
from symdiff.suggestion import looked_up

_AS_POINTS = 48  # so many pairs of a pointwise loss, once it is reduced


def _weights(options: Words, graph: Graph) -> Words:
    """A weight that the graph has as an input, to torch a constant; else none."""
    names = {i.name for i in graph.inputs}
    return {
        "weight": "w.detach()" if "w" in names else "None",
        "own_weight": "w" if "w" in names else "None",
        "pos_weight": "p.detach()" if "p" in names else "None",
        "classes": "t.long()" if options.get("target") == "indices" else "t",
    }


def _one_ignored(inputs: dict[str, Any], words: Words) -> None:
    """The last class index is the one that counts nothing."""
    if inputs["t"].ndim == 1:
        inputs["t"][-1] = words["ignore_index"]


def _loss(name: str, code: str, **draws: Draw) -> ArrayCode:
    adapt = _one_ignored if "{ignore_index}" in code else None
    whole = f"{code[:-1]}, reduction='{{reduction}}')"
    return ArrayCode(symdiff.array_losses[name], whole, draws, _weights, adapt, rows="n")


LOSSES: Mapping[str, ArrayCode] = MappingProxyType(
    by_name(
        [
            _loss(
                "cross_entropy",
                "F.cross_entropy(x, {classes}, {weight}, label_smoothing={label_smoothing}, "
                "ignore_index={ignore_index})",
                x=logits,
                t=targets,
                w=positive,
            ),
            _loss(
                "nll",
                "F.nll_loss(x, t.long(), {weight}, ignore_index={ignore_index})",
                t=indices,
                w=positive,
            ),
            _loss("kl_div", "F.kl_div(x, t, log_target={log_target})", t=positive),
            _loss(
                "multi_margin",
                "F.multi_margin_loss(x, t.long(), {p}, {margin}, {weight})",
                t=indices,
                w=positive,
            ),
            _loss("multilabel_margin", "F.multilabel_margin_loss(x, t.long())", t=several),
            _loss(
                "multilabel_soft_margin",
                "F.multilabel_soft_margin_loss(x, t, {own_weight})",
                t=labels,
                w=positive,
            ),
            _loss(
                "binary_cross_entropy",
                "F.binary_cross_entropy(y, t, {weight})",
                y=shares,
                t=shares,
                w=positive,
            ),
            _loss(
                "binary_cross_entropy_with_logits",
                "F.binary_cross_entropy_with_logits(x, t, {weight}, pos_weight={pos_weight})",
                t=shares,
                w=positive,
                p=positive,
            ),
            _loss("margin_ranking", "F.margin_ranking_loss(x1, x2, t, {margin})", t=signs),
            _loss("hinge_embedding", "F.hinge_embedding_loss(x, t.detach(), {margin})", t=signs),
            _loss("soft_margin", "F.soft_margin_loss(x, t.detach())", t=signs),
            _loss(
                "poisson_nll",
                "F.poisson_nll_loss(x, t, {log_input}, {full}, eps={eps})",
                x=positive,
                t=positive,
            ),
            _loss("gaussian_nll", "F.gaussian_nll_loss(x, t, s, {full}, {eps})", s=positive),
            _loss(
                "cosine_embedding",
                "F.cosine_embedding_loss(x1, x2, t.detach(), {margin})",
                t=signs,
            ),
            _loss(
                "triplet_margin", "F.triplet_margin_loss(a, p, q, {margin}, {norm}, {eps}, {swap})"
            ),
        ]
    )
)


def array_loss(name: str, **options: Any) -> Subject:
    """Pair one of `symdiff.array_losses`, or a pointwise loss with a `reduction`, with torch's.

    It is judged at small arrays from a fixed seed, hard ones among them.

    Raises: ValueError if there is no loss so called, or an option is not one it takes.
    """
    if name in symdiff.losses:
        return _reduced(name, **options)
    return looked_up(name, LOSSES, "loss").subject(**options)


def _reduced(name: str, reduction: str = "mean", **parameters: object) -> Subject:
    definition = symdiff.loss(name, **parameters)
    graph = symdiff.reduced(definition, cast("Any", reduction), "n")  # it is checked there
    call = torch_call(definition)
    code = filled_in(
        call.code.replace("reduction='none'", f"reduction='{reduction}'"), call.operands, {}
    )

    def sample(dtype: FloatType) -> Inputs:
        some = {k: v[:: v.size // _AS_POINTS] for k, v in usual(definition, dtype).items()}
        if reduction != "none":
            return some
        cotangent = seeded().normal(size=next(iter(some.values())).shape)
        return {**some, COTANGENT: dtype.round(cotangent)}

    return Subject(
        f"{name}(reduction={reduction!r})",
        graph,
        code,
        code.code,
        sample=sample,
        of_torch=code.of_torch,
    )
