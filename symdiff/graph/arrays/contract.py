"""Contract arrays of any numbers: of floats by numpy's matrix products, of balls by flint's.

Balls in an object array are multiplied one by one by numpy: 64 × 64 × 64 takes 0.1 s, and
`arb_mat`, which encloses the same product, a fraction of that. Any product of two arrays summed
over axes that both have is a matrix product for each place along the axes that all three have.
"""

from __future__ import annotations

from itertools import chain
from math import prod
from typing import Any

import numpy as np

from symdiff.graph.arrays.products import summed_product

_WORTH = 64  # products of entries from which on the way into flint's matrices pays


def contract(subscripts: str, *operands: Any) -> Any:
    """numpy.einsum; it multiplies and adds mpmath numbers and balls in object arrays too."""
    left, _, result = subscripts.partition("->")
    groups = left.split(",")
    if not any(_holds_balls(operand) for operand in operands):
        floats = [np.asarray(operand) for operand in operands]
        once = all(len(set(group)) == len(group) for group in groups)
        if once and all(operand.dtype == np.float64 for operand in floats):
            return summed_product(subscripts, *floats)
        return np.einsum(subscripts, *operands)
    letters, value = groups[0], np.asarray(operands[0], dtype=object)
    for i in range(1, len(groups)):  # two at a time: of three, numpy takes every triple of entries
        later = set(chain(result, *groups[i + 1 :]))
        both = dict.fromkeys(letters + groups[i])
        kept = result if i == len(groups) - 1 else "".join(a for a in both if a in later)
        value = _two(letters, value, groups[i], np.asarray(operands[i], dtype=object), kept)
        letters = kept
    return np.einsum(f"{letters}->{result}", value)


def _holds_balls(operand: Any) -> bool:
    operand = np.asarray(operand)
    return operand.dtype == object and any(
        kind.__name__ == "arb" for n in operand.flat[:1] for kind in type(n).__mro__
    )


def _two(left: str, a: Any, right: str, b: Any, kept: str) -> Any:
    """The product of two arrays of balls over the letters that are kept."""
    lengths = {**dict(zip(left, a.shape, strict=True)), **dict(zip(right, b.shape, strict=True))}
    batch = [x for x in left if x in right and x in kept]
    inner = [x for x in left if x in right and x not in kept]
    rows = [x for x in left if x not in right]
    columns = [x for x in right if x not in left]
    sizes = [prod(lengths[x] for x in group) for group in (batch, rows, inner, columns)]
    summed_alone = not set(rows + columns) <= set(kept)
    repeated = len(set(left)) < len(left) or len(set(right)) < len(right)
    if not inner or prod(sizes[1:]) < _WORTH or summed_alone or repeated:
        return np.einsum(f"{left},{right}->{kept}", a, b)
    stack_a = np.einsum(f"{left}->{''.join(batch + rows + inner)}", a).reshape(sizes[:3])
    stack_b = np.einsum(f"{right}->{''.join(batch + inner + columns)}", b).reshape(
        sizes[0], sizes[2], sizes[3]
    )
    product = np.empty((sizes[0], sizes[1], sizes[3]), dtype=object)
    for place in range(sizes[0]):
        product[place] = ball_product(stack_a[place], stack_b[place])
    order = batch + rows + columns
    whole = product.reshape([lengths[x] for x in order])
    return np.transpose(whole, [order.index(x) for x in kept])


def ball_product(a: Any, b: Any) -> Any:
    """The product of two matrices of balls, by flint."""
    from flint import arb_mat  # python-flint is needed by certified arithmetic alone

    one, other = (arb_mat(len(m), m.shape[1], m.ravel().tolist()) for m in (a, b))
    shape = (len(a), b.shape[1])
    return np.fromiter((one * other).entries(), object, prod(shape)).reshape(shape)
