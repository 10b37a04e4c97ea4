"""Pair each of `symdiff.layers` with torch's code for it, a stanza a layer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import symdiff
from comparisons.inputs.drawn import Draw, logits, narrow
from comparisons.subjects.catalogue.array_code import ArrayCode, by_name
from comparisons.subjects.subject import Subject
from symdiff.suggestion import looked_up


def _layer(name: str, code: str, **draws: Draw) -> ArrayCode:
    return ArrayCode(symdiff.layers[name], code, draws)


LAYERS: Mapping[str, ArrayCode] = MappingProxyType(
    by_name(
        [
            _layer("softmax", "F.softmax(x, {dim})", x=logits),
            _layer("log_softmax", "F.log_softmax(x, {dim})", x=logits),
            _layer("softmin", "F.softmin(x, {dim})", x=logits),
            _layer("logsumexp", "torch.logsumexp(x, {dim})", x=logits),
            # as keras has it: the support is found by running sums of the sorted entries
            _layer(
                "sparsemax",
                "(lambda z: (lambda k: F.relu(x - ((z * k).sum({dim}, True) - 1) "
                "/ k.sum({dim}, True)))(1 + torch.ones_like(z).cumsum({dim}) * z > "
                "z.cumsum({dim})))(x.sort({dim}, descending=True).values)",
                x=logits,
            ),
            _layer("glu", "F.glu(x.flatten(1))"),
            _layer("swiglu", "F.silu(x @ W) * (x @ V)"),
            _layer("geglu", "F.gelu(x @ W) * (x @ V)"),
            _layer("reglu", "F.relu(x @ W) * (x @ V)"),
            _layer("bilinear", "(x @ W) * (x @ V)"),
            ArrayCode(
                symdiff.layers["maxout"],
                "(torch.einsum('nd,kdh->nkh', x, W) + b){largest}",
                words=lambda options, _: {
                    "largest": ".amax(1)" if options["ties"] == "even" else ".max(1).values"
                },
            ),
            _layer("crelu", "F.relu(torch.stack((x, -x), 1))"),
            _layer("layer_norm", "F.layer_norm(x, x.shape[1:], gamma, beta, {eps})", x=narrow),
            _layer("rms_norm", "F.rms_norm(x, x.shape[1:], gamma, {eps})", x=narrow),
            _layer(
                "group_norm",
                "F.group_norm(x.flatten(1, 2), x.shape[1], gamma.flatten(), beta.flatten(), "
                "{eps}).unflatten(1, x.shape[1:3])",
                x=narrow,
            ),
            _layer(
                "attention",
                "F.scaled_dot_product_attention(Q[None], K[None], V[None], is_causal={causal})[0]",
            ),
        ]
    )
)


def layer(name: str, **options: Any) -> Subject:
    """Pair one of `symdiff.layers`, with its options, with torch's code for it.

    It is judged at small arrays from a fixed seed, hard ones among them.

    Raises: ValueError if there is no layer so called, or an option is not one it takes.
    """
    return looked_up(name, LAYERS, "layer").subject(**options)
