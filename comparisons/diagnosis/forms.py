"""Formulas of torch that keep their digits where the usual way of writing them does not.

A stanza a form: the text, in which {0} and {1} stand for its arguments, is what is tried and shown.
Whether it equals what the user wrote is never taken from here: it is tested in exact arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from comparisons.subjects.catalogue.torch_calls import TORCH_CALLS, torch_call
from symdiff import activations


@dataclass(frozen=True)
class Form:
    """A formula of one or two tensors, as a function and as text.

    Args: note, where it is not what mathematics says, in words.
    """

    text: str
    arity: int = 1
    note: str = ""

    def __call__(self, *tensors: Any) -> Any:
        """Compute the formula."""
        return _compiled(self.text, self.arity)(*tensors)

    def written(self, *names: str) -> str:
        """The text with names for its arguments, in parentheses where they are no names."""
        return self.text.format(*(n if n.isidentifier() else f"({n})" for n in names))


POINTWISE: tuple[Form, ...] = (
    # of e^x beside 1, and of what is near 1 in a logarithm
    Form("torch.expm1({0})"),
    Form("-torch.expm1({0})"),
    Form("-torch.expm1(-{0})"),
    Form("torch.expm1({0}) / {0}"),
    Form("torch.log1p({0})"),
    Form("torch.log1p(-{0})"),
    Form("torch.log1p({0} * {0})"),
    Form("F.softplus({0})", note="above 20 F.softplus returns its argument, 2.1e-9 less"),
    Form("F.softplus(-{0})", note="below -20 F.softplus returns its argument, 2.1e-9 less"),
    Form("torch.logaddexp({0}, torch.zeros_like({0}))"),
    Form("F.logsigmoid({0})"),
    Form("F.logsigmoid(-{0})"),
    Form("torch.sigmoid({0})"),
    Form("torch.sigmoid(-{0})"),
    Form("torch.sigmoid({0}) * torch.sigmoid(-{0})"),
    Form("torch.logit({0})"),
    # hyperbolic
    Form("torch.sinh({0})"),
    Form("torch.tanh({0})"),
    Form("torch.tanh({0} / 2)"),
    Form("torch.asinh({0})"),
    Form("torch.acosh({0})"),
    Form("torch.atanh({0})"),
    Form("4 * torch.sigmoid(2 * {0}) * torch.sigmoid(-2 * {0})"),  # sech²
    # the normal distribution
    Form("torch.special.erfc({0})"),
    Form("torch.special.erfc(-{0})"),
    Form("torch.special.erfcx({0})"),
    Form("torch.special.ndtr({0})"),
    Form("torch.special.ndtr(-{0})"),
    Form("torch.special.log_ndtr({0})"),
    # roots and circles
    Form("{0} * {0} / (torch.sqrt(1 + {0} * {0}) + 1)"),  # √(1 + x²) − 1
    Form("{0} / (torch.sqrt(1 + {0}) + 1)"),  # √(1 + x) − 1
    Form("2 * torch.sin({0} / 2) ** 2"),  # 1 − cos x
    Form("-2 * torch.sin({0} / 2) ** 2"),
)

OVER_AN_AXIS: tuple[Form, ...] = (
    Form("torch.logsumexp({0}, DIM)"),
    Form("F.softmax({0}, DIM)"),
    Form("F.log_softmax({0}, DIM)"),
    Form("torch.var({0}, DIM, correction=0)"),
    Form("torch.var({0}, DIM)"),
    Form("torch.std({0}, DIM, correction=0)"),
    Form("torch.std({0}, DIM)"),
    Form("torch.linalg.vector_norm({0}, dim=DIM)"),
)

OVER_THE_LAST: tuple[Form, ...] = (
    Form("F.layer_norm({0}, {0}.shape[-1:])"),
    Form("F.layer_norm({0}, {0}.shape[-1:], eps=1e-6)"),
    Form("F.layer_norm({0}, {0}.shape[-1:], eps=1e-12)"),
    Form("F.rms_norm({0}, {0}.shape[-1:])"),
    Form("F.rms_norm({0}, {0}.shape[-1:], eps=1e-6)"),
    Form("F.rms_norm({0}, {0}.shape[-1:], eps=1e-5)"),
    Form("F.normalize({0}, dim=-1)"),
)

OF_TWO: tuple[Form, ...] = (
    Form("torch.hypot({0}, {1})", 2),
    Form("torch.logaddexp({0}, {1})", 2),
    Form("({0} - {1}) * ({0} + {1})", 2),
    Form("torch.expm1({0} - {1})", 2),
    Form("torch.special.xlogy({0}, {1})", 2),
    Form("torch.special.xlog1py({0}, {1})", 2),
    Form("F.binary_cross_entropy_with_logits({0}, {1}, reduction='none')", 2),
    Form("F.binary_cross_entropy_with_logits({0}, {1})", 2),
    Form("F.cosine_similarity({0}, {1}, dim=-1)", 2, "eps=1e-8 bounds the norms below"),
)


def forms_of(ranks: Sequence[int]) -> Iterator[Form]:
    """The formulas that take tensors of so many dimensions."""
    if len(ranks) == 2:
        yield from OF_TWO
        return
    (rank,) = ranks
    yield from POINTWISE
    yield from _of_catalogue()
    if not rank:
        return
    for dim in (-1, *range(rank - 1)):
        for form in OVER_AN_AXIS:
            yield Form(form.text.replace("DIM", str(dim)), note=form.note)
    yield from OVER_THE_LAST


@lru_cache(maxsize=1)
def _of_catalogue() -> tuple[Form, ...]:
    """torch's own functions of one variable, at their usual parameters."""
    known = {form.text for form in POINTWISE}
    found = []
    for name in TORCH_CALLS:
        if name in activations and len(activations[name].variables) == 1:
            code = torch_call(activations[name])
            text = code.code.replace("torch.nn.functional.", "F.")
            (variable,) = code.operands
            text = _with_place(text, variable)
            if text not in known:
                found.append(Form(text))
    return tuple(found)


def _with_place(text: str, variable: str) -> str:
    escaped = text.replace("{", "{{").replace("}", "}}")
    return re.sub(rf"(?<![\w.]){variable}(?![\w=])", "{0}", escaped)


@lru_cache(maxsize=4096)
def _compiled(text: str, arity: int) -> Callable[..., Any]:
    import torch
    import torch.nn.functional as F

    names = ["a", "b"][:arity]
    source = f"lambda {', '.join(names)}: {text.format(*names)}"
    function: Callable[..., Any] = eval(source, {"torch": torch, "F": F})  # noqa: S307 - the forms above
    return function
