"""Draw the arrays that a layer or a loss is judged at, small and hard.

Rows of equal entries, one entry far above the rest, logits of ±1000, a variance near nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from comparisons.dtypes import Float64Array, FloatType
from comparisons.inputs.values import COTANGENT, Inputs, seeded
from symdiff import Graph

Draw = Callable[[np.random.Generator, tuple[int, ...]], Float64Array]

CLASSES = 5
LENGTHS = MappingProxyType(
    {"n": 6, "c": CLASSES, "j": 5, "d": 4, "h": 3, "k": 4, "q": 4, "e": 3, "g": 2}
)
_OTHER_LENGTH = 2  # of an axis that is not listed, such as a half


def drawn(
    graph: Graph,
    dtype: FloatType,
    draws: Mapping[str, Draw] | None = None,
    lengths: Mapping[str, int] = MappingProxyType({}),
) -> Inputs:
    """Draw small seeded inputs of a graph, and a random cotangent of an output that has axes.

    Args: draws, by the name of an input how it is drawn; by default from a normal distribution;
        lengths, of axes that are longer or shorter than usual.
    """
    draw, chosen, usual = seeded(), draws or {}, {**LENGTHS, **lengths}
    shapes = {i.name: _shape(i.axes, usual) for i in graph.inputs}
    values = {n: chosen.get(n, normal)(draw, shape) for n, shape in shapes.items()}
    if graph.output.axes:
        values[COTANGENT] = draw.normal(size=_shape(graph.output.axes, usual))
    return {name: dtype.round(value) for name, value in values.items()}


def _shape(axes: tuple[str, ...], lengths: Mapping[str, int]) -> tuple[int, ...]:
    return tuple(lengths.get(axis, _OTHER_LENGTH) for axis in axes)


def normal(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw normal numbers of standard deviation 2."""
    return draw.normal(scale=2.0, size=shape)


def logits(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw logits: a row of equal ones, one with a large one, one of ±1000; others moderate."""
    x = normal(draw, shape)
    x[0] = 1.5
    x[1].flat[0] += 40.0
    x[2] = np.sign(x[2]) * 1000
    return x


def narrow(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw rows for a norm: one without variance, one of nearly none; the others moderate."""
    x = normal(draw, shape)
    x[0] = 1.5
    x[1] = 1 + x[1] / 64
    return x


def indices(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw class indices."""
    return draw.integers(0, CLASSES, size=shape).astype(np.float64)


def targets(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw class indices, or rows of probabilities."""
    return indices(draw, shape) if len(shape) == 1 else draw.dirichlet(np.ones(shape[1]), shape[0])


def several(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw distinct classes for each example, −1 behind them; none for the first example."""
    t = np.full(shape, -1.0)
    counts = draw.integers(1, shape[1], size=shape[0]) * (np.arange(shape[0]) > 0)
    for row, count in enumerate(counts):
        t[row, :count] = draw.permutation(shape[1])[:count]
    return t


def signs(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw −1 and 1."""
    return draw.choice([-1.0, 1.0], size=shape)


def labels(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw 0 and 1."""
    return draw.choice([0.0, 1.0], size=shape)


def shares(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw numbers between 0 and 1, a little inside."""
    return draw.uniform(2**-7, 1 - 2**-7, size=shape)


def positive(draw: np.random.Generator, shape: tuple[int, ...]) -> Float64Array:
    """Draw numbers from ½ to 3."""
    return draw.uniform(0.5, 3.0, size=shape)


# What an entry that is drawn so may be; of the others only some numbers make sense.
INTERVALS: Mapping[Draw, tuple[float, float]] = MappingProxyType(
    {
        normal: (-np.inf, np.inf),
        logits: (-np.inf, np.inf),
        positive: (0.0, np.inf),
        shares: (0.0, 1.0),
    }
)
