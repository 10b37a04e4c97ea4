"""Random formulas whose cases meet where they are asked, openly or in disguise."""

from __future__ import annotations

import random

import numpy as np
from formulas import Case, case

_THRESHOLDS = ("0", "1", "-1", "0.5", "2", "0.1", "-0.25", "3", "1/3", "10")
# of a threshold c what is 0 there; of 0 alone more is
_BORDERS = (
    *("z - ({c})", "({c}) - z", "z/3 - ({c})/3", "(z - ({c}))**3", "(z - ({c}))**2"),
    *("sinh(asinh(z)) - ({c})", "exp(z) - exp({c})", "z**2 - ({c})**2", "abs(z) - abs({c})"),
    *("tanh(z) - tanh({c})", "expm1(z) - expm1({c})", "max(z, {c}) - ({c})", "z*abs(z - ({c}))"),
)
_BORDERS_AT_0 = (
    *("softplus(z) - log(2)", "sigmoid(z) - 1/2", "sin(z)", "log1p(relu(z))", "cos(z) - 1"),
    *("sqrt(1 + z**2) - 1", "atan(z)", "erf(z)", "exp(z) - 1", "sinc(z) - 1"),
)
_SMOOTH = (
    *("z", "z**2", "exp(z)", "sin(z)", "1", "2*z + 1", "softplus(z)", "z*sigmoid(z)", "erf(z)"),
    *("log1p(z**2)", "Phi(z)", "3", "1/3", "exp(z)/3", "tanh(z)", "cosh(z)", "z**3/7"),
)
_GAPS = ("1", "1e-5", "2**-70", "2**-300", "1e20", "-1/3", "exp(-60)")
_OUTER = (
    *("{}", "{}", "{}", "exp({})", "sigmoid({})", "({})**2", "abs({})", "({}) + exp(z)"),
    *("max({}, z)", "z*({})", "({})/3", "softplus({})", "min({}, 5)", "({}) - z/7"),
)


def tied_case(seed: str) -> Case:
    """The case that belongs to a seed, and its threshold as the parameter-free text has it."""
    draw = random.Random(seed)  # noqa: S311 - it makes tests, no secrets
    text = _piece(draw, threshold(seed))
    for _ in range(draw.choice((0, 0, 1, 1, 2))):
        text = draw.choice(_OUTER).format(text)
    if draw.random() < 0.3:
        text = f"({text}) {draw.choice('+-*')} ({_piece(draw, threshold(seed))})"
    if draw.random() < 0.1:
        text = f"({text}) + ({case(seed).text if not case(seed).parameters else 'z'})"
    return Case(text, {}, seed)


def threshold(seed: str) -> str:
    """Where the cases of a seed's formula meet."""
    return random.Random(seed + "at").choice(("0", *_THRESHOLDS))  # noqa: S311 - as above


def _piece(draw: random.Random, c: str) -> str:
    border = draw.choice(_BORDERS + (_BORDERS_AT_0 if c == "0" else ()) * 2).format(c=c)
    first = draw.choice(_SMOOTH)
    kind = draw.random()
    if kind < 0.15:  # kinks without cases
        second = f"{first} + ({border})*({draw.choice(_SMOOTH)})"
        return draw.choice(("max({}, {})", "min({}, {})", "abs(({}) - ({}))")).format(first, second)
    if kind < 0.25:
        return f"sign({border})*({draw.choice((border, first, f'({border})**2'))})"
    kind = draw.random()
    if kind < 0.30:  # they meet
        second = f"{first} + ({border})"
    elif kind < 0.55:  # with one slope, if the border has one that is finite
        second = f"{first} + ({border})**2*({draw.choice(_SMOOTH)})"
    elif kind < 0.80:
        second = f"{first} + {draw.choice(_GAPS)}"
    else:
        second = draw.choice(_SMOOTH)
    op = draw.choice((">", ">=", "<", "<=", "==", "!="))
    if draw.random() < 0.2:  # by masks
        other = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}[op]
        return (
            f"where({border} {op} 0, 1, 0)*({first}) + where({border} {other} 0, 1, 0)*({second})"
        )
    if draw.random() < 0.2:
        more = draw.choice((f"where({border} < 0, {first}, {second})", f"max({first}, {second})"))
        return f"where({border} {op} 0, {first}, {more})"
    if " - (" in border and draw.random() < 0.3:  # the threshold on the other side
        left, _, right = border.rpartition(" - (")
        return f"where({left} {op} ({right}, {first}, {second})"
    return f"where({border} {op} 0, {first}, {second})"


def tied_points(seed: str) -> np.ndarray:
    """The threshold as float64 and as float32, their neighbours, ±0, tiny and huge ones."""
    draw = random.Random(seed + "points")  # noqa: S311 - as above
    c = float(eval(threshold(seed)))  # noqa: S307 - one of the texts above
    single = np.float32(c)
    found = [c, -c, float(single), 0.0, -0.0]
    found += [float(np.nextafter(c, side)) for side in (-np.inf, np.inf)]
    found += [float(np.nextafter(single, np.float32(side))) for side in (-np.inf, np.inf)]
    found += [draw.choice((1e-30, 5e-324, -1e-310)), draw.choice((1e10, -1e5, 300.0))]
    found += [draw.uniform(-4, 4) for _ in range(3)]
    return np.array(found)
