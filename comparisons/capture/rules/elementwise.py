"""Rules of elementwise operators: one line each, torch's name and its formula in SymPy.

The operands come in the schema's order, numbers and their defaults among them; `alpha` and `value`
by name. What a
rule says at a kink is what torch's own gradient says there: the larger of two is the *second* one
where they are equal, as `maximum` has it, so `maximum(low, x)` passes the gradient of a clamp on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import sympy
from sympy import Abs, And, Eq, Expr, Ne, Or, Piecewise, S, sign

from comparisons.capture.arrays.axes import axes_of
from comparisons.capture.arrays.numbers import array_node
from comparisons.capture.arrays.storage import array_of, numbers
from comparisons.capture.calls.call import Call, number
from comparisons.capture.calls.probing import probed
from comparisons.capture.refusal import NoRule
from comparisons.capture.rules.registry import Nodes, rule
from symdiff.functions import Phi, expm1, log1p, maximum, minimum, sigmoid, softplus, tanh
from symdiff.functions.bessel import bessel_i
from symdiff.functions.gamma import digamma, lgamma, polygamma
from symdiff.functions.inverse_normal import erfcx, erfinv, log_ndtr, ndtri
from symdiff.functions.rounding import ceil, floor, rint, trunc
from symdiff.graph import Node, elementwise
from symdiff.graph.template import placeholder

Entrywise = Callable[..., Expr]


def when(condition: sympy.Basic, value: Expr, otherwise: Expr) -> Expr:
    """`value` where the condition holds, else `otherwise`."""
    return Piecewise((value, condition), (otherwise, True))


def true(condition: sympy.Basic) -> Expr:
    """The number 1 where the condition holds, else 0."""
    return when(condition, S.One, S.Zero)


def larger(a: Expr, b: Expr) -> Expr:
    """torch.maximum: where both are equal each gets half of the gradient."""
    return when(a > b, a, when(Eq(a, b), (a + b) / 2, b))


def smaller(a: Expr, b: Expr) -> Expr:
    """torch.minimum: where both are equal each gets half of the gradient."""
    return when(a < b, a, when(Eq(a, b), (a + b) / 2, b))


def quadrant(y: Expr, x: Expr) -> Expr:
    """The angle of the point (x, y)."""
    beside = when(y >= 0, sympy.pi, -sympy.pi)
    above = sign(y) * sympy.pi / 2 - sympy.atan(x / y)
    return when(Abs(y) > Abs(x), above, sympy.atan(y / x) + when(x < 0, beside, S.Zero))


def hardtanh(x: Expr, low: Expr, high: Expr) -> Expr:
    """x between two bounds; on a bound the gradient is 0."""
    return when(x <= low, low, when(x >= high, high, x))


def elu(x: Expr, alpha: Expr, scale: Expr, input_scale: Expr) -> Expr:
    """ELU, and with its other two numbers SELU and CELU."""
    return when(x > 0, scale * x, scale * alpha * expm1(x * input_scale))


def softplus_until(x: Expr, beta: Expr, threshold: Expr) -> Expr:
    """log(1 + e^(βx))/β, and x itself beyond the threshold: torch's function is made so."""
    return when(x * beta > threshold, x, softplus(x * beta) / beta)


def times_log(x: Expr, of: Expr) -> Expr:
    """x times a logarithm, 0 where x is."""
    return when(Eq(x, 0), S.Zero, x * of)


def sinc(x: Expr) -> Expr:
    """sin(πx)/(πx)."""
    from symdiff.functions import sinc as unnormalised

    return unnormalised(sympy.pi * x)


_ENTRYWISE: Mapping[str, Entrywise] = {
    # arithmetic
    "add": lambda a, b, alpha: a + alpha * b,
    "sub": lambda a, b, alpha: a - alpha * b,
    "rsub": lambda a, b, alpha: b - alpha * a,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "positive": lambda a: a,
    "reciprocal": lambda a: 1 / a,
    "square": lambda a: a**2,
    "sqrt": sympy.sqrt,
    "rsqrt": lambda a: 1 / sympy.sqrt(a),
    "pow": lambda a, b: a**b,
    "float_power": lambda a, b: a**b,
    "addcmul": lambda a, b, c, value: a + value * b * c,
    "addcdiv": lambda a, b, c, value: a + value * b / c,
    "lerp": lambda a, b, w: a + w * (b - a),
    "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
    "ldexp": lambda a, b: a * S(2) ** b,
    # exponentials and logarithms
    "exp": sympy.exp,
    "exp2": lambda a: S(2) ** a,
    "expm1": expm1,
    "log": sympy.log,
    "log1p": log1p,
    "log2": lambda a: sympy.log(a) / sympy.log(2),
    "log10": lambda a: sympy.log(a) / sympy.log(10),
    "xlogy": lambda a, b: times_log(a, sympy.log(b)),
    "special_xlog1py": lambda a, b: times_log(a, log1p(b)),
    "special_entr": lambda a: times_log(a, -sympy.log(a)),
    # circular and hyperbolic
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atan2": quadrant,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "tanh": tanh,
    "asinh": sympy.asinh,
    "acosh": sympy.acosh,
    "atanh": sympy.atanh,
    "sinc": sinc,
    "deg2rad": lambda a: a * sympy.pi / 180,
    "rad2deg": lambda a: a * 180 / sympy.pi,
    # special functions
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "erfinv": erfinv,
    "special_erfcx": erfcx,
    "special_ndtri": ndtri,
    "special_log_ndtr": log_ndtr,
    "lgamma": lgamma,
    "digamma": digamma,
    "i0": lambda a: bessel_i(0, a),
    "special_i1": lambda a: bessel_i(1, a),
    "special_i0e": lambda a: bessel_i(0, a) * sympy.exp(-Abs(a)),
    "special_i1e": lambda a: bessel_i(1, a) * sympy.exp(-Abs(a)),
    # kinks and jumps
    "abs": Abs,
    "sign": sign,
    "sgn": sign,
    "copysign": lambda a, b: Abs(a) * when(b >= 0, S.One, S.NegativeOne),
    "angle": lambda a: when(a < 0, sympy.pi, S.Zero),
    "maximum": larger,
    "minimum": smaller,
    "fmax": lambda a, b: maximum(b, a),
    "fmin": lambda a, b: minimum(b, a),
    "clamp_min": lambda a, low: maximum(low, a),
    "clamp_max": lambda a, high: minimum(high, a),
    "floor": floor,
    "ceil": ceil,
    "trunc": trunc,
    "round": rint,
    "frac": lambda a: a - trunc(a),
    "remainder": lambda a, b: a - b * floor(a / b),
    "fmod": lambda a, b: a - b * trunc(a / b),
    # activations
    "sigmoid": sigmoid,
    "log_sigmoid_forward": lambda a: -softplus(-a),
    "relu": lambda a: maximum(a, S.Zero),
    "relu6": lambda a: hardtanh(a, S.Zero, S(6)),
    "leaky_relu": lambda a, slope: when(a > 0, a, slope * a),
    "_prelu_kernel": lambda a, slope: when(a > 0, a, slope * a),
    "elu": elu,
    "silu": lambda a: a * sigmoid(a),
    "mish": lambda a: a * tanh(softplus(a)),
    "softplus": softplus_until,
    "hardtanh": hardtanh,
    "hardsigmoid": lambda a: when(a <= -3, S.Zero, when(a >= 3, S.One, (a + 3) / 6)),
    "hardswish": lambda a: when(a <= -3, S.Zero, when(a >= 3, a, a * (a + 3) / 6)),
    "threshold": lambda a, border, value: when(a > border, a, value),
    "softshrink": lambda a, l: when(a > l, a - l, when(a < -l, a + l, S.Zero)),
    "hardshrink": lambda a, l: when(And(a >= -l, a <= l), S.Zero, a),
}

_TRUTHS: Mapping[str, Entrywise] = {
    "gt": lambda a, b: true(a > b),
    "ge": lambda a, b: true(a >= b),
    "lt": lambda a, b: true(a < b),
    "le": lambda a, b: true(a <= b),
    "eq": lambda a, b: true(Eq(a, b)),
    "ne": lambda a, b: true(Ne(a, b)),
    "logical_and": lambda a, b: true(And(Ne(a, 0), Ne(b, 0))),
    "logical_or": lambda a, b: true(Or(Ne(a, 0), Ne(b, 0))),
    "logical_xor": lambda a, b: true(Ne(true(Ne(a, 0)), true(Ne(b, 0)))),
    "logical_not": lambda a: true(Eq(a, 0)),
}


def _by(function: Entrywise) -> Callable[[Call], Node]:
    """The rule of an elementwise operator."""

    def entrywise(call: Call) -> Node:
        if not call.result.is_floating_point():
            raise NoRule
        return _applied(function, call)

    return entrywise


def _truth_by(function: Entrywise) -> Callable[[Call], Node]:
    """The rule of a comparison, whose result is 1 or 0: of NaN it is a constant."""

    def compared(call: Call) -> Node:
        if any(np.isnan(array_of(t)).any() for t in call.tensors):
            raise NoRule
        return _applied(function, call)

    return compared


def _applied(function: Entrywise, call: Call) -> Node:
    if call.get("rounding_mode") or call.get("decimals"):
        raise NoRule
    named = tuple((k, number(call[k])) for k in ("alpha", "value") if k in call.by_keyword)
    operands = [call.value(a) for a in call.in_order if a is not None]
    return elementwise(lambda *_: _formula(function, len(operands), named), *operands)


@lru_cache(maxsize=1024)
def _formula(function: Entrywise, operands: int, named: tuple[tuple[str, Expr], ...]) -> Expr:
    """The expression of an operator in placeholders, which code repeats many times."""
    return sympy.sympify(function(*map(placeholder, range(operands)), **dict(named)))


for _name, _function in _ENTRYWISE.items():
    rule(_name)(_by(_function))
for _name, _function in _TRUTHS.items():
    rule(_name)(_truth_by(_function))


@rule("clamp")
def clamp(call: Call) -> Node:
    """x between two bounds; on a bound the gradient is x's."""
    low, high = call["min"], call["max"]
    borders = [call.value(border) for border in (low, high) if border is not None]

    def between(x: Expr, *at: Expr) -> Expr:
        x = x if low is None else maximum(at[0], x)
        return x if high is None else minimum(at[-1], x)

    return elementwise(between, call.node("self"), *borders)


@rule("div.Tensor_mode", "div.Scalar_mode")
def rounded_quotient(call: Call) -> Node:
    """a/b, rounded down or toward 0 where that is asked for."""
    rounding: Mapping[str | None, Entrywise] = {
        "floor": floor,
        "trunc": trunc,
        None: lambda quotient: quotient,
    }
    rounded = rounding[call["rounding_mode"]]
    return elementwise(lambda a, b: rounded(a / b), call.node("self"), call.node("other"))


@rule("round.decimals")
def rounded_decimals(call: Call) -> Node:
    """x rounded to some decimals."""
    ten = S(10) ** int(call["decimals"])
    return elementwise(lambda a: rint(a * ten) / ten, call.node("self"))


@rule("gelu")
def gelu(call: Call) -> Node:
    """x Φ(x), or its approximation by tanh."""
    if call["approximate"] == "none":
        return elementwise(lambda a: a * Phi(a), call.node("self"))
    cube = number(0.044715)
    return elementwise(
        lambda a: a * sigmoid(2 * sympy.sqrt(2 / sympy.pi) * (a + cube * a**3)), call.node("self")
    )


@rule("logit")
def logit(call: Call) -> Node:
    """log(x/(1 − x)), x first moved into [ε, 1 − ε]: there the gradient is 0 outside."""
    eps = call.get("eps")
    if eps is None:
        return elementwise(lambda a: sympy.log(a / (1 - a)), call.node("self"))
    low, high = number(eps), number(float(1 - call.result.new_tensor(eps)))  # as the kernel rounds
    inside = elementwise(lambda a: maximum(low, minimum(high, a)), call.node("self"))
    return elementwise(lambda a: sympy.log(a / (1 - a)), inside)


@rule("where")
def where(call: Call) -> Nodes:
    """a or b; where the condition is constant, moved entries: no NaN passes a case not taken."""
    if not call.varies(call["condition"]):
        return probed(call)
    operands = (call.node("condition"), call.node("self"), call.node("other"))
    return elementwise(lambda *_: _formula(_chosen, 3, ()), *operands)


def _chosen(c: Expr, a: Expr, b: Expr) -> Expr:
    return when(Ne(c, 0), a, b)


@rule("polygamma", "special_polygamma")
def polygamma_(call: Call) -> Node:
    """The derivative of ψ of order n."""
    return elementwise(lambda a: polygamma(call["n"], a), call.node("self"))


def _like_result(call: Call, values: npt.NDArray[Any]) -> Node:
    """Constants in the shape of the result."""
    return array_node(values, axes_of(call.result.shape))


@rule("nextafter")
def nextafter(call: Call) -> Node:
    """x and a step that is constant nearby; a constant where there is no step, as torch has it.

    Where x is where it should go the function jumps by the next step, and has no derivative.
    """
    found, x = array_of(call.result), call.array("self")
    moves = found != x
    step, moving = (_like_result(call, a) for a in (found - x * moves, moves.astype(np.float64)))
    return elementwise(lambda a, b, m: m * a + b, call.node("self"), step, moving)


@rule("frexp.Tensor")
def frexp(call: Call) -> tuple[Node, None]:
    """x/2ᵉ, the exponent constant nearby."""
    exponents = array_of(call.results[1])
    scale = _like_result(call, 2.0 ** -exponents.astype(np.float64))
    return elementwise(lambda a, b: a * b, call.node("self"), scale), None


def _logaddexp(call: Call, base: Expr) -> Node:
    """log(bˣ + bʸ)/log b; where one is −∞, the other."""
    log = sympy.log(base)
    a, b = call.node("self"), call.node("other")
    low, high = np.broadcast_arrays(call.array("self"), call.array("other"))
    if not (np.isneginf(low) | np.isneginf(high)).any():
        return elementwise(lambda x, y: y + softplus((x - y) * log) / log, a, b)
    only_x, only_y = (
        _like_result(call, np.isneginf(other).astype(np.float64)) for other in (high, low)
    )
    return elementwise(
        lambda x, y, p, q: when(Ne(p, 0), x, when(Ne(q, 0), y, y + softplus((x - y) * log) / log)),
        *(a, b, only_x, only_y),
    )


@rule("logaddexp")
def logaddexp(call: Call) -> Node:
    """log(eˣ + eʸ)."""
    return _logaddexp(call, sympy.E)


@rule("logaddexp2")
def logaddexp2(call: Call) -> Node:
    """log₂(2ˣ + 2ʸ)."""
    return _logaddexp(call, S(2))


@rule("rrelu_with_noise", "rrelu_with_noise_functional")
def rrelu(call: Call) -> Node:
    """x times its slope: drawn below 0 in training, the mean of the range else."""
    x = call.node("self")
    if call["training"]:
        return elementwise(lambda a, slope: a * slope, x, numbers(call.tensor("noise")))
    slope = (number(call["lower"]) + number(call["upper"])) / 2
    return elementwise(lambda a: when(a > 0, a, a * slope), x)


@rule("native_dropout")
def dropout(call: Call) -> tuple[Node, None]:
    """x/(1 − p) where the mask drawn says so."""
    p, training = call["p"], call["train"]
    if training is False or p == 0:
        return call.node("input"), None
    kept = call.read(call.results[1])
    scale = 1 / (1 - number(p)) if p < 1 else S.Zero
    return elementwise(lambda a, m: a * m * scale, call.node("input"), kept), None
