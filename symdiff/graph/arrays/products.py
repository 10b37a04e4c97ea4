"""Sum products of float64 arrays by matrix products, faster than numpy's einsum.

A product of two is a matrix product for each index that both keep. One of more is taken two at a
time, from the left.
"""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from symdiff.array_types import Float64Array


def summed_product(subscripts: str, *operands: Float64Array) -> Float64Array:
    """The result of `numpy.einsum`, its sums taken in another order.

    Args: subscripts, one letter an axis, no letter twice for one operand, with `->`.
    """
    left, result = subscripts.split("->")
    (letters, *later), (product, *rest) = left.split(","), operands
    while rest:
        needed = set(result).union(*later[1:])
        letters, product = _pair(letters, product, later.pop(0), rest.pop(0), needed)
    return np.asarray(np.einsum(f"{letters}->{result}", product))


def _pair(
    left: str, a: Float64Array, right: str, b: Float64Array, needed: Collection[str]
) -> tuple[str, Float64Array]:
    """The product of two, summed over what is not needed later; its letters and its values."""
    left, a = _without(left, a, {*right, *needed})
    right, b = _without(right, b, {*left, *needed})
    both = [x for x in left if x in right]
    batch, inner = [x for x in both if x in needed], [x for x in both if x not in needed]
    rows, columns = [x for x in left if x not in both], [x for x in right if x not in both]
    result = "".join(batch + rows + columns)
    if not inner or not (rows or columns):  # entry by entry, or a dot product an index
        return result, np.einsum(f"{left},{right}->{result}", a, b)
    first = np.einsum(f"{left}->{''.join(batch + rows + inner)}", a)
    second = np.einsum(f"{right}->{''.join(batch + inner + columns)}", b)
    one, two = len(batch), len(batch) + len(rows)
    each, height, inside = first.shape[:one], first.shape[one:two], first.shape[two:]
    width = second.shape[one + len(inner) :]
    matrices = np.matmul(
        first.reshape(*each, math.prod(height), math.prod(inside)),
        second.reshape(*each, math.prod(inside), math.prod(width)),
    )
    return result, matrices.reshape(*each, *height, *width)


def _without(letters: str, a: Float64Array, kept: Collection[str]) -> tuple[str, Float64Array]:
    """The array summed over the axes whose letters are in none of the others."""
    alone = tuple(i for i, letter in enumerate(letters) if letter not in kept)
    return "".join(x for x in letters if x in kept), a.sum(alone) if alone else a
