"""Losses over whole arrays: softmax and classes, distances and margins, with every reduction.

Each is a builder of a graph, as torch documents the loss; `array_losses` has them by name. Class
indices are an input t of numbers 0, 1, 2, …; no adjoint passes to them, nor to the signs ±1 that
choose a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal

import sympy
from sympy import Expr, Piecewise, S

from symdiff.application import apply
from symdiff.catalogue.lookup import loss
from symdiff.catalogue.named import Named
from symdiff.definition import Definition
from symdiff.expression.formula import exact
from symdiff.functions import softplus
from symdiff.graph import Graph, Node, array, einsum, elementwise, mean, size, stop, total
from symdiff.graph.composed.softmax import log_softmax
from symdiff.graph.kinds.position import one_hot

Reduction = Literal["none", "sum", "mean"]


def reduced(
    definition: str | Expr | Definition, reduction: Reduction = "mean", axes: str = "n c"
) -> Graph:
    """Apply a pointwise loss to arrays: its values, their sum or their mean.

    Args:
        definition: a name or formula, as `symdiff.loss` takes it.
        reduction: `none`, `sum` or `mean`, as in torch.nn.
        axes: the axes of prediction and target, separated by spaces.

    Raises: ValueError if the reduction is unknown; and what `symdiff.loss` raises.
    """
    cost = loss(definition).settled()
    inputs = [array(v, axes) for v in cost.variables]
    values = apply(cost, *inputs)
    return Graph(str(cost), tuple(inputs), _lines(values, reduction), cost.parameters)


def cross_entropy(
    target: Literal["indices", "probabilities"] = "indices",
    *,
    weighted: bool = False,
    label_smoothing: object = 0,
    ignore_index: int = -100,
    reduction: Reduction = "mean",
) -> Graph:
    """l = −Σ w q log softmax(x), q the target smoothed: (1 − ε) t + ε/C.

    The mean over class indices is weighted by w of the class; an ignored index counts nothing.
    Source: torch.nn.CrossEntropyLoss; Szegedy et al. 2015, arXiv:1512.00567.
    """
    x, smoothing = array("x", "n c"), exact(label_smoothing)
    weight = [array("w", "c")] if weighted else []
    y = log_softmax(x, "c")
    if target == "probabilities":
        t = array("t", "n c")
        q = elementwise(lambda p: (1 - smoothing) * p + smoothing / size("c"), t)
        terms = elementwise(_weighted, *(y, q), *_constant(weight))
        lines = _lines(total(terms, ["c"]), reduction)
        return Graph("cross_entropy", (x, t, *weight), {"y": y, **lines})
    t = array("t", "n")
    hot = _one_hot(t, ignore_index)
    q = elementwise(
        lambda h, seen: (1 - smoothing) * h + seen * smoothing / size("c"), hot, total(hot, ["c"])
    )
    values = total(elementwise(_weighted, *(y, q), *_constant(weight)), ["c"])
    count = total(elementwise(lambda h, w=1: h * w, hot, *_constant(weight)), ["n", "c"])
    lines = _lines(values, reduction, count)
    return Graph("cross_entropy", (x, t, *weight), {"y": y, **lines})


def nll(
    *, weighted: bool = False, ignore_index: int = -100, reduction: Reduction = "mean"
) -> Graph:
    """l = −w x at the class, x log-probabilities. Source: torch.nn.NLLLoss."""
    x, t = array("x", "n c"), array("t", "n")
    weight = [array("w", "c")] if weighted else []
    hot = _one_hot(t, ignore_index)
    values = total(elementwise(_weighted, *(x, hot), *_constant(weight)), ["c"])
    count = total(elementwise(lambda h, w=1: h * w, hot, *_constant(weight)), ["n", "c"])
    return Graph("nll", (x, t, *weight), _lines(values, reduction, count))


def kl_div(
    *, log_target: bool = False, reduction: Literal["none", "sum", "mean", "batchmean"] = "mean"
) -> Graph:
    """l = t (log t − x), x a logarithm; with `log_target` t is one too: e^t (t − x).

    Source: torch.nn.KLDivLoss; Kullback and Leibler 1951.
    """
    x, t = array("x", "n c"), array("t", "n c")
    if log_target:
        values = elementwise(lambda x, t: sympy.exp(t) * (t - x), x, t)
    else:
        values = elementwise(lambda x, t: t * (sympy.log(t) - x), x, t)
    if reduction == "batchmean":
        summed = total(values, values.axes)
        return Graph("kl_div", (x, t), {"l": values, "L": _over(summed, size("n"))})
    return Graph("kl_div", (x, t), _lines(values, reduction))


def multi_margin(
    *, p: int = 1, margin: object = 1, weighted: bool = False, reduction: Reduction = "mean"
) -> Graph:
    """l = Σ w max(0, margin − x_t + x_i)^p / C over the classes i ≠ t, w that of class t.

    Source: torch.nn.MultiMarginLoss.
    """
    x, t, gap = array("x", "n c"), array("t", "n"), exact(margin)
    weight = [array("w", "c")] if weighted else []
    hot = _one_hot(t)
    own = total(elementwise(lambda a, h: a * h, x, hot), ["c"])
    z = elementwise(lambda a, b: gap - b + a, x, own)
    terms = elementwise(lambda a, h: (1 - h) * _positive(a) ** p, z, hot)
    values = _over(total(terms, ["c"]), size("c"))
    if weight:
        of_class = total(elementwise(lambda h, w: h * w, hot, *_constant(weight)), ["c"])
        values = elementwise(lambda a, w: a * w, values, of_class)
    lines = {"z": z, **_lines(values, reduction)}
    return Graph("multi_margin", (x, t, *weight), lines, where={"h": hot})


def multilabel_margin(*, reduction: Reduction = "mean") -> Graph:
    """l = ΣΣ max(0, 1 − x_t + x_i)/C over the classes t that are targets and those i that are not.

    Of each example t holds the targets and then −1, as many entries as there are classes.
    Source: torch.nn.MultiLabelMarginLoss.
    """
    x, t = array("x", "n c"), array("t", "n j")
    hot = _one_hot(t)
    own = total(elementwise(lambda a, h: a * h, x, hot), ["c"])
    others = elementwise(lambda count: 1 - count, total(hot, ["j"]))
    z = elementwise(lambda a, b: 1 - b + a, x, own)
    there = total(hot, ["c"])  # 1 for a target, 0 for a −1
    terms = elementwise(lambda a, h, o: h * o * _positive(a), z, there, others)
    values = _over(total(terms, ["j", "c"]), size("c"))
    lines = {"z": z, **_lines(values, reduction)}
    return Graph("multilabel_margin", (x, t), lines, where={"h": hot})


def multilabel_soft_margin(*, weighted: bool = False, reduction: Reduction = "mean") -> Graph:
    """l = −mean over classes of w (t log σ(x) + (1 − t) log σ(−x)).

    Written as torch documents it: the adjoint of t, −x, is a difference that loses digits near 0.
    Source: torch.nn.MultiLabelSoftMarginLoss.
    """
    x, t = array("x", "n c"), array("t", "n c")
    weight = [array("w", "c")] if weighted else []
    terms = elementwise(
        lambda x, t, w=1: w * (t * softplus(-x) + (1 - t) * softplus(x)), x, t, *weight
    )
    return Graph("multilabel_soft_margin", (x, t, *weight), _lines(mean(terms, ["c"]), reduction))


def binary_cross_entropy(*, weighted: bool = False, reduction: Reduction = "mean") -> Graph:
    """l = −w (t log y + (1 − t) log(1 − y)). Source: torch.nn.BCELoss."""
    y, t = array("y", "n c"), array("t", "n c")
    weight = [array("w", "c")] if weighted else []
    terms = elementwise(lambda a, w=1: w * a, apply(loss("bce"), y, t), *_constant(weight))
    return Graph("binary_cross_entropy", (y, t, *weight), _lines(terms, reduction))


def binary_cross_entropy_with_logits(
    *, weighted: bool = False, pos_weighted: bool = False, reduction: Reduction = "mean"
) -> Graph:
    """l = −w (p t log σ(x) + (1 − t) log σ(−x)), p the weight of positive examples.

    Written (1 − t) x + (1 + (p − 1) t) softplus(−x), in which nothing overflows.
    Source: torch.nn.BCEWithLogitsLoss.
    """
    x, t = array("x", "n c"), array("t", "n c")
    weight = [array("w", "c")] if weighted else []
    positive = [array("p", "c")] if pos_weighted else []
    values = elementwise(
        lambda x, t, p=1: (1 - t) * x + (1 + (p - 1) * t) * softplus(-x),
        *(x, t, *_constant(positive)),
    )
    terms = elementwise(lambda a, w=1: w * a, values, *_constant(weight))
    name = "binary_cross_entropy_with_logits"
    return Graph(name, (x, t, *weight, *positive), _lines(terms, reduction))


def margin_ranking(*, margin: object = 0, reduction: Reduction = "mean") -> Graph:
    """l = max(0, −t (x₁ − x₂) + margin). Source: torch.nn.MarginRankingLoss."""
    gap = exact(margin)
    x1, x2, t = array("x1", "n"), array("x2", "n"), array("t", "n")
    values = elementwise(lambda a, b, t: _clamped(gap - t * (a - b)), x1, x2, t)
    return Graph("margin_ranking", (x1, x2, t), _lines(values, reduction))


def hinge_embedding(*, margin: object = 1, reduction: Reduction = "mean") -> Graph:
    """l = x where t = 1, max(0, margin − x) where t = −1. Source: torch.nn.HingeEmbeddingLoss."""
    x, t, gap = array("x", "n"), array("t", "n"), exact(margin)
    values = elementwise(
        lambda a, s: Piecewise((a, s > 0), (_clamped(gap - a), True)), x, _cases(t)
    )
    return Graph("hinge_embedding", (x, t), _lines(values, reduction))


def soft_margin(*, reduction: Reduction = "mean") -> Graph:
    """l = log(1 + e^(−t x)), t = ±1. Source: torch.nn.SoftMarginLoss."""
    x, t = array("x", "n"), array("t", "n")
    values = elementwise(lambda a, s: softplus(-s * a), x, _cases(t))
    return Graph("soft_margin", (x, t), _lines(values, reduction))


def poisson_nll(
    *,
    log_input: bool = True,
    full: bool = False,
    eps: object = "1e-8",
    reduction: Reduction = "mean",
) -> Graph:
    """l = e^x − t x, or x − t log(x + ε); `full` adds Stirling's t log t − t + ½ log 2πt for t > 1.

    Source: torch.nn.PoissonNLLLoss.
    """
    x, t, tiny = array("x", "n"), array("t", "n"), exact(eps)

    def value(x: Expr, t: Expr) -> Expr:
        cost = sympy.exp(x) - t * x if log_input else x - t * sympy.log(x + tiny)
        stirling = t * sympy.log(t) - t + sympy.log(2 * sympy.pi * t) / 2
        return cost + Piecewise((stirling, t > 1), (0, True)) if full else cost

    return Graph("poisson_nll", (x, t), _lines(elementwise(value, x, t), reduction))


def gaussian_nll(
    *, full: bool = False, eps: object = "1e-6", reduction: Reduction = "mean"
) -> Graph:
    """l = ½ (log s + (x − t)²/s), s the variance, at least ε; `full` adds ½ log 2π.

    "The clamping is ignored with respect to autograd": for s < ε its s̄ is that of s = ε, and not 0.
    Source: torch.nn.GaussianNLLLoss; Nix and Weigend 1994.
    """
    x, t, s, tiny = array("x", "n"), array("t", "n"), array("s", "n"), exact(eps)
    clamped = elementwise(lambda s: Piecewise((s, s > tiny), (tiny, True)), s, partials=[S.One])

    def value(x: Expr, t: Expr, s: Expr) -> Expr:
        cost = (sympy.log(s) + (x - t) ** 2 / s) / 2
        return cost + sympy.log(2 * sympy.pi) / 2 if full else cost

    values = elementwise(value, x, t, clamped)
    return Graph("gaussian_nll", (x, t, s), _lines(values, reduction))


def cosine_embedding(
    *, margin: object = 0, eps: object = "1e-12", reduction: Reduction = "mean"
) -> Graph:
    """l = 1 − cos where t = 1, max(0, cos − margin) where t = −1, of the rows of x₁ and x₂.

    torch adds ε to both sums of squares under the root.
    Source: torch.nn.CosineEmbeddingLoss.
    """
    gap, tiny = exact(margin), exact(eps)
    x1, x2, t = array("x1", "n d"), array("x2", "n d"), array("t", "n")
    product = einsum("n d, n d -> n", x1, x2)
    squares = [total(elementwise(lambda a: a**2, x), ["d"]) for x in (x1, x2)]
    cosine = elementwise(lambda p, a, b: p / sympy.sqrt((a + tiny) * (b + tiny)), product, *squares)
    values = elementwise(
        lambda c, s: Piecewise((1 - c, s > 0), (_clamped(c - gap), True)), cosine, _cases(t)
    )
    lines = {"cos": cosine, **_lines(values, reduction)}
    return Graph("cosine_embedding", (x1, x2, t), lines)


def triplet_margin(
    *,
    margin: object = 1,
    norm: object = 2,
    eps: object = "1e-6",
    swap: bool = False,
    reduction: Reduction = "mean",
) -> Graph:
    """l = max(0, d(a, p) − d(a, n) + margin), d(x, y) = ‖x − y + ε‖, the `norm`-norm.

    a is the anchor, p the positive and n, here called q, the negative example.

    Args: norm, torch's p; swap, take the nearer of d(a, n) and d(p, n) for the second distance.
    Source: torch.nn.TripletMarginLoss; Balntas et al. 2016.
    """
    gap, tiny, order = exact(margin), exact(eps), exact(norm)
    a, p, q = array("a", "n d"), array("p", "n d"), array("q", "n d")

    def distance(x: Node, y: Node) -> Node:
        powers = elementwise(lambda x, y: sympy.Abs(x - y + tiny) ** order, x, y)
        return elementwise(lambda s: s ** (1 / order), total(powers, ["d"]))

    near, far = distance(a, p), distance(a, q)
    if swap:
        far = elementwise(lambda f, g: Piecewise((f, f < g), (g, True)), far, distance(p, q))
    values = elementwise(lambda f, g: _clamped(f - g + gap), near, far)
    lines = {"d_p": near, "d_n": far, **_lines(values, reduction)}
    return Graph("triplet_margin", (a, p, q), lines)


def _weighted(y: Expr, q: Expr, w: Expr | int = 1) -> Expr:
    return -w * q * y


def _constant(weights: Iterable[Node]) -> list[Node]:
    """torch gives class weights no gradient."""
    return [stop(w, "detach()") for w in weights]


def _cases(t: Node) -> Node:
    return stop(t, "its use as a case")


def _one_hot(t: Node, ignore_index: int = -100) -> Node:
    index = stop(t, "its use as an index")
    if ignore_index >= 0:
        index = elementwise(lambda i: Piecewise((-1, sympy.Eq(i, ignore_index)), (i, True)), index)
    return one_hot(index, "c")


def _positive(z: Expr) -> Expr:
    """max(0, z), with derivative 0 at 0, as torch's kernels of margins."""
    return Piecewise((z, z > 0), (0, True))


def _clamped(z: Expr) -> Expr:
    """max(0, z), with derivative 1 at 0, as torch's `clamp_min`.

    Source: torch's tools/autograd/derivatives.yaml, `clamp_min`: where(self >= min, grad, 0).
    """
    return Piecewise((z, z >= 0), (0, True))


def _over(summed: Node, count: Expr) -> Node:
    return elementwise(lambda s: s / count, summed)


def _lines(values: Node, reduction: str, count: Node | None = None) -> dict[str, Node]:
    """The losses `l`, and `L`, their sum or mean; `count` is what a mean divides by."""
    if reduction == "none":
        return {"L": values}
    if reduction == "sum":
        return {"l": values, "L": total(values, values.axes)}
    if reduction != "mean":
        raise ValueError(f"unknown reduction {reduction!r}; choose 'none', 'sum' or 'mean'")
    if count is None:
        return {"l": values, "L": mean(values)}
    summed = total(values, values.axes)
    return {"l": values, "L": elementwise(lambda s, c: s / c, summed, count)}


array_losses: Mapping[str, Callable[..., Graph]] = Named(
    "losses over arrays",
    {
        builder.__name__: builder
        for builder in (
            cross_entropy,
            nll,
            kl_div,
            multi_margin,
            multilabel_margin,
            multilabel_soft_margin,
            binary_cross_entropy,
            binary_cross_entropy_with_logits,
            margin_ranking,
            hinge_embedding,
            soft_margin,
            poisson_nll,
            gaussian_nll,
            cosine_embedding,
            triplet_margin,
        )
    },
)
