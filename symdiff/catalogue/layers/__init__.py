"""Functions of whole arrays, a family a file: softmaxes, gates, norms, attention.

Each is a builder of a graph; `layers` has them by name. A cotangent of the output's shape is an
input named v.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from symdiff.catalogue.layers.attention import attention
from symdiff.catalogue.layers.gates import bilinear, crelu, geglu, glu, maxout, reglu, swiglu
from symdiff.catalogue.layers.norms import group_norm, layer_norm, rms_norm
from symdiff.catalogue.layers.softmaxes import (
    log_softmax,
    logsumexp,
    softmax,
    softmin,
    sparsemax,
)
from symdiff.catalogue.named import Named
from symdiff.graph import Graph

layers: Mapping[str, Callable[..., Graph]] = Named(
    "layers",
    {
        builder.__name__: builder
        for builder in (
            softmax,
            log_softmax,
            softmin,
            logsumexp,
            sparsemax,
            glu,
            swiglu,
            geglu,
            reglu,
            bilinear,
            maxout,
            crelu,
            layer_norm,
            rms_norm,
            group_norm,
            attention,
        )
    },
)
