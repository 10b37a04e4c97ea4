"""Reverse mode over tensors laid out otherwise: kernels have a path for each.

The same numbers go in as into `reverse`; a kernel that computes something else for a stride, for a
tail shorter than its vectors, or beside a NaN, is found out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array
from comparisons.engines.engine import EveryPoint, Gradients, Indices, Pointwise, Setting
from comparisons.engines.forward_pass import COTANGENT, leaf_values
from comparisons.engines.reverse import backward
from comparisons.subjects import Inputs, Subject

_LONGEST = 67  # past four vectors of 16 lanes, and three more
_ONE_BY_ONE = 1024  # points; each costs a forward and a backward pass of its own
_LANES = 8


@dataclass(frozen=True)
class _Pieces:
    """How a flat array is cut into tensors and put together again."""

    cut: Callable[[Float64Array, Setting], Iterator[Any]]
    join: Callable[[list[Float64Array], int], Float64Array]


class _Laid(Pointwise):
    """Reverse mode over the pieces of a layout, for functions applied point by point."""

    def __init__(self, name: str, pieces: _Pieces, most: int | None = None) -> None:
        self.name = name
        self.__doc__ = pieces.cut.__doc__
        self._pieces = pieces
        self._most = most

    def chosen(self, size: int) -> Indices | None:
        """Points spread evenly over all, where all would take too long; and the last three.

        Those are ±∞ and NaN where points are structured.
        """
        if self._most is None or size <= self._most:
            return None
        spread = np.linspace(0, size - 4, self._most - 3).astype(np.intp)
        return np.concatenate([spread, np.arange(size - 3, size)])

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input, in the points' own order. Raises: as `run`."""
        values = leaf_values(subject, inputs)
        shape = next(iter(values.values())).shape
        if COTANGENT in inputs:
            values[COTANGENT] = np.broadcast_to(inputs[COTANGENT], shape)
        pieces = {k: self._pieces.cut(np.ravel(v), setting) for k, v in values.items()}
        found: dict[str, list[Float64Array]] = {i.name: [] for i in subject.graph.inputs}
        for tensors in zip(*pieces.values(), strict=True):
            named = dict(zip(pieces, tensors, strict=True))
            seed = named.pop(COTANGENT, None)
            leaves = {k: t.requires_grad_() for k, t in named.items()}
            part = backward(subject, leaves, seed).values
            for name, gradients in found.items():
                value = part[name]
                zero = np.zeros(tuple(leaves[name].shape))
                gradients.append(zero if value is None else value)
        size = int(np.prod(shape))
        return Gradients(
            {k: self._pieces.join(parts, size).reshape(shape) for k, parts in found.items()}
        )


def _empty(shape: tuple[int, ...], setting: Setting) -> Any:
    import torch

    return torch.empty(shape, dtype=setting.dtype.torch, device=setting.device)


def _strided(values: Float64Array, setting: Setting) -> Iterator[Any]:
    """Every second element of a tensor twice as long."""
    tensor = _empty((2 * values.size,), setting)[::2]
    tensor.copy_(setting.tensor(values))
    yield tensor


_ROWS = 7


def _transposed(values: Float64Array, setting: Setting) -> Iterator[Any]:
    """A matrix stored by columns; the last value fills it up."""
    columns = -(-values.size // _ROWS)
    filled = np.concatenate([values, np.full(_ROWS * columns - values.size, values[-1])])
    tensor = _empty((columns, _ROWS), setting).t()
    tensor.copy_(setting.tensor(filled.reshape(_ROWS, columns)))
    yield tensor


def _one_by_one(values: Float64Array, setting: Setting) -> Iterator[Any]:
    """One element at a time."""
    for value in values:
        yield setting.tensor(np.array([value]))


def _tails(values: Float64Array, setting: Setting) -> Iterator[Any]:
    """Tensors of 1, 2, … 67 elements, and from 1 again."""
    start, length = 0, 1
    while start < values.size:
        yield setting.tensor(values[start : start + length])
        start, length = start + length, length % _LONGEST + 1


def _beside_nan(values: Float64Array, setting: Setting) -> Iterator[Any]:
    """A NaN after every seven values."""
    spread = np.full(-(-values.size // (_LANES - 1)) * _LANES, np.nan)
    spread[_neighbours(values.size)] = values
    yield setting.tensor(spread)


def _neighbours(size: int) -> Indices:
    positions = np.arange(size)
    return positions + positions // (_LANES - 1)


def _joined(parts: list[Float64Array], size: int) -> Float64Array:
    return np.concatenate([part.ravel() for part in parts])[:size]


def _without_nan(parts: list[Float64Array], size: int) -> Float64Array:
    return np.asarray(parts[0][_neighbours(size)])


STRIDED = _Laid("strided", _Pieces(_strided, _joined))
TRANSPOSED = _Laid("transposed", _Pieces(_transposed, _joined))
SINGLE = _Laid("single", _Pieces(_one_by_one, _joined), most=_ONE_BY_ONE)
TAILS = _Laid("tails", _Pieces(_tails, _joined))
WITH_NAN = _Laid("with_nan", _Pieces(_beside_nan, _without_nan))


class NonContiguous(EveryPoint):
    """Every array of a graph with its memory reversed: what a transposed matrix is to a kernel."""

    name = "noncontiguous"

    def refuses(self, subject: Subject) -> str | None:
        """Points have no axes to exchange; `strided` and `transposed` are for them."""
        if not any(len(i.axes) > 1 for i in subject.graph.inputs):
            return f"{subject} has no matrix whose memory could be laid out otherwise"
        return None

    def gradients(self, subject: Subject, inputs: Inputs, setting: Setting) -> Gradients:
        """The `.grad` of every input and line. Raises: as `run`."""
        leaves = {}
        for i in subject.graph.inputs:
            values = np.asarray(inputs[i.name])
            tensor = _empty(values.shape[::-1], setting)
            tensor = tensor.permute(*range(values.ndim)[::-1])
            tensor.copy_(setting.tensor(values))
            leaves[i.name] = tensor.requires_grad_()
        seed = setting.tensor(inputs[COTANGENT]) if COTANGENT in inputs else None
        return backward(subject, leaves, seed)
