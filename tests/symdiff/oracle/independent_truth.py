"""The truth by another way: textbook forms, plain SymPy's derivative, mpmath at 400 bits and more.

Nothing of the oracle is used: not flint, not the stable forms, not symdiff's rules of derivation.
"""

from __future__ import annotations

from collections.abc import Callable

import mpmath
import numpy as np
import sympy

from symdiff.catalogue.activations import activations
from symdiff.functions import STABLE_FUNCTIONS, Phi

BITS = 400

# Textbook forms nested in each other (e^(e^z)) exhaust mpmath far out: those of torch.nn do not.
# The others are held against mpmath by catalogue/test_every_stanza.py.
torch_nn = tuple(k for k, d in activations.items() if d.source.startswith("torch.nn."))


def textbook(expression: sympy.Expr) -> sympy.Expr:
    """The expression with each stable function replaced by its textbook definition."""
    for function in STABLE_FUNCTIONS:
        expression = expression.replace(function, function.definition)
    return expression


class Truth:
    """The derivative of a textbook formula, of a given order, to about 400 bits."""

    def __init__(self, formula: sympy.Expr, z: sympy.Symbol, order: int) -> None:
        derivative = sympy.diff(textbook(formula), z, order)
        derivative = derivative.replace(sympy.DiracDelta, lambda *_: sympy.S.Zero)
        self._function = sympy.lambdify(z, derivative, "mpmath")

    def __call__(self, x: float) -> mpmath.mpf:
        """The derivative at the float x."""
        # Textbook forms cancel: with an absolute error of 2⁻¹¹⁰⁰ or less, whatever factor of x
        # stands before them, what is left has 400 bits, or is below float64's range and the same
        # as 0 to an enclosure.
        spare = 1200 + 3 * abs(int(np.frexp(x)[1]))
        with mpmath.workprec(BITS + spare):
            return +mpmath.mpf(self._function(mpmath.mpf(x)))


def stable_truth(expression: sympy.Expr, z: sympy.Symbol) -> Callable[[float], mpmath.mpf]:
    """A stable expression in mpmath at 400 bits: other arithmetic, fast enough for a million."""
    lowerings = {function.__name__: function.mpmath for function in STABLE_FUNCTIONS}
    function = sympy.lambdify(z, expression, [{**lowerings, "Phi": _normal_cdf}, "mpmath"])

    def truth(x: float) -> mpmath.mpf:
        # Near 0, σ'' = σ(z)σ(−z)² − σ(z)²σ(−z) loses as many bits as z is below 1.
        with mpmath.workprec(BITS + max(0, -int(np.frexp(x)[1]))):
            return mpmath.mpf(function(mpmath.mpf(x)))

    return truth


def _normal_cdf(z: mpmath.mpf) -> mpmath.mpf:
    # mpmath's erfc leaves its working precision broken after a huge argument; beyond 200 the value
    # differs from 0 or 1 by less than 2⁻²⁸⁰⁰⁰.
    return mpmath.mpf(int(z > 0)) if abs(z) > 200 else Phi.mpmath(z)


def error(truth: mpmath.mpf, high: float, low: float) -> mpmath.mpf:
    """|truth − high − low|, exactly enough."""
    with mpmath.workprec(2400):
        return abs(truth - mpmath.mpf(high) - mpmath.mpf(low))


def worst_ratio(truths: list[mpmath.mpf], enclosure: object) -> float:
    """The greatest error/bound; the reference's own error, 2⁻³⁸⁰ of the truth, is allowed for."""
    worst = 0.0
    parts = (enclosure.high, enclosure.low, enclosure.bound)
    for truth, high, low, bound in zip(truths, *(p.tolist() for p in parts), strict=True):
        distance = error(truth, high, low) - abs(truth) * mpmath.mpf(2) ** -380
        if bound == 0:
            worst = max(worst, float("inf") if distance > 0 else 0.0)
        elif distance > 0:
            worst = max(worst, float(distance / bound))
    return worst


def structured_points(target: str, rng: np.random.Generator, each: int) -> np.ndarray:
    """Random points of every binade of both signs, subnormals included, and the extreme ones."""
    unsigned, info, shift = {
        "float32": (np.uint32, np.finfo(np.float32), 23),
        "float64": (np.uint64, np.finfo(np.float64), 52),
    }[target]
    fields = 2 ** (info.bits - 1 - shift) - 1  # exponent fields of finite numbers
    mantissa = rng.integers(0, 1 << shift, size=2 * fields * each, dtype=np.uint64)
    exponent = np.tile(np.arange(2 * fields, dtype=np.uint64), each)
    sign, exponent = exponent // fields, exponent % fields
    bits = (sign << np.uint64(info.bits - 1)) | (exponent << np.uint64(shift)) | mantissa
    points = bits.astype(unsigned).view(info.dtype).astype(np.float64)
    extreme = np.array([info.max, info.tiny, info.smallest_subnormal], dtype=np.float64)
    return np.concatenate([points, extreme, -extreme, [0.0, -0.0]])
