"""Cut pairs of float64 into slices whose products, and sums of them, are exact in any order.

Let 2^p be no less than any entry of a row, and t bits a slice. With x = fl(what is left before the
i-th slice, i from 1 on), at most 2^(p − (i − 1) t), and s = 1.5·2^(p − i t + 52), the last bit of s
and of s + x is 2^(p − i t), so that (s + x) − s is x rounded to a multiple of that: the slice. x
less the slice is a float64 (Rump, Ogita, Oishi 2008, §3), and what is left is at most

    2^(p − i t − 1) + u 2^(p − (i − 1) t) ≤ 2^(p − i t),   t ≤ 50, u = 2⁻⁵³,

the second for the low part of what was left. So a slice is at most 2^(p − (i − 1) t) and a multiple
of 2^(p − i t): the products of two, one of a row of n and one of a column, are multiples of
2^(p + q − (i + j) t), and every sum of n of them is at most n 2^(p + q − (i + j) t + 2 t): a
float64, and nothing is rounded, if n 2^2t ≤ 2⁵³. Of n slices alone it is so if n 2^t ≤ 2⁵³. What is
so small that s is subnormal is a multiple of 2⁻¹⁰⁷⁴ anyway, and the slice is all of it.

Source: Ozaki, Ogita, Oishi, Rump, "Error-free transformations of matrix multiplication by using
fast routines of matrix multiplication", Numerical Algorithms 59(1), 2012; Rump, Ogita, Oishi,
"Accurate floating-point summation I", SIAM J. Sci. Comput. 31(1), 2008.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from symdiff.array_types import Float64Array


class Slices(NamedTuple):
    """The slices of an array, what is left of it at most, and the exponents p; see above."""

    each: list[Float64Array]
    left: Float64Array  # 0 if the slices are all of it
    exponent: Any


def sliced(high: Float64Array, low: Float64Array, axis: Any, bits: int, most: int) -> Slices:
    """Cut an array along an axis, or along all (`None`), into slices of so many bits.

    Args: most, how many slices; fewer if nothing is left.
    """
    x, y = _two_sum(high, low)
    size = np.abs(x).max(axis, initial=0.0, keepdims=True)
    exponent = np.frexp(size)[1]  # |x| ≤ 2^p (1 − u), so that with y it is at most 2^p
    each: list[Float64Array] = []
    for i in range(1, most + 1):
        if not x.any():
            break
        shift = np.ldexp(1.5, exponent + (52 - i * bits))
        part = (x + shift) - shift
        each.append(part)
        x, y = _two_sum(x - part, y)
    rest = np.ldexp(1.0, exponent - len(each) * bits)
    left = np.where((x != 0.0).any(axis, keepdims=True), rest, 0.0)
    return Slices(each, left, exponent)


def _two_sum(a: Float64Array, b: Float64Array) -> tuple[Float64Array, Float64Array]:
    s = a + b
    back = s - a
    return s, (a - (s - back)) + (b - back)
