"""Parse text to an expression through a whitelist: nothing is ever executed.

`sympify` evaluates the text it is given, so `__import__('os').system(…)` would run. Here Python's
own parser builds a syntax tree, and only the node kinds named below are translated. Numbers are
exact: `0.044715` is the rational 44715/1000000.
"""

from __future__ import annotations

import ast
import tokenize
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

import sympy
from sympy import Expr, Integer, Not, Piecewise, Pow, Rational, S, Symbol
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symdiff.expression.domain import NOTHING, Domain, Requirements, guarded, only, required
from symdiff.functions import STABLE_FUNCTIONS, Phi, maximum, minimum, phi, sigmoid
from symdiff.suggestion import suggestion
from symdiff.trees.comparison import comparison
from symdiff.trees.refusals import Limits, refusal_of_power, refusal_of_size, refusing, shortened

MAX_LENGTH = 2_000  # characters: far beyond any formula, far below what exhausts the parser
MAX_DEPTH = 60  # nested parentheses and calls

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
    "max": lambda *values: maximum.of(values),
    "min": lambda *values: minimum.of(values),
    "Max": lambda *values: maximum.of(values),
    "Min": lambda *values: minimum.of(values),
    "relu": lambda z: maximum(z, S.Zero),
    "where": lambda condition, a, b: Piecewise((a, condition), (b, True)),
    "Piecewise": Piecewise,
}
_ARITY = {  # None: one or more
    **dict.fromkeys(("max", "min", "Max", "Min", "Piecewise")),
    "where": 3,
}

_CONSTANTS: Mapping[str, Expr] = {"pi": sympy.pi, "π": sympy.pi, "e": sympy.E}

_TYPOGRAPHY = str.maketrans({"−": "-", "·": "*", "×": "*"})

_OPERATORS: Mapping[type[ast.operator], Callable[[Expr, Expr], Expr]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
}
_SIGNS: Mapping[type[ast.operator], str] = {
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.MatMult: "@",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
}
_RELATIONS: Mapping[type[ast.cmpop], type[Relational]] = {
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
            f"cannot read the formula {shortened(text)}: {reason}; write it as in Python, "
            "for example 'z * sigmoid(z)'"
        ) from None
    return _Translator(text, {s.name: s for s in symbols}).translate(tree.body)


@dataclass(frozen=True)
class _Condition:
    """A comparison, and what its sides need that it does not say: log(z) == log(z) is true."""

    test: Boolean
    needs: Requirements


_ELSE = _Condition(sympy.true, NOTHING)


class _Translator:
    """One walk over the syntax tree; every node kind it does not know is refused."""

    def __init__(self, text: str, symbols: Mapping[str, Symbol]) -> None:
        self.text = text
        self.symbols = symbols
        self.literals = _decimal_literals(text)
        self.domain = Domain()
        self.limits = Limits()

    def translate(self, node: ast.expr) -> Expr:
        with refusing("the formula", self.text):
            result = self.value(node, 0)
            if isinstance(result, _Condition):
                raise self.error("is a condition, not a number", node)
            problem = refusal_of_size(result)
            if problem is not None:
                raise self.error(problem, node)
            return result

    def error(self, problem: str, node: ast.AST) -> ValueError:
        part = ast.get_source_segment(self.text, node)
        where = "" if part is None or part == self.text else f": {shortened(part)}"
        return ValueError(f"the formula {shortened(self.text)} {problem}{where}")

    def value(self, node: ast.expr, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise ValueError(
                f"the formula {shortened(self.text)} is nested more than {MAX_DEPTH} deep"
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
                # as Python has it, a < b < c asks for c only where a < b
                return self.joined([self.compared(op, a, b) for op, a, b in pairs], every=True)
            case ast.BoolOp(op=op, values=values):
                conditions = [self.condition(v, depth) for v in values]
                return self.joined(conditions, every=isinstance(op, ast.And))
            case ast.IfExp(test=test, body=body, orelse=orelse):
                condition = self.condition(test, depth)
                first, last = self.number_of(body, depth), self.number_of(orelse, depth)
                return self.cases([(first, condition), (last, _ELSE)], node)
            case _:
                raise self.unreadable(node)
        return self.bounded(result, node)

    def compared(self, op: ast.cmpop, a: Expr, b: Expr) -> _Condition:
        test = comparison(_RELATIONS[type(op)], a, b)
        needs = self.domain.of(a) | self.domain.of(b)
        return _Condition(test, self.domain.lost(test, needs) if needs else needs)

    def joined(self, conditions: list[_Condition], *, every: bool) -> _Condition:
        """All or any of the conditions; each is asked only where those before it leave it open."""
        if len(conditions) == 1:
            return conditions[0]
        whole: Boolean = sympy.true if every else sympy.false
        needs = NOTHING
        for condition in conditions:
            own = condition.needs | self.domain.of(condition.test)
            needs |= only(whole if every else Not(whole), own)
            whole = (sympy.And if every else sympy.Or)(whole, condition.test)
        return _Condition(whole, self.domain.lost(whole, needs) if needs else needs)

    def pair(self, node: ast.expr, depth: int) -> tuple[Expr, _Condition]:
        """A value and its condition, as SymPy's Piecewise takes them."""
        match node:
            case ast.Tuple(elts=[body, ast.Constant(value=True)]):
                return self.number_of(body, depth), _ELSE
            case ast.Tuple(elts=[body, test]):
                return self.number_of(body, depth), self.condition(test, depth)
        raise self.error(
            "needs pairs of a value and its condition in Piecewise, as in "
            "Piecewise((z, z > 0), (0, True))",
            node,
        )

    def cases(self, pairs: list[tuple[Expr, _Condition]], node: ast.expr) -> Expr:
        """The first value whose condition holds; the last has none."""
        if pairs[-1][1] is not _ELSE:
            raise self.error("gives no value for the rest; end Piecewise with (value, True)", node)
        result = pairs[-1][0]
        for body, condition in pairs[-2::-1]:
            both = ((body, condition.test), (result, sympy.true))
            needs = condition.needs | self.domain.of_cases(both)
            result = self.kept(Piecewise(*both), needs, node)
        return result

    def kept(self, result: Expr, needs: Requirements, node: ast.expr) -> Expr:
        """The result, within limits and with the restrictions that SymPy forgot."""
        result = self.bounded(result, node)
        return guarded(result, self.domain.lost(result, needs)) if needs else result

    def applied(
        self,
        result: Expr,
        function: type[sympy.Basic] | None,
        arguments: tuple[Expr, ...],
        node: ast.expr,
    ) -> Expr:
        """The result of a function of the arguments, with the domain that SymPy drops put back."""
        own = NOTHING if function is None else required(function, arguments)
        return self.kept(result, own.union(*map(self.domain.of, arguments)), node)

    def number_of(self, node: ast.expr, depth: int) -> Expr:
        result = self.value(node, depth + 1)
        if isinstance(result, _Condition):
            raise self.error("uses a condition where a number belongs", node)
        return result

    def unreadable(self, node: ast.AST) -> ValueError:
        return self.error(_not_understood(node), node)

    def condition(self, node: ast.expr, depth: int) -> _Condition:
        result = self.value(node, depth + 1)
        if not isinstance(result, _Condition):
            raise self.error("needs a comparison as its condition", node)
        return result

    def bounded(self, result: Expr, node: ast.expr) -> Expr:
        """Refuse constants SymPy could choke on, and constants that are no real number."""
        problem = self.limits.refusal(result)
        if problem is not None:
            raise self.error(problem, node)
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
            kind = type(part.op)
            if kind is ast.Pow:
                result = self.power(result, right, part)
            elif kind in _OPERATORS:
                value = _OPERATORS[kind](result, right)
                divisor = NOTHING if kind is not ast.Div else required(Pow, (right, S.NegativeOne))
                needs = divisor.union(self.domain.of(result), self.domain.of(right))
                result = self.kept(value, needs, part)
            else:
                raise self.unreadable(part)
        return result

    def power(self, base: Expr, exponent: Expr, node: ast.expr) -> Expr:
        problem = refusal_of_power(base, exponent)
        if problem is not None:
            raise self.error(problem, node)
        result = base**exponent
        if (
            exponent.is_integer is False
            and result.is_Mul
            and any(f.is_extended_nonnegative and not f.is_extended_positive for f in base.args)
        ):
            # SymPy has √(sin(z) max(z, 0)) as √sin(z) √max(z, 0), which is more than it may ask.
            result = sympy.Abs(base) ** exponent
        return self.applied(result, Pow, (base, exponent), node)

    def name(self, node: ast.Name) -> Expr:
        for table in (self.symbols, _CONSTANTS):
            if node.id in table:
                return table[node.id]
        if node.id in FUNCTIONS:
            raise self.error(f"uses the function '{node.id}' without an argument", node)
        known = ", ".join(f"'{name}'" for name in self.symbols)
        raise ValueError(
            f"unknown symbol {shortened(node.id)} in {shortened(self.text)}; known are {known} and "
            f"the constants pi and e (a parameter is declared with its value, as {node.id}=1)"
        )

    def call(self, name: str, args: list[ast.expr], node: ast.Call, depth: int) -> Expr:
        if name not in FUNCTIONS:
            hint = suggestion(name, FUNCTIONS)
            raise ValueError(
                f"unknown function {shortened(name)} in {shortened(self.text)}; {hint}"
            )
        expected = _ARITY.get(name, 1)
        if len(args) != expected and (expected is not None or not args):
            wanted = {None: "at least one", 1: "one"}.get(expected, str(expected))
            raise self.error(f"calls {name} with {len(args)} arguments; it takes {wanted}", node)
        if name == "where":
            condition = self.condition(args[0], depth)
            body, orelse = (self.number_of(a, depth) for a in args[1:])
            return self.cases([(body, condition), (orelse, _ELSE)], node)
        if name == "Piecewise":
            return self.cases([self.pair(a, depth) for a in args], node)
        numbers = tuple(self.number_of(a, depth) for a in args)
        function = FUNCTIONS[name]
        if function is sympy.sqrt:
            return self.power(numbers[0], S.Half, node)
        kind = function if isinstance(function, type) else None
        return self.applied(function(*numbers), kind, numbers, node)


def _not_understood(node: ast.AST) -> str:
    """The part of the formula that is not allowed, to follow 'the formula …'."""
    match node:
        case ast.BinOp(op=ast.BitXor()):
            return "uses ^, which is no power; write **"
        case ast.BinOp(op=op) if type(op) in _SIGNS:
            return f"uses {_SIGNS[type(op)]}, which is not understood; there are + - * / **"
        case ast.UnaryOp(op=ast.Not()):
            return "uses not; turn the comparison round, as z <= 0 for not z > 0"
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)) if name in FUNCTIONS:
            return f"calls a function of a module; write {name}(…) alone"
        case ast.Call(func=ast.Attribute(value=ast.Name(), attr=name)):
            return f"calls {shortened(name)} of a module; {suggestion(name, FUNCTIONS)}"
        case ast.Call(func=ast.Name(id=name)):
            return f"calls {shortened(name)} with a keyword; a formula's functions take none"
    return (
        "may hold numbers, names, + - * / **, comparisons, `a if c else b` and calls of known "
        "functions only, and holds something else"
    )


def _decimal_literals(text: str) -> dict[tuple[int, int], str]:
    """Where each number stands → the digits as written: float() would already have rounded them."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return {
        (t.start[0], len(t.line[: t.start[1]].encode())): t.string.replace("_", "")
        for t in tokens
        if t.type == tokenize.NUMBER
    }
