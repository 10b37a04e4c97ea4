"""Text to expression through a whitelist: nothing is ever executed.

`sympify` evaluates the text it is given, so `__import__('os').system(…)` would run. Here Python's
own parser builds a syntax tree, and only the node kinds named below are translated. Numbers are
exact: `0.044715` is the rational 44715/1000000.
"""

from __future__ import annotations

import ast
import difflib
import tokenize
import warnings
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from io import StringIO
from typing import Any

import sympy
from sympy import Expr, Integer, Piecewise, Rational, Symbol

from symdiff.functions import STABLE_FUNCTIONS, Phi, phi, sigmoid

MAX_LENGTH = 2_000  # characters: far beyond any formula, far below what exhausts the parser
MAX_DEPTH = 60  # nested parentheses and calls
MAX_CONSTANT = Integer(10) ** 300  # a constant beyond float64 would only be an attack on SymPy
MAX_BITS = 10_000  # of a rational's numerator and denominator: (1 + 1e-300)**1000 has a million

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    **{f.__name__: f for f in STABLE_FUNCTIONS},
    "σ": sigmoid,
    "Φ": Phi,
    "φ": phi,
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "tan": sympy.tan,
    "sinh": sympy.sinh,
    "cosh": sympy.cosh,
    "asinh": sympy.asinh,
    "asin": sympy.asin,
    "acos": sympy.acos,
    "atan": sympy.atan,
    "atanh": sympy.atanh,
    "erf": sympy.erf,
    "erfc": sympy.erfc,
    "abs": sympy.Abs,
    "Abs": sympy.Abs,
    "sign": sympy.sign,
    "max": sympy.Max,
    "min": sympy.Min,
    "Max": sympy.Max,
    "Min": sympy.Min,
    "relu": lambda z: Piecewise((z, z > 0), (0, True)),
    "where": lambda condition, a, b: Piecewise((a, condition), (b, True)),
}
_ARITY = {"max": None, "min": None, "Max": None, "Min": None, "where": 3}  # None: one or more

_CONSTANTS: Mapping[str, Expr] = {"pi": sympy.pi, "π": sympy.pi, "e": sympy.E}

_TYPOGRAPHY = str.maketrans({"−": "-", "·": "*", "×": "*"})

_OPERATORS: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_RELATIONS: Mapping[type[ast.cmpop], Callable[[Expr, Expr], Any]] = {
    ast.Lt: sympy.Lt,
    ast.LtE: sympy.Le,
    ast.Gt: sympy.Gt,
    ast.GtE: sympy.Ge,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}


def parse(text: str, symbols: Iterable[Symbol]) -> Expr:
    """The expression that `text` writes in the given symbols.

    Python's operators, comparisons and `a if condition else b` are understood, and the functions
    of `FUNCTIONS`; `^` is not a power.

    Args: text, at most 2,000 characters; symbols, the names it may use.
    Raises: ValueError, one sentence, for anything else that the text holds.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"the formula has {len(text)} characters; at most {MAX_LENGTH} are accepted"
        )
    text = text.strip().translate(_TYPOGRAPHY)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # `1if` and `'\d'` would only be warned of
            tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise ValueError(
            f"cannot read the formula {_shorten(text)}: {reason}; write it as in Python, "
            "for example 'z * sigmoid(z)'"
        ) from None
    return _Translator(text, {s.name: s for s in symbols}).translate(tree.body)


class _Translator:
    """One walk over the syntax tree; every node kind it does not know is refused."""

    def __init__(self, text: str, symbols: Mapping[str, Symbol]) -> None:
        self.text = text
        self.symbols = symbols
        self.literals = _decimal_literals(text)

    def translate(self, node: ast.expr) -> Expr:
        result = self.value(node, 0)
        if not isinstance(result, Expr):
            raise self.error("is a condition, not a number", node)
        return result

    def error(self, problem: str, node: ast.AST) -> ValueError:
        part = ast.get_source_segment(self.text, node)
        where = "" if part is None or part == self.text else f": {_shorten(part)}"
        return ValueError(f"the formula {_shorten(self.text)} {problem}{where}")

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(
                f"the formula {_shorten(self.text)} is nested more than {MAX_DEPTH} deep"
            )
        match node:
            case ast.Constant():
                result = self.number(node)
            case ast.Name():
                result = self.name(node)
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                inner = self.number_of(operand, depth)
                result = -inner if isinstance(node.op, ast.USub) else inner
            case ast.BinOp():
                result = self.chain(node, depth)
            case ast.Call(func=ast.Name(id=name), args=args, keywords=[]):
                result = self.call(name, args, node, depth)
            case ast.Compare(left=left, ops=ops, comparators=comparators):
                if any(type(op) not in _RELATIONS for op in ops):
                    raise self.error("compares with something other than < <= > >= == !=", node)
                sides = [self.number_of(side, depth) for side in (left, *comparators)]
                pairs = zip(ops, sides, sides[1:], strict=False)
                result = sympy.And(*(_RELATIONS[type(op)](a, b) for op, a, b in pairs))
            case ast.BoolOp(op=op, values=values):
                join = sympy.And if isinstance(op, ast.And) else sympy.Or
                result = join(*(self.condition(v, depth) for v in values))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                result = Piecewise(
                    (self.number_of(body, depth), self.condition(test, depth)),
                    (self.number_of(orelse, depth), True),
                )
            case _:
                raise self.unreadable(node)
        return self.bounded(result, node)

    def number_of(self, node: ast.expr, depth: int) -> Expr:
        result = self.value(node, depth + 1)
        if not isinstance(result, Expr):
            raise self.error("uses a condition where a number belongs", node)
        return result

    def unreadable(self, node: ast.AST) -> ValueError:
        return self.error(
            "may hold numbers, names, + - * / **, comparisons, `a if c else b` and calls of known "
            "functions only, and holds something else",
            node,
        )

    def condition(self, node: ast.expr, depth: int) -> Any:
        result = self.value(node, depth + 1)
        if isinstance(result, Expr):
            raise self.error("needs a comparison as its condition", node)
        return result

    def bounded(self, result: Any, node: ast.expr) -> Any:
        """Refuse constants SymPy could choke on, and constants that are no real number."""
        if isinstance(result, Expr) and result.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo):
            raise self.error("has a constant part that is infinite or undefined", node)
        if isinstance(result, Expr) and result.is_number:
            number = result.evalf(5)  # decides what assumptions leave open: log1p(-2) is no real
            if False in (result.is_finite, result.is_extended_real, number.is_extended_real):
                raise self.error("holds a constant that is not a finite real number", node)
            if abs(number) > MAX_CONSTANT:
                raise self.error("holds a constant larger than 1e300", node)
        return result

    def number(self, node: ast.Constant) -> Expr:
        if type(node.value) is int:
            return Integer(node.value)
        if type(node.value) is float:
            literal = self.literals.get((node.lineno, node.col_offset))
            value = Decimal(literal) if literal is not None else Decimal(node.value)
            if not value.is_finite() or abs(value.adjusted()) > 300:
                raise self.error("holds a constant outside 1e-300 to 1e300", node)
            return Rational(str(value))
        raise self.error("holds a constant that is not a real number", node)

    def chain(self, node: ast.BinOp, depth: int) -> Expr:
        """a + b + c + … from the left, in a loop: a long sum is not a deep one."""
        parts = [node]
        while isinstance(parts[-1].left, ast.BinOp):
            parts.append(parts[-1].left)
        result = self.number_of(parts[-1].left, depth)
        for part in reversed(parts):
            right = self.number_of(part.right, depth)
            if isinstance(part.op, ast.Pow):
                result = self.power(result, right, part)
            elif type(part.op) in _OPERATORS:
                result = self.bounded(_OPERATORS[type(part.op)](result, right), part)
            else:
                raise self.unreadable(part)
        return result

    def power(self, base: Expr, exponent: Expr, node: ast.expr) -> Expr:
        if base.is_number and exponent.is_number and abs(exponent) > 1000:
            raise self.error("raises a constant to a power beyond 1000", node)
        if base.is_Rational and exponent.is_number:
            bits = max(base.p.bit_length(), base.q.bit_length())
            if bits * abs(exponent) > MAX_BITS:
                raise self.error("raises a constant of many digits to a large power", node)
        if exponent.is_Integer and abs(exponent) > 10**6:
            raise self.error("has an exponent beyond a million", node)
        return base**exponent

    def name(self, node: ast.Name) -> Expr:
        for table in (self.symbols, _CONSTANTS):
            if node.id in table:
                return table[node.id]
        if node.id in FUNCTIONS:
            raise self.error(f"uses the function '{node.id}' without an argument", node)
        known = ", ".join(f"'{name}'" for name in self.symbols)
        raise ValueError(
            f"unknown symbol {_shorten(node.id)} in {_shorten(self.text)}; known are {known} and "
            f"the constants pi and e (a parameter is declared with its value, as {node.id}=1)"
        )

    def call(self, name: str, args: list[ast.expr], node: ast.Call, depth: int) -> Expr:
        if name not in FUNCTIONS:
            near = difflib.get_close_matches(name, FUNCTIONS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(FUNCTIONS)}"
            raise ValueError(f"unknown function {_shorten(name)} in {_shorten(self.text)}; {hint}")
        expected = _ARITY.get(name, 1)
        if len(args) != expected and (expected is not None or not args):
            wanted = {None: "at least one", 1: "one"}.get(expected, str(expected))
            raise self.error(f"calls {name} with {len(args)} arguments; it takes {wanted}", node)
        if name == "where":
            return self.value(ast.IfExp(args[0], args[1], args[2]), depth)
        return FUNCTIONS[name](*(self.number_of(a, depth) for a in args))


def _decimal_literals(text: str) -> dict[tuple[int, int], str]:
    """Where each number stands → the digits as written: float() would already have rounded them."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return {
        (t.start[0], len(t.line[: t.start[1]].encode())): t.string.replace("_", "")
        for t in tokens
        if t.type == tokenize.NUMBER
    }


def _shorten(text: str, limit: int = 60) -> str:
    text = " ".join(text.split())
    return repr(text if len(text) <= limit else text[: limit - 1] + "…")
