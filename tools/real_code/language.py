"""List functions of packages of language models: transformers, x-transformers, entmax."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import torch
from torch import Tensor

from tools.real_code.trial import Trial, drawn, module, pointwise


def transformers() -> Iterator[Trial]:
    """Every activation by name, norms, rotations, gates, the backwards written by hand."""
    activations = import_module("transformers.activations").ACT2FN
    for name in activations:
        yield pointwise(f"ACT2FN['{name}']", module(activations[name]))

    def model(name: str) -> Any:
        return import_module(f"transformers.models.{name}.modeling_{name}")

    llama, x = model("llama"), drawn(3, 8)
    yield Trial("LlamaRMSNorm", module(llama.LlamaRMSNorm(8)), (x,))
    yield Trial("T5LayerNorm", module(model("t5").T5LayerNorm(8)), (x,))
    yield Trial("GemmaRMSNorm", module(model("gemma").GemmaRMSNorm(8)), (x,))
    q, k, angle = drawn(1, 2, 3, 4), drawn(1, 2, 3, 4, seed=2), drawn(1, 3, 4, seed=3)
    cosine, sine = angle.cos(), angle.sin()
    yield Trial("llama apply_rotary_pos_emb", llama.apply_rotary_pos_emb, (q, k, cosine, sine))
    yield Trial("llama repeat_kv", lambda k: llama.repeat_kv(k, 2), (k,))
    bloom = model("bloom")
    yield pointwise("bloom_gelu_forward", bloom.bloom_gelu_forward)
    yield pointwise("bloom GeLUFunction", bloom.GeLUFunction.apply)
    recurrent = model("recurrent_gemma")
    positive = drawn(8).square() + 1e-3
    yield Trial("SqrtBoundDerivative", recurrent.SqrtBoundDerivative.apply, (positive,))
    mask = torch.tensor([[1, 1, 0, 1, 1, 1, 0, 1]]).bool().expand(3, 8)
    softmax = model("sew_d").XSoftmax
    yield Trial("sew_d XSoftmax", lambda x: softmax.apply(x, mask, -1), (x,))
    losses = import_module("transformers.loss.loss_for_object_detection")
    target = (drawn(3, 8, seed=4) > 0).double()
    yield Trial("dice_loss", lambda x: losses.dice_loss(x, target.to(x.dtype), 3), (x,))
    yield Trial(
        "sigmoid_focal_loss", lambda x: losses.sigmoid_focal_loss(x, target.to(x.dtype), 3), (x,)
    )
    causal = import_module("transformers.loss.loss_utils").ForCausalLMLoss
    labels = torch.tensor([[1, 2, 5, -100]])
    yield Trial("ForCausalLMLoss", lambda x: causal(x, labels, vocab_size=6), (drawn(1, 4, 6),))


def x_transformers() -> Iterator[Trial]:
    """Trials of activations, norms and gates."""
    t, x = import_module("x_transformers.x_transformers"), drawn(3, 8)
    yield pointwise("ReluSquared", t.ReluSquared())
    for name in ("SoLU", "LayerNorm", "ScaleNorm", "RMSNorm", "SimpleRMSNorm"):
        yield Trial(name, module(getattr(t, name)(8)), (x,))
    yield Trial("DynamicTanh", module(t.DynamicTanh(8)), (x,))
    yield Trial("Derf", module(t.Derf(8)), (x,))
    yield pointwise("softclamp_gelu(5)", lambda x: t.softclamp_gelu(x, 5.0))
    yield pointwise("softclamp_silu(5)", lambda x: t.softclamp_silu(x, 5.0))
    torch.manual_seed(1)
    yield Trial("GLU(silu)", module(t.GLU(8, 4, torch.nn.SiLU())), (x,))
    yield Trial("FeedForward(glu=True)", module(t.FeedForward(8, mult=2, glu=True)), (x,))
    yield Trial("GRUGating", module(t.GRUGating(8)), (x[None], drawn(1, 3, 8, seed=2)))
    yield Trial("l2norm", t.l2norm, (x,))


def entmax() -> Iterator[Trial]:
    """Trials of sparse softmaxes and their losses."""
    e, x, target = import_module("entmax"), drawn(3, 5), torch.tensor([1, 0, 4])
    yield Trial("sparsemax", e.sparsemax, (x,))
    yield Trial("entmax15", e.entmax15, (x,))

    def loss(function: Any) -> Any:
        def called(x: Tensor) -> Any:
            return function(x, target)

        return called

    yield Trial("sparsemax_loss", loss(e.sparsemax_loss), (x,))
    yield Trial("entmax15_loss", loss(e.entmax15_loss), (x,))
