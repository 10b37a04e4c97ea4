"""Random formulas as a user writes them, and their values by another way.

The text is read with Python's own parser and worked out in mpmath, real number by real number:
nothing of the parser, of SymPy or of the oracle is used.
"""

from __future__ import annotations

import ast
import operator
from random import Random

import mpmath

_ONE = (
    *("log", "sqrt", "exp", "asin", "acos", "atanh", "log1p", "abs", "relu", "tan", "sign"),
    *("sin", "tanh", "sinc", "sigmoid", "softplus", "Phi", "erf", "atan", "expm1", "cosh"),
)
_CONSTANTS = ("0", "1", "2", "-1", "0.5", "1/3", "3", "7")


def written(random: Random, depth: int) -> str:
    """A formula in z, nested so deep."""
    if depth <= 0 or random.random() < 0.12:
        return random.choice(["z", "z", random.choice(_CONSTANTS)])

    def part() -> str:
        return written(random, depth - 1 - (random.random() < 0.3))

    kind = random.random()
    if kind < 0.4:
        sign = random.choice(["+", "-", "*", "/", "**"])
        right = random.choice(["2", "3", "0.5", "-1", "1/3", "1.5"]) if sign == "**" else part()
        return f"({part()}){sign}({right})"
    if kind < 0.75:
        return f"{random.choice(_ONE)}({part()})"
    if kind < 0.86:
        parts = ", ".join(part() for _ in range(random.choice([2, 2, 3])))
        return f"{random.choice(['max', 'min'])}({parts})"
    test = f"{part()} {random.choice(['<', '<=', '>', '>=', '==', '!='])} {part()}"
    if random.random() < 0.3:
        test += f" {random.choice(['and', 'or'])} {part()} < {part()} <= {part()}"
    return f"where({test}, {part()}, {part()})"


class Nowhere(ArithmeticError):
    """There is no real value."""


def value(text: str, z: mpmath.mpf) -> mpmath.mpf:
    """The value of the formula at z, at mpmath's working precision. Raises: Nowhere."""
    return _value(ast.parse(text, mode="eval").body, z)


def _between(low, high, function, *, ends):
    def checked(u):
        if not (low <= u <= high if ends else low < u < high):
            raise Nowhere
        return function(u)

    return checked


_FUNCTIONS = {
    "log": _between(0, mpmath.inf, mpmath.log, ends=False),
    "log1p": _between(-1, mpmath.inf, mpmath.log1p, ends=False),
    "sqrt": _between(0, mpmath.inf, mpmath.sqrt, ends=True),
    "asin": _between(-1, 1, mpmath.asin, ends=True),
    "acos": _between(-1, 1, mpmath.acos, ends=True),
    "atanh": _between(-1, 1, mpmath.atanh, ends=False),
    "abs": abs,
    "relu": lambda u: max(u, mpmath.mpf(0)),
    "sigmoid": lambda u: 1 / (1 + mpmath.exp(-u)),
    "softplus": lambda u: mpmath.log1p(mpmath.exp(u)),
    "Phi": mpmath.ncdf,
    **{name: getattr(mpmath, name) for name in ("exp", "tan", "sign", "sin", "tanh", "sinc")},
    **{name: getattr(mpmath, name) for name in ("erf", "atan", "expm1", "cosh")},
}
_FAR = 10**5  # beyond, e^u has more digits than a test should work out
_OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul}
_RELATIONS = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _value(node, z):
    match node:
        case ast.Constant():
            return mpmath.mpf(str(node.value))
        case ast.Name():
            return z
        case ast.UnaryOp():
            return -_value(node.operand, z)
        case ast.BinOp():
            return _binary(type(node.op), _value(node.left, z), _value(node.right, z))
        case ast.Call(func=ast.Name(id="where"), args=[test, body, orelse]):
            return _value(body if _holds(test, z) else orelse, z)
    values = [_value(a, z) for a in node.args]
    if node.func.id in ("max", "min"):
        return {"max": max, "min": min}[node.func.id](values)
    if abs(values[0]) > _FAR and node.func.id not in ("abs", "relu", "sign", "sqrt", "log"):
        raise OverflowError
    return _FUNCTIONS[node.func.id](values[0])


def _binary(kind, a, b):
    if kind in _OPERATORS:
        return _OPERATORS[kind](a, b)
    if kind is ast.Div:
        if b == 0:
            raise Nowhere
        return a / b
    if b == int(b):
        if a == 0 and b < 0:
            raise Nowhere
        return a ** int(b)
    if a < 0 or (a == 0 and b < 0):
        raise Nowhere
    return mpmath.mpf(0) if a == 0 else a**b


def _holds(test, z):
    if isinstance(test, ast.BoolOp):
        found = (_holds(v, z) for v in test.values)
        return all(found) if isinstance(test.op, ast.And) else any(found)
    left = _value(test.left, z)
    for op, comparator in zip(test.ops, test.comparators, strict=True):
        right = _value(comparator, z)
        if not _RELATIONS[type(op)](left, right):
            return False
        left = right
    return True
