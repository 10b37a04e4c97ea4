"""Rules of what reduces axes: sums, means, products, variances, norms."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import sympy
from sympy import Eq, Integer, Piecewise, S
from torch import Tensor

from comparisons.capture.arrays.axes import (
    Shape,
    axes_of,
    axis,
    axis_at,
    covering,
    entries,
    renamed_by,
    shape_of,
)
from comparisons.capture.arrays.movement import looked_up, moved
from comparisons.capture.arrays.storage import array_of
from comparisons.capture.calls.call import Call, number
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import rule
from symdiff.graph import (
    Axes,
    Node,
    contraction,
    elementwise,
    literal,
    placeholder,
    product,
    root,
    squared_deviations,
)


def kept(shape: Shape, dims: tuple[int, ...]) -> Axes:
    """The axes of a tensor that remain when it is reduced over some dimensions."""
    return tuple(
        axis_at(shape, i) for i, length in enumerate(shape) if i not in dims and length != 1
    )


def landed(node: Node, stays: Axes, shape: Shape) -> Node:
    """A reduced value over the remaining axes, as a result of that shape."""
    return renamed_by(covering(node, stays), dict(zip(stays, axes_of(shape), strict=True)))


def count(shape: Shape, dims: tuple[int, ...]) -> Integer:
    """The number of entries that are reduced to one."""
    return Integer(prod(shape[i] for i in dims))


@rule("sum")
def sum_(call: Call) -> Node:
    """Σ x."""
    shape, dims = call.shape("self"), call.dims()
    stays = kept(shape, dims)
    return landed(contraction((call.whole("self"),), stays), stays, tuple(call.result.shape))


@rule("mean")
def mean(call: Call) -> Node:
    """Σ x/n."""
    n = count(call.shape("self"), call.dims())
    return elementwise(lambda s: s / n, sum_(call))


@rule("nansum")
def nansum(call: Call) -> Node:
    """Σ x where none is NaN."""
    if np.isnan(call.array("self")).any():
        raise NoRule
    return sum_(call)


def _spread(call: Call) -> tuple[Node, Node]:
    """The variance and the mean, as the results."""
    shape, dims = call.shape("self"), call.dims()
    n, x, stays = count(shape, dims), call.whole("self"), kept(shape, dims)
    unbiased = call.get("unbiased", True)
    correction = number(call["correction"]) if call.get("correction") is not None else S.One
    if not unbiased:
        correction = S.Zero
    if n - correction <= 0:
        raise NoRule
    mu = elementwise(lambda s: s / n, contraction((x,), stays))
    variance = elementwise(lambda s: s / (n - correction), squared_deviations(x, mu))
    result = tuple(call.result.shape)
    return landed(variance, stays, result), landed(mu, stays, result)


@rule("var")
def var(call: Call) -> Node:
    """Σ (x − μ)²/(n − correction)."""
    return _spread(call)[0]


@rule("std")
def std(call: Call) -> Node:
    """√ of the variance, whose gradient is 0 where that is, as a norm's."""
    return root(_spread(call)[0])


@rule("var_mean")
def var_mean(call: Call) -> tuple[Node, Node]:
    """The variance and the mean."""
    return _spread(call)


@rule("std_mean")
def std_mean(call: Call) -> tuple[Node, Node]:
    """The standard deviation and the mean."""
    variance, mu = _spread(call)
    return root(variance), mu


@rule("prod")
def prod_(call: Call) -> Node:
    """The product of all entries."""
    total = call.tensor("self").numel()
    axes = (axis("p", total),)
    flat = np.arange(total)
    if total == 1:
        return moved(call.node("self"), call.shape("self"), flat.reshape(call.result.shape))
    return product(looked_up(call.node("self"), call.shape("self"), flat, axes), axes[0])


@rule("prod.dim_int")
def prod_along(call: Call) -> Node:
    """The product along one dimension."""
    shape, dims = call.shape("self"), call.dims()
    x, stays = call.whole("self"), kept(shape, dims)
    for one in (a for a in x.axes if a not in stays):
        x = product(x, one)
    return landed(x, stays, tuple(call.result.shape))


@rule("linalg_vector_norm")
def vector_norm(call: Call) -> Node:
    """(Σ |x|ᵖ)^(1/p), whose gradient is 0 where it is 0, and by an entry that is 0."""
    order = float(call["ord"])
    if order == 0 or np.isinf(order):
        raise NoRule
    shape, dims = call.shape("self"), call.dims()
    stays, x, result = kept(shape, dims), call.whole("self"), tuple(call.result.shape)
    if entries(x.axes) == entries(stays):  # of single entries
        return landed(elementwise(sympy.Abs, x), stays, result)
    if order == 2:
        return landed(root(contraction((elementwise(lambda a: a**2, x),), stays)), stays, result)
    if order == 1:
        return landed(contraction((elementwise(sympy.Abs, x),), stays), stays, result)
    p, a = number(order), placeholder(0)
    slope = Piecewise((0, Eq(a, 0)), (p * sympy.sign(a) * sympy.Abs(a) ** (p - 1), True))
    powers = elementwise(lambda u: sympy.Abs(u) ** p, x, partials=[slope])
    outer = Piecewise((0, Eq(a, 0)), (a ** (1 / p - 1) / p, True))
    norm = elementwise(lambda s: s ** (1 / p), contraction((powers,), stays), partials=[outer])
    return landed(norm, stays, result)


@rule("trace")
def trace(call: Call) -> Node:
    """Σᵢ xᵢᵢ."""
    rows, columns = call.shape("self")
    n = min(rows, columns)
    axes = (axis("t", n),) if n != 1 else ()
    diagonal = looked_up(call.node("self"), (rows, columns), np.arange(n) * (columns + 1), axes)
    return contraction((diagonal,), ())


@rule("amax", "amin", "max.default", "min.default")
def extreme(call: Call) -> Node:
    """The largest or the smallest; equal ones share the gradient evenly."""
    return _at_best(call, call.result, call.dims())


@rule("aminmax")
def aminmax(call: Call) -> tuple[Node, Node]:
    """The smallest and the largest."""
    low, high = call.results
    return _at_best(call, low, call.dims()), _at_best(call, high, call.dims())


def _at_best(call: Call, best: Tensor, dims: tuple[int, ...]) -> Node:
    """The mean of the entries that equal the result, which of them they are being constant."""
    shape, x = call.shape("self"), call.array("self")
    value = array_of(best).reshape([1 if i in dims else n for i, n in enumerate(shape)])
    marked = (x == value) | (np.isnan(x) & np.isnan(value))
    stays = tuple(i for i in range(len(shape)) if i not in dims)
    ids = np.arange(x.size).reshape(shape)

    def rows(array: Any) -> Any:
        return np.transpose(array, (*stays, *dims)).reshape(*(shape[i] for i in stays), -1)

    counts = rows(marked).sum(axis=-1)
    ties = int(counts.max(initial=1))
    first = np.argsort(~rows(marked), axis=-1, kind="stable")[..., :ties]
    table = np.where(
        np.arange(ties) < counts[..., None], np.take_along_axis(rows(ids), first, -1), -1
    )
    axes = axes_of(best.shape)
    along = (axis("t", ties),) if ties != 1 else ()
    chosen = looked_up(call.node("self"), shape, table, (*axes, *along), chosen=True)
    shares = literal(counts.reshape(shape_of(axes)).astype(np.float64), axes)
    total = contraction((chosen,), axes)
    return elementwise(lambda s, n: s / n, total, shares) if ties > 1 else total
