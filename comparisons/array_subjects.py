"""Layers and losses of whole arrays as subjects: torch's own function, or the way people write it.

The inputs they are judged at are small and hard: rows of equal entries, one entry far above the
rest, logits of ±1000, a variance near nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

import symdiff
from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs, Subject
from comparisons.torch_calls import torch_call
from comparisons.torch_code import written
from symdiff import Graph

SEED = 20240229  # of every random draw below
_LENGTHS = MappingProxyType(
    {"n": 6, "c": 5, "j": 5, "d": 4, "h": 3, "k": 4, "q": 4, "e": 3, "g": 2}
)
_HALF = 2

# What is between braces is an option's value, or `dim`, the position of the axis gone over.
_LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "softmax": "F.softmax(x, {dim})",
        "log_softmax": "F.log_softmax(x, {dim})",
        "softmin": "F.softmin(x, {dim})",
        "logsumexp": "torch.logsumexp(x, {dim})",
        # as keras has it: the support is found by running sums of the sorted entries
        "sparsemax": "(lambda z: (lambda k: F.relu(x - ((z * k).sum({dim}, True) - 1) "
        "/ k.sum({dim}, True)))(1 + torch.ones_like(z).cumsum({dim}) * z > z.cumsum({dim})))"
        "(x.sort({dim}, descending=True).values)",
        "glu": "F.glu(x.flatten(1))",
        "swiglu": "F.silu(x @ W) * (x @ V)",
        "geglu": "F.gelu(x @ W) * (x @ V)",
        "reglu": "F.relu(x @ W) * (x @ V)",
        "bilinear": "(x @ W) * (x @ V)",
        "maxout": "(torch.einsum('nd,kdh->nkh', x, W) + b){largest}",
        "crelu": "F.relu(torch.stack((x, -x), 1))",
        "layer_norm": "F.layer_norm(x, x.shape[1:], gamma, beta, {eps})",
        "rms_norm": "F.rms_norm(x, x.shape[1:], gamma, {eps})",
        "group_norm": "F.group_norm(x.flatten(1, 2), x.shape[1], gamma.flatten(), beta.flatten(), "
        "{eps}).unflatten(1, x.shape[1:3])",
        "attention": "F.scaled_dot_product_attention(Q[None], K[None], V[None], "
        "is_causal={causal})[0]",
    }
)

_LOSSES: Mapping[str, str] = MappingProxyType(
    {
        "cross_entropy": "F.cross_entropy(x, {target}, {weight}, label_smoothing={label_smoothing},"
        " ignore_index={ignore_index}, reduction='{reduction}')",
        "nll": "F.nll_loss(x, t.long(), {weight}, ignore_index={ignore_index}, "
        "reduction='{reduction}')",
        "kl_div": "F.kl_div(x, t, log_target={log_target}, reduction='{reduction}')",
        "multi_margin": "F.multi_margin_loss(x, t.long(), {p}, {margin}, {weight}, "
        "reduction='{reduction}')",
        "multilabel_margin": "F.multilabel_margin_loss(x, t.long(), reduction='{reduction}')",
        "multilabel_soft_margin": "F.multilabel_soft_margin_loss(x, t, {own_weight}, "
        "reduction='{reduction}')",
        "binary_cross_entropy": "F.binary_cross_entropy(y, t, {weight}, reduction='{reduction}')",
        "binary_cross_entropy_with_logits": "F.binary_cross_entropy_with_logits(x, t, {weight}, "
        "pos_weight={pos_weight}, reduction='{reduction}')",
        "margin_ranking": "F.margin_ranking_loss(x1, x2, t, {margin}, reduction='{reduction}')",
        "hinge_embedding": "F.hinge_embedding_loss(x, t.detach(), {margin}, "
        "reduction='{reduction}')",
        "soft_margin": "F.soft_margin_loss(x, t.detach(), reduction='{reduction}')",
        "poisson_nll": "F.poisson_nll_loss(x, t, {log_input}, {full}, eps={eps}, "
        "reduction='{reduction}')",
        "gaussian_nll": "F.gaussian_nll_loss(x, t, s, {full}, {eps}, reduction='{reduction}')",
        "cosine_embedding": "F.cosine_embedding_loss(x1, x2, t.detach(), {margin}, "
        "reduction='{reduction}')",
        "triplet_margin": "F.triplet_margin_loss(a, p, q, {margin}, {norm}, {eps}, {swap}, "
        "reduction='{reduction}')",
    }
)


def layer(name: str, **options: Any) -> Subject:
    """One of `symdiff.layers`, with its options, beside torch's code for it.

    Raises: ValueError if there is no layer so called, or an option is not one it takes.
    """
    return _subject(name, _LAYERS, symdiff.layers, options)


def array_loss(name: str, **options: Any) -> Subject:
    """One of `symdiff.array_losses`, or a pointwise loss of torch's with a `reduction`.

    Raises: ValueError if there is no loss so called, or an option is not one it takes.
    """
    if name in symdiff.losses:
        return _reduced(name, **options)
    return _subject(name, _LOSSES, symdiff.array_losses, options)


def is_array_subject(name: object) -> bool:
    """Whether `layer` or `array_loss` has a subject so called that is not pointwise."""
    return name in _LAYERS or name in _LOSSES


def array_subject(name: str, options: Mapping[str, Any]) -> Subject:
    """The layer or the loss so called."""
    return layer(name, **options) if name in _LAYERS else array_loss(name, **options)


def _subject(
    name: str,
    templates: Mapping[str, str],
    builders: Mapping[str, Callable[..., Graph]],
    options: Mapping[str, Any],
) -> Subject:
    if name not in templates:
        raise ValueError(f"unknown name {name!r}; known are {', '.join(templates)}")
    builder = builders[name]
    defaults = builder.__kwdefaults__ or {}
    positional = builder.__code__.co_varnames[: builder.__code__.co_argcount]
    defaults |= dict(zip(positional, builder.__defaults__ or (), strict=True))
    for option in options:
        if option not in defaults:
            known = ", ".join(defaults) or "none"
            raise ValueError(f"{name} has no option {option!r}; it has {known}")
    graph = builder(**options)
    values = _filled({**defaults, **options}, graph)
    code = written(templates[name].format(**values), tuple(i.name for i in graph.inputs), {})
    given = ", ".join(f"{k}={v!r}" for k, v in options.items())
    label = f"{name}({given})" if given else name

    def sample(dtype: FloatType) -> Inputs:
        inputs = dict(sampled(graph, dtype))
        if "ignore_index" in values and inputs["t"].ndim == 1:
            inputs["t"][-1] = values["ignore_index"]
        return inputs

    return Subject(label, graph, code, code.code, sample=sample)


def _reduced(name: str, reduction: str = "mean", **parameters: object) -> Subject:
    definition = symdiff.loss(name, **parameters)
    graph = symdiff.reduced(definition, reduction, "n")  # type: ignore[arg-type]  # it is checked there
    call = torch_call(definition)
    code = written(
        call.code.replace("reduction='none'", f"reduction='{reduction}'"), call.operands, {}
    )

    def sample(dtype: FloatType) -> Inputs:
        from comparisons.points import pairs

        chosen = {k: v[:: v.size // 48] for k, v in pairs(definition, dtype).items()}
        cotangent = _draw().normal(size=next(iter(chosen.values())).shape)
        return {**chosen, "v": dtype.round(cotangent)} if reduction == "none" else chosen

    return Subject(f"{name}(reduction={reduction!r})", graph, code, code.code, sample=sample)


def _filled(options: Mapping[str, Any], graph: Graph) -> dict[str, Any]:
    """The options as torch's code has them: decimals as they are, weights by name."""
    values = {k: v if isinstance(v, str | bool | int) else float(v) for k, v in options.items()}
    if "over" in options:
        values["dim"] = options["axes"].split().index(options["over"])
    if "ties" in options:
        values["largest"] = ".amax(1)" if options["ties"] == "even" else ".max(1).values"
    if "target" in options:
        values["target"] = "t.long()" if options["target"] == "indices" else "t"
    weighted = any(i.name == "w" for i in graph.inputs)
    values["weight"] = "w.detach()" if weighted else "None"
    values["pos_weight"] = "p.detach()" if any(i.name == "p" for i in graph.inputs) else "None"
    values["own_weight"] = "w" if weighted else "None"
    return values


def sampled(graph: Graph, dtype: FloatType) -> Inputs:
    """Small seeded inputs of a graph, its hard rows first, and a random cotangent of the output."""
    draw = _draw()
    shapes = {i.name: _shape(i.axes) for i in graph.inputs}
    values: dict[str, Float64Array] = {}
    for name, shape in shapes.items():
        values[name] = _DRAWN.get((graph.name, name), _normal)(draw, shape)
    if graph.output.axes:
        values["v"] = draw.normal(size=_shape(graph.output.axes))
    return {name: dtype.round(value) for name, value in values.items()}


def _draw() -> np.random.Generator:
    return np.random.default_rng(SEED)


def _shape(axes: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(_HALF if axis == "half" else _LENGTHS.get(axis, _HALF) for axis in axes)


_Drawn = Callable[[np.random.Generator, tuple[int, ...]], Float64Array]


def _normal(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.normal(scale=2.0, size=shape)


def _logits(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """A row of equal entries, one with an entry far above, one of ±1000; the others moderate."""
    x = draw.normal(scale=2.0, size=shape)
    x[0] = 1.5
    x[1].flat[0] += 40.0
    x[2] = np.sign(x[2]) * 1000
    return x


def _narrow(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """A row without variance, one of nearly none; the others moderate."""
    x = draw.normal(scale=2.0, size=shape)
    x[0] = 1.5
    x[1] = 1 + x[1] / 64
    return x


def _indices(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.integers(0, _LENGTHS["c"], size=shape).astype(np.float64)


def _targets(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Class indices, or a row of probabilities."""
    return _indices(draw, shape) if len(shape) == 1 else draw.dirichlet(np.ones(shape[1]), shape[0])


def _several(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Distinct classes, of no example all, with −1 behind them; of the first example none."""
    t = np.full(shape, -1.0)
    for row, count in enumerate(
        draw.integers(1, shape[1], size=shape[0]) * (np.arange(shape[0]) > 0)
    ):
        t[row, :count] = draw.permutation(shape[1])[:count]
    return t


def _signs(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.choice([-1.0, 1.0], size=shape)


def _labels(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.choice([0.0, 1.0], size=shape)


def _shares(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.uniform(2**-7, 1 - 2**-7, size=shape)


def _positive(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    return draw.uniform(0.5, 3.0, size=shape)


_DRAWN: Mapping[tuple[str, str], _Drawn] = MappingProxyType(
    {
        ("softmax", "x"): _logits,
        ("softmin", "x"): _logits,
        ("log_softmax", "x"): _logits,
        ("logsumexp", "x"): _logits,
        ("sparsemax", "x"): _logits,
        ("multilabel_margin", "t"): _several,
        ("layer_norm", "x"): _narrow,
        ("rms_norm", "x"): _narrow,
        ("group_norm", "x"): _narrow,
        ("cross_entropy", "x"): _logits,
        ("cross_entropy", "t"): _targets,
        ("cross_entropy", "w"): _positive,
        ("nll", "t"): _indices,
        ("nll", "w"): _positive,
        ("kl_div", "t"): _positive,
        ("multi_margin", "t"): _indices,
        ("multi_margin", "w"): _positive,
        ("multilabel_soft_margin", "t"): _labels,
        ("multilabel_soft_margin", "w"): _positive,
        ("binary_cross_entropy", "y"): _shares,
        ("binary_cross_entropy", "t"): _shares,
        ("binary_cross_entropy", "w"): _positive,
        ("binary_cross_entropy_with_logits", "t"): _shares,
        ("binary_cross_entropy_with_logits", "w"): _positive,
        ("binary_cross_entropy_with_logits", "p"): _positive,
        ("margin_ranking", "t"): _signs,
        ("hinge_embedding", "t"): _signs,
        ("soft_margin", "t"): _signs,
        ("cosine_embedding", "t"): _signs,
        ("poisson_nll", "x"): _positive,
        ("poisson_nll", "t"): _positive,
        ("gaussian_nll", "s"): _positive,
    }
)
