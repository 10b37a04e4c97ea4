"""Rewrite naive textbook forms into the stable functions they mean.

People write 1/(1 + exp(−z)), z/2·(1 + erf(z/√2)) or max(0, z). Each is replaced, exactly and once,
by the function of `symdiff.functions` it equals, so that its derivative lands in a stable form.
Only identities that hold for every real argument are used; `simplify` is not (it is slow, and it
undoes stability).
"""

from __future__ import annotations

import sympy
from sympy import Add, Expr, Mul, Piecewise, Pow, S

from symdiff.expression.rewriting import rewritten
from symdiff.functions import (
    Phi,
    expm1,
    log1p,
    maximum,
    minimum,
    sech,
    sigmoid,
    softplus,
    tanh,
)

# c + c·odd(a) = 2c·F(k a): the two functions whose distribution function is stable by itself.
_ODD_TO_DISTRIBUTION = {sympy.erf: (Phi, sympy.sqrt(2)), tanh: (sigmoid, 2)}


def recognise(expression: Expr) -> Expr:
    """The same real function, written with stable functions and explicit cases.

    Max(a, b) means `a if a > b else b` with constants last, so that max(0, z) has derivative 0 at
    the tie, as relu has.
    """
    return rewritten(expression, _rewrite)


def _rewrite(e: Expr) -> Expr:
    if isinstance(e, Add):
        return _sum(e)
    if isinstance(e, Mul):
        return _product(e)
    if isinstance(e, Pow):
        return _power(e)
    if isinstance(e, sympy.log):
        return _logarithm(e)
    if isinstance(e, log1p) and isinstance(e.args[0], sympy.exp):
        return softplus(e.args[0].args[0])
    if isinstance(e, sympy.tanh):
        return tanh(*e.args)
    if isinstance(e, sympy.sech):
        return sech(*e.args)
    if isinstance(e, sympy.erfc):
        return 2 * Phi(-sympy.sqrt(2) * e.args[0])
    if isinstance(e, sympy.Heaviside):
        return Piecewise((0, e.args[0] < 0), (e.args[1], sympy.Eq(e.args[0], 0)), (1, True))
    if isinstance(e, sympy.Max):
        return maximum.of(e.args)
    if isinstance(e, sympy.Min):
        return minimum.of(e.args)
    return e


def _sum(e: Add) -> Expr:
    """Pairs of terms that share a coefficient: c + c·erf(a), c − c·σ(a), c·e^a − c."""
    for term in e.args:
        for factor in Mul.make_args(term):
            c = term / factor
            for sign in (S.One, S.NegativeOne):
                partner = sign * c
                merged = _merge(factor, sign)
                if merged is not None and partner != term and partner in e.args:
                    rest = [other for other in e.args if other not in (term, partner)]
                    return _rewrite(Add(c * merged, *rest))
    return e


def _merge(factor: Expr, sign: Expr) -> Expr | None:
    """factor + sign, in a form that does not cancel; None where there is none."""
    if type(factor) in _ODD_TO_DISTRIBUTION:
        distribution, scale = _ODD_TO_DISTRIBUTION[type(factor)]
        return 2 * sign * distribution(sign * scale * factor.args[0])
    if sign is S.NegativeOne and isinstance(factor, sigmoid | Phi):
        return -type(factor)(-factor.args[0])
    if sign is S.NegativeOne and isinstance(factor, sympy.exp):
        return expm1(factor.args[0])
    return None


def _product(e: Mul) -> Expr:
    """e^(−kb) σ(b)^n = e^(−(k−m)b) σ(b)^(n−m) σ(−b)^m, with m = min(k, n)."""
    for exponential in e.args:
        if not isinstance(exponential, sympy.exp):
            continue
        for power in e.args:
            base, n = power.as_base_exp()
            if not isinstance(base, sigmoid):
                continue
            (b,) = base.args
            k = -exponential.args[0] / b
            if k.is_Integer and k > 0 and n.is_Integer and n > 0:
                m = min(k, n)
                rest = Mul(*(f for f in e.args if f not in (exponential, power)))
                return rest * sympy.exp(-(k - m) * b) * base ** (n - m) * sigmoid(-b) ** m
    return e


def _power(e: Pow) -> Expr:
    """(1 + e^a)^(−n) = σ(−a)^n."""
    a = _exponent_of_one_plus_exp(e.base)
    return sigmoid(-a) ** (-e.exp) if a is not None and e.exp.is_negative else e


def _logarithm(e: sympy.log) -> Expr:
    """log(1 + e^a) = softplus(a), log σ(a) = −softplus(−a), log(1 + a) = log1p(a)."""
    (argument,) = e.args
    if isinstance(argument, sigmoid):
        return -softplus(-argument.args[0])
    a = _exponent_of_one_plus_exp(argument)
    if a is not None:
        return softplus(a)
    if isinstance(argument, Add) and S.One in argument.args:
        return log1p(argument - 1)
    return e


def _exponent_of_one_plus_exp(e: Expr) -> Expr | None:
    """The a of 1 + e^a; None for anything else."""
    if isinstance(e, Add) and len(e.args) == 2 and S.One in e.args:
        other = e - 1
        if isinstance(other, sympy.exp):
            return other.args[0]
    return None
