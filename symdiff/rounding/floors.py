"""State how many digits the frameworks' formulas lose though each operation is sound.

A floor is the error, in units of the type, that a function's value has beside its own rounding when
it is computed as frameworks do. It makes the wider allowance, within which a gradient *agrees*.

Source: the kernels of torch 2.13 (aten/src/ATen/native/cpu, tools/autograd/derivatives.yaml).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any

import numpy as np

from symdiff.functions import Phi, expm1, j1, log1p, sech, sigmoid

Floor = Callable[[Any, Any], Any]  # of the argument and the value


def _one(_: Any, value: Any) -> Any:
    return np.ones_like(value)


FLOORS: Mapping[type, Floor] = {
    sigmoid: _one,  # the backward has 1 − σ for σ(−z)
    sech: lambda _, value: 1 / np.abs(value),  # it has 1 − tanh² for sech²: a unit of 1 off
    Phi: _one,  # ½ (1 + erf(z/√2)), with −1 beside 1 for negative z
    expm1: _one,  # e^z − 1, as elu's backward has from the output
    log1p: _one,  # log(1 + z)
    j1: lambda z, _: 1 / np.abs(z),  # (cos z − sin z/z)/z
}


def of_a_difference(terms: Sequence[Any]) -> Any:
    """The relative error of e^(a − b): as many units as the larger of |a| and |b| is.

    The backward of logsumexp has e^(x − y) with its own value y, which is rounded; it is one
    number for many entries, so that it is also what those may be off by alike.
    """
    return reduce(np.maximum, terms)
