"""What a formula's fuzzing asks of symdiff, and whether an error is a refusal in one sentence."""

from __future__ import annotations

import math
import re
import traceback
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import sympy

MANY = 50_000  # points at which the oracle makes a table
_MESSAGE = re.compile(r"[^\n]{5,1000}")


def derived(text: str, parameters: dict[str, Any]) -> Any:
    """The definition that a formula is, and its adjoints."""
    import symdiff

    definition = symdiff.activation(text, **parameters)
    return definition, symdiff.adjoints(symdiff.pointwise(definition))


def written_out(adjoints: Any) -> bool:
    """Whether the derivative has a closed form of a size that is written."""
    from symdiff.trees.extent import TooLarge

    try:
        adjoints["z"]
    except TooLarge:
        return False
    return True


def random_float32(number: int, seed: int) -> np.ndarray:
    """Distinct float32 numbers: half of any size, half between −10 and 10, as float64."""
    draw = np.random.default_rng(seed)
    some = draw.integers(0, 2**32, number // 2, dtype=np.uint32).view(np.float32)
    others = draw.uniform(-10, 10, number - number // 2).astype(np.float32)
    found = np.concatenate([some[np.isfinite(some)], others])
    return np.unique(found).astype(np.float64)


def table_values(expression: Any, points: np.ndarray) -> Any:
    """What the float32 table alone says at the points, made in the time that a user's call has."""
    from symdiff.oracle import choice, deadline

    with deadline.allowed(deadline.patience(len(points))):
        return choice.table(expression, "float32").enclose(points)


def enclosed_few(expression: Any, points: np.ndarray) -> Any:
    """What the ball alone says at the points."""
    from symdiff.oracle.points.ball import enclose_ball

    return enclose_ball(expression, {"z": points}, relative=2.0**-64)


def apart(a: Any, b: Any) -> np.ndarray:
    """Which enclosures have no number in common."""
    with np.errstate(invalid="ignore", over="ignore"):
        # Where high's are near each other their difference is exact; where they are not, the
        # distance is far beyond its own rounding error, which 2⁻⁵⁰ of it covers.
        distance = np.abs((a.high - b.high) + (a.low - b.low))
        return np.asarray(distance * (1 - 2.0**-50) > (a.bound + b.bound) * (1 + 2.0**-50))


def enclosed_many(adjoints: Any, points: np.ndarray) -> Any:
    """The float32 enclosures at the points as a user of 50,000 gets them: from a table."""
    return adjoints.enclose(target="float32", z=np.resize(points, MANY))["z"][: len(points)]


def kinks_of(
    definition: Any,
) -> tuple[list[tuple[Fraction, float | None, float | None]], list[Any]]:
    """The kinks, each with the derivative on both sides, and where others may be."""
    listed = [
        (place, _number(k.left), _number(k.right))
        for k in definition.kinks()
        if (place := _place(k.at)) is not None
    ]
    unresolved: list[Any] = list(definition.unresolved_kinks())
    if len(listed) < len(definition.kinks()):  # there is more than one between two float64
        listed = [kink for kink in listed if kink[0] != 0]
        unresolved.append((0.0, 0.0))
    return listed, unresolved


def _place(at: Any) -> Fraction | None:
    """Where a kink is, to 80 digits; None for one at e^(−10⁸), which no fraction should hold."""
    sign, mantissa, exponent, _ = sympy.Float(at.evalf(80), 80)._mpf_
    if abs(exponent) > 10_000:
        return None
    return (-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent


def _number(value: Any) -> float | None:
    """The number; None for NaN, which says that it is not known or that there is none."""
    try:
        shown = value.evalf(30)
        number = float(shown)
    except OverflowError:  # e^(10^20)
        return math.copysign(math.inf, sympy.sign(shown))
    except (TypeError, ValueError, AttributeError):
        return None
    return None if math.isnan(number) else number


def refuses(error: BaseException) -> bool:
    """Whether symdiff itself refuses, in one sentence: not a foreign error that passed through."""
    if not isinstance(error, ValueError | TypeError) or isinstance(error, UnicodeError):
        return False
    frames = traceback.extract_tb(error.__traceback__)
    own = bool(frames) and "/symdiff/" in frames[-1].filename and "raise" in (frames[-1].line or "")
    return own and _MESSAGE.fullmatch(str(error)) is not None


def last_line(error: BaseException) -> str:
    """The error, and the last place in symdiff that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/symdiff/" in f.filename]
    where = f" at {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}: {str(error)[:160]}{where}"
