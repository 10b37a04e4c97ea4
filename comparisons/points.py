"""Where gradients are compared: the inputs at which errors are known to hide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import numpy.typing as npt

from comparisons.dtypes import Float64Array, FloatType
from comparisons.subjects import Inputs, Subject
from comparisons.truth import TruthOf
from comparisons.ulp import ulp
from symdiff import Definition

SEED = 20240229  # of the random mantissas and pairs
_PER_BINADE = 3
_NEIGHBOURS = range(-3, 4)
_PAIRS = 4096


def chosen_inputs(
    subject: Subject,
    truth_of: TruthOf,
    dtype: FloatType,
    given: Mapping[str, npt.ArrayLike] | None = None,
    points: str | None = None,
) -> Inputs:
    """Where a subject is compared: at the user's inputs, its own sample, or points chosen for it.

    Raises: ValueError if the inputs are not the subject's, or it has no such points.
    """
    if points not in (None, "structured", "all"):
        raise ValueError(f"unknown points {points!r}; choose 'structured' or 'all'")
    if given is not None:
        names = truth_of.adjoints.signature.inputs
        if set(given) != set(names):
            raise ValueError(
                f"inputs names {', '.join(map(str, given)) or 'nothing'}; {subject} takes "
                f"{', '.join(names)}"
            )
        return {k: dtype.round(np.asarray(given[k], dtype=np.float64)) for k in names}
    definition = subject.definition
    if points == "all" and (definition is None or len(definition.variables) > 1 or dtype.bits > 16):
        raise ValueError(
            f"points='all' is for functions of one variable in a 16-bit type; {subject} in {dtype} "
            "has too many"
        )
    if subject.sample is not None:
        return subject.sample(dtype)
    if definition is None:
        raise ValueError(f"{subject} does not say where to compare; pass inputs=…")
    if len(definition.variables) > 1:
        return pairs(definition, dtype)
    (variable,) = definition.variables
    if dtype.bits == 16 and points != "structured":
        return {variable: every_pattern(dtype)}
    special = [float(kink.at) for kink in definition.kinks()]
    ends = [end for u in definition.unresolved_kinks() for end in (u.low, u.high)]
    special += [end for end in ends if np.isfinite(end)]
    if variable not in truth_of.adjoints:  # a constant function: its derivative has no roots
        return {variable: structured(dtype, special)}
    return {
        variable: structured(
            dtype, special, lambda z: truth_of.approximate({variable: z})[variable]
        )
    }


def structured(
    dtype: FloatType,
    special: Iterable[float] = (),
    derivative: Callable[[Float64Array], Float64Array] | None = None,
) -> Float64Array:
    """Inputs of one variable: everywhere, and densely where formulas change.

    Every binade of both signs, a fine grid over [−32, 32], ±0, the smallest and largest subnormal
    and normal numbers, ±800 and ±1e30, and the three neighbours on each side of every `special`
    point and of every root of `derivative`; last ±∞ and NaN.

    Returns: float64 holding values of `dtype`, the finite ones in order and without repetition.
    """
    grid = dtype.round(np.linspace(-32, 32, 4097))
    edges = [0.0, dtype.smallest_subnormal, dtype.smallest_normal, dtype.largest]
    edges += [dtype.smallest_normal - dtype.smallest_subnormal, 800.0, 1e30]
    values = [grid, _binades(dtype), dtype.round(edges), -dtype.round(edges)]
    centres = [float(s) for s in special]
    if derivative is not None:
        centres += list(_roots(grid, derivative))
    values += [neighbours(c, dtype) for c in centres]
    points = np.concatenate(values)
    points = np.unique(points[np.isfinite(points) & (points != 0)])
    below, above = points[points < 0], points[points > 0]
    return np.concatenate([below, [-0.0, 0.0], above, [-np.inf, np.inf, np.nan]])


def every_pattern(dtype: FloatType) -> Float64Array:
    """All values of a 16-bit type in the order of their bit patterns, NaNs and ±∞ included.

    Raises: ValueError if the type is wider.
    """
    if dtype.bits != 16:
        raise ValueError(f"{dtype} has 2^{dtype.bits} values; only 16-bit types are tried whole")
    import torch

    patterns = torch.arange(2**16, dtype=torch.int32).to(torch.int16)
    return np.asarray(patterns.view(dtype.torch).to(torch.float64).numpy())


def neighbours(centre: float, dtype: FloatType) -> Float64Array:
    """The value of `dtype` nearest to `centre` and the three on either side."""
    nearest = dtype.round([centre])
    # Rounding up to 4 units past a power of two keeps distinct neighbours, if not adjacent ones.
    return dtype.round(nearest + np.array(_NEIGHBOURS) * ulp(nearest, dtype))


def _binades(dtype: FloatType) -> Float64Array:
    draw = np.random.default_rng(SEED)
    exponents = np.arange(dtype.e_min - dtype.precision + 1, dtype.e_max + 1)
    mantissas = 1 + draw.random((len(exponents), _PER_BINADE))
    mantissas[:, 0] = 1.0
    magnitudes = np.ldexp(mantissas, exponents[:, np.newaxis]).ravel()
    return dtype.round(np.concatenate([magnitudes, -magnitudes]))


def _roots(grid: Float64Array, f: Callable[[Float64Array], Float64Array]) -> Float64Array:
    """Where f changes sign between grid points, by bisection in float64."""
    at = f(grid)
    crossing = np.flatnonzero((at[:-1] * at[1:]) < 0)
    low, high = grid[crossing], grid[crossing + 1]
    rising = at[crossing] < 0
    for _ in range(60):
        middle = (low + high) / 2
        below = (f(middle) < 0) == rising
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return np.asarray(low)


def pairs(definition: Definition, dtype: FloatType) -> dict[str, Float64Array]:
    """Inputs of a function of two variables, within its domain.

    Random pairs of moderate size, with the second at 0, 1 and at a distance of 0 or of a parameter
    from the first for some, since losses change there.
    """
    draw = np.random.default_rng(SEED)
    first, second = definition.variables
    a = _within(draw.normal(scale=2.0, size=_PAIRS), definition.domain.get(first), draw)
    b = _within(draw.normal(scale=2.0, size=_PAIRS), definition.domain.get(second), draw)
    b[: _PAIRS // 8] = 0.0
    b[_PAIRS // 8 : _PAIRS // 4] = 1.0
    offsets = [0.0, *(float(p) for p in definition.parameters.values() if p.is_finite)]
    offsets += [-o for o in offsets]
    if second not in definition.domain:
        chosen = slice(_PAIRS // 4, _PAIRS // 2)
        b[chosen] = a[chosen] + draw.choice(offsets, size=_PAIRS // 4)
    return {first: dtype.round(a), second: dtype.round(b)}


def _within(
    values: Float64Array, interval: tuple[float, float] | None, draw: np.random.Generator
) -> Float64Array:
    """The values, or, for an interval, uniform ones a little inside it."""
    if interval is None:
        return values
    low, high = interval
    return np.asarray(low + (high - low) * draw.uniform(2**-7, 1 - 2**-7, size=values.shape))
