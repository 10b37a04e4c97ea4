"""Random formulas as text, over the whole grammar of the parser, and points to try them at."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

_SMOOTH = (
    *("sigmoid", "softplus", "tanh", "sech", "Phi", "phi", "expm1", "sinc", "j1", "σ", "Φ", "φ"),
    *("exp", "sin", "cos", "asinh", "atan", "erf", "erfc"),
)
_STEEP = ("sinh", "cosh", "tan")
_PARTIAL = ("log", "sqrt", "log1p", "asin", "acos", "atanh")  # defined on a part of the axis
_KINKED = ("abs", "Abs", "sign", "relu")
_EXTREME = ("max", "min", "Max", "Min")
FUNCTIONS = (*_SMOOTH, *_STEEP, *_PARTIAL, *_KINKED, *_EXTREME, "where", "Piecewise")

_CONSTANTS = (
    *("0", "1", "2", "3", "5", "7", "10", "0.5", "0.1", "0.25", "1.5", "0.044715", "1/3", "2/7"),
    *("pi", "e", "sqrt(2)", "sqrt(3)", "π", "sigmoid(1)", "tanh(2)", "exp(1/2)", "log(2)"),
)
_ODD_CONSTANTS = ("1e20", "1e-30", "1e-5", "1000", "1e10", "123456789", "18446744073709551616")
_PARAMETERS: Mapping[str, tuple[object, ...]] = {
    "a": (1, 2, 0.5, -1, 3, 0.1, 1.0, -0.5, 10),
    "b": (1, 0.25, 6, 2.0, 1.5),
    "lo": (-1, 0, -0.5, -2.0),
    "hi": (1, 6, 0.5, 2),
}
_ODD_PARAMETERS = (
    0,
    1e9,
    1e-9,
    -1e5,
    "1e-400",
    "1e400",
    1e300,
    5e-324,
    float("inf"),
    -float("inf"),
)
_EXPONENTS = ("2", "3", "2", "4", "5", "0.5", "-1", "-2", "1/3", "1.5", "10", "100", "1000", "0")


@dataclass(frozen=True)
class Case:
    """A formula with its parameters' values; `held` are formulas to hold it against."""

    text: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    seed: str = ""


def cases(count: int, seed: int, first: int = 0) -> list[Case]:
    """`count` cases; the same for the same seed, each by itself."""
    return [case(f"{seed}:{i}") for i in range(first, first + count)]


def case(seed: str) -> Case:
    """The case that belongs to a seed."""
    draw = random.Random(seed)  # noqa: S311 - it makes tests, no secrets
    for _ in range(50):
        generator = _Generator(draw)
        kind = draw.random()
        if kind < 0.04:
            text = generator.tower()
        elif kind < 0.08:
            text = generator.nested()
        else:
            text = generator.real(draw.choices((1, 2, 3, 4, 5, 6), (4, 8, 8, 6, 3, 1))[0])
        if len(text) <= 1_500 and re.search(r"\bz\b", text):
            used = {
                name: value
                for name, value in generator.parameters.items()
                if re.search(rf"\b{name}\b", text)
            }
            return Case(text, used, seed)
    return Case("z", {}, seed)


class _Generator:
    """Draws one formula; the parameters that it uses are chosen beforehand."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.parameters: dict[str, object] = {}
        if draw.random() < 0.3:
            for name in draw.sample(sorted(_PARAMETERS), draw.choice((1, 1, 2, 2, 3))):
                odd = draw.random() < 0.12
                values = _ODD_PARAMETERS if odd else _PARAMETERS[name]
                self.parameters[name] = draw.choice(values)

    def constant(self) -> str:
        draw = self.draw
        if self.parameters and draw.random() < 0.5:
            return draw.choice(sorted(self.parameters))
        kind = draw.random()
        if kind < 0.04:
            return draw.choice(_ODD_CONSTANTS)
        if kind < 0.15:
            return f"{draw.uniform(0, 4):.{draw.choice((1, 2, 3))}f}"
        return draw.choice(_CONSTANTS)

    def leaf(self) -> str:
        kind = self.draw.random()
        if kind < 0.50:
            return "z"
        if kind < 0.60:
            return f"z {self.draw.choice('+-')} {self.constant()}"
        if kind < 0.70:
            return f"{self.constant()}*z"
        return self.constant()

    def real(self, depth: int) -> str:
        """An expression of at most this depth."""
        draw = self.draw
        if depth <= 0:
            return self.leaf()
        kind = draw.random()
        if kind < 0.30:
            return self.arithmetic(depth)
        if kind < 0.52:
            return f"{draw.choice(_SMOOTH)}({self.real(depth - 1)})"
        if kind < 0.54:
            return f"{draw.choice(_STEEP)}({self.real(depth - 1)})"
        if kind < 0.60:
            return self.partial(depth)
        if kind < 0.66:
            return self.power(depth)
        if kind < 0.80:
            return f"{draw.choice(_KINKED)}({self.real(depth - 1)})"
        if kind < 0.90:
            return self.extreme(depth)
        if kind < 0.98:
            return self.cases(depth)
        return f"-({self.real(depth - 1)})"

    def arithmetic(self, depth: int) -> str:
        draw = self.draw
        op = draw.choices(("+", "-", "*", "/", "−", "·"), (30, 25, 30, 8, 2, 2))[0]
        other = self.real(draw.randrange(depth))
        sides = [self.real(depth - 1), other]
        if op == "/" and draw.random() < 0.6:  # a denominator without a zero
            sides[1] = draw.choice(("(1 + abs({}))", "(1 + ({})**2)", "(2 + exp({}))")).format(
                other
            )
        elif draw.random() < 0.5 and op != "/":
            sides.reverse()
        return f"({sides[0]}) {op} ({sides[1]})"

    def partial(self, depth: int) -> str:
        name, inner = self.draw.choice(_PARTIAL), self.real(depth - 1)
        if self.draw.random() < 0.3:
            return f"{name}({inner})"
        inside = {
            "log": ("1 + abs({})", "1 + exp({})", "max({}, 1)", "0.5 + ({})**2"),
            "sqrt": ("abs({})", "1 + ({})**2", "relu({})", "max({}, 0.25)"),
            "log1p": ("abs({})", "exp({})", "relu({})", "tanh({})"),
        }.get(name, ("tanh({})", "sin({})/2", "min(max({}, -1), 1)", "0.9*erf({})"))
        return f"{name}({self.draw.choice(inside).format(inner)})"

    def power(self, depth: int) -> str:
        exponent, inner = self.draw.choice(_EXPONENTS), self.real(depth - 1)
        if self.parameters and self.draw.random() < 0.2:
            exponent = self.draw.choice(sorted(self.parameters))
        if self.draw.random() < 0.03:
            exponent = self.leaf()
        if exponent in ("0.5", "1/3", "1.5") and self.draw.random() < 0.6:
            inner = f"abs({inner})"
        return f"({inner})**({exponent})"

    def extreme(self, depth: int) -> str:
        args = [self.real(depth - 1), self.real(self.draw.choice((0, 0, depth - 1)))]
        if self.draw.random() < 0.15:
            args += [self.leaf() for _ in range(self.draw.choice((1, 1, 2, 3, 5)))]
        self.draw.shuffle(args)
        return f"{self.draw.choice(_EXTREME)}({', '.join(args)})"

    def condition(self, depth: int) -> str:
        draw, kind = self.draw, self.draw.random()
        if depth > 0 and kind < 0.12:
            joined = draw.choice((" and ", " or "))
            return f"({self.condition(0)}{joined}{self.condition(depth - 1)})"
        if kind < 0.18:
            ends = [self.constant(), self.leaf(), self.constant()]
            return f"{ends[0]} {draw.choice(('<', '<='))} {ends[1]} < {ends[2]}"
        op = draw.choices(("<", "<=", ">", ">=", "==", "!="), (25, 15, 35, 15, 5, 5))[0]
        left = "z" if draw.random() < 0.5 else self.real(min(depth, 2))
        right = self.constant() if draw.random() < 0.75 else self.real(min(depth, 2))
        return f"{left} {op} {right}"

    def cases(self, depth: int) -> str:
        condition = self.condition(depth - 1)
        then, otherwise = self.real(depth - 1), self.real(self.draw.randrange(depth))
        if self.draw.random() < 0.5:
            then, otherwise = otherwise, then
        if self.draw.random() < 0.65:
            if len(condition) % 4 == 0:  # as good as chance, and draws nothing
                return f"Piecewise(({then}, {condition}), ({otherwise}, True))"
            return f"where({condition}, {then}, {otherwise})"
        return f"({then} if {condition} else {otherwise})"

    def tower(self) -> str:
        """A chain of functions of one argument up to 55 deep."""
        text = "z"
        names = self.draw.choice(
            ((*_SMOOTH, "relu", "abs"), ("relu",), ("sigmoid",), ("tanh", "softplus"), ("exp",))
        )
        for _ in range(self.draw.randrange(5, 56)):
            text = f"{self.draw.choice(names)}({text})"
        return text

    def nested(self) -> str:
        """One pattern put into itself: clips, |…| − 1, maxout, leaky steps."""
        pattern = self.draw.choice(
            (
                "abs({}) - 1",
                "min(max({}, -1), 1)",
                "relu({}) - 0.5",
                "max({}, 0.1*({}))",
                "where({} > 0.5, {}, 2*z)",
                "max({}, C*z + C)",
                "min(abs({}), C)",
                "sqrt(1 + ({})**2) - C",
                "({})**2 - C",
            )
        )
        most = 6 if pattern.count("{}") > 1 else 12 if "**" in pattern else 30
        text = "z"
        for _ in range(self.draw.randrange(2, most)):
            step = re.sub("C", lambda _: f"{self.draw.uniform(0, 3):.2f}", pattern)
            text = step.replace("{}", text)
            if len(text) > 1_400:
                break
        return text


_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?")


def points(case: Case, count: int) -> np.ndarray:
    """Some points of every kind for a case; the special ones first, about 40."""
    draw = random.Random(case.seed + "points")  # noqa: S311 - it makes tests, no secrets
    found = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, np.inf, -np.inf, np.nan]
    found += [1e-30, -1e-30, 1e-310, -1e-310, 5e-324, 1e10, -1e10, 1e200, -1e200, 1.7e308, -1.7e308]
    # In the order of the text: that of a set of strings is another in each process.
    for value in dict.fromkeys([*_NUMBER.findall(case.text), *map(str, case.parameters.values())]):
        number = float(value)
        if np.isfinite(number):
            found += [number, -number, float(np.nextafter(number, np.inf))]
    while len(found) < count:
        kind = draw.random()
        if kind < 0.5:
            found.append(draw.uniform(-6, 6))
        elif kind < 0.6:
            found.append(draw.randrange(-40, 41) / 4)
        elif kind < 0.75:
            found.append(draw.uniform(-60, 60))
        else:
            found.append(
                draw.choice((-1, 1)) * draw.uniform(1, 2) * 2.0 ** draw.randrange(-1060, 1020)
            )
    draw.shuffle(found)
    return np.array(found[:count])


def scaled(text: str, factor: str) -> str:
    """The formula of factor·z in place of z."""
    return re.sub(r"\bz\b", f"({factor}*z)", text)


def exact(value: object) -> Fraction | None:
    """A parameter's value as a fraction; None for an infinite one."""
    try:
        return Fraction(value)  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        return None
