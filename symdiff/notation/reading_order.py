"""Order the parts of a sum and of a product as a person writes them.

SymPy sorts `y − t` into `-t + y` and `z̄ x` into `x*z_bar`. Here a sum opens with a positive term,
numbers lead a product, and a cotangent comes before what it is multiplied with.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy
from sympy import Add, Expr, Indexed, Mul, Pow, Symbol
from sympy.core.relational import Relational

from symdiff.notation.arrays import ArrayFunction, Contraction
from symdiff.notation.names import is_barred


def terms(expression: Add) -> list[Expr]:
    """The terms: positive first; sums, then functions, symbols by falling degree, numbers."""

    def key(term: Expr) -> tuple[object, ...]:
        summed = term.has(Contraction, sympy.Sum) and not term.has(sympy.Function)
        functions = len(term.atoms(sympy.Function))
        factors = len(Mul.make_args(term))
        degree = factors if functions else -_polynomial_degree(term)
        return (
            term.could_extract_minus_sign(),
            term.is_number,
            not summed,
            not functions,
            functions,
            degree,
            sympy.default_sort_key(term),
        )

    return sorted(expression.args, key=key)


def _polynomial_degree(term: Expr) -> int:
    powers = term.as_powers_dict().items()
    return int(sum(e for base, e in powers if base.is_Symbol and e.is_Integer))


def factors(product: Expr) -> tuple[bool, list[Expr], list[Expr]]:
    """The sign, the numerator and the denominator of a product, each in reading order."""
    coefficient, rest = product.as_coeff_Mul()
    numerator: list[Expr] = []
    denominator: list[Expr] = []
    for factor in Mul.make_args(rest):
        if isinstance(factor, Add):
            content, primitive = factor.primitive()
            if content.is_Integer and content != 1:
                coefficient, factor = coefficient * content, primitive  # noqa: PLW2901 - 2z + 2 → 2 (z + 1)
        base, exponent = factor.as_base_exp()
        if not isinstance(factor, sympy.exp) and exponent.could_extract_minus_sign():
            denominator.append(Pow(base, -exponent))
        else:
            numerator.append(factor)
    numerator.sort(key=_place)
    denominator.sort(key=_place)
    size = abs(coefficient)
    over, under = (size.p, size.q) if size.is_Rational else (size, 1)
    if over != 1 or not numerator:
        numerator.insert(0, sympy.sympify(over))
    if under != 1:
        denominator.insert(0, sympy.sympify(under))
    return bool(coefficient.is_negative), numerator, denominator


def _place(factor: Expr) -> tuple[object, ...]:
    base = factor.as_base_exp()[0]
    if isinstance(factor, sympy.exp):
        kind = 5  # though its base, e, is a number
    elif base.is_number:
        kind = 0
    elif isinstance(base, Symbol):
        kind = 1 if is_barred(base.name) else 2
    elif isinstance(base, Indexed):
        kind = 3
    elif isinstance(base, Add):
        kind = 4
    else:
        kind = 6 if isinstance(base, Contraction | ArrayFunction) else 5
    indices = len(base.indices) if isinstance(base, Indexed) else 0  # x[j] before w[j, i]
    mirrored = bool(base.args) and base.args[0].could_extract_minus_sign()  # σ(z) before σ(−z)
    return (kind, indices, mirrored, sympy.default_sort_key(factor))


def variable_left(relation: Relational) -> Relational:
    """The relation with its variable on the left: SymPy writes z > λ as λ < z."""
    z = Symbol("z", real=True)
    left, right = relation.lhs, relation.rhs
    symbols_left, symbols_right = len(left.atoms(Symbol)), len(right.atoms(Symbol))
    turn = (right.has(z) and not left.has(z)) or symbols_left < symbols_right
    turned = relation.reversed if turn else relation
    return turned.reversedsign if (-turned.lhs).is_Symbol else turned  # −z > λ is z < −λ


def signed_sum(written: Sequence[str], minus: str) -> str:
    """Terms joined by + and −, each term's own leading minus becoming the operator."""
    result = written[0]
    for term in written[1:]:
        negative = term.startswith(minus)
        result += f" {minus} {term[len(minus) :].lstrip()}" if negative else f" + {term}"
    return result
