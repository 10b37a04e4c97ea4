"""Evaluate adjoints as fast NumPy functions, with mpmath as a cross-check.

float64 and vectorised. Where there are many points of a graph of scalars, blocks of values with a
proven bound settle most of them, and float balls most of the rest. Of the others, and of few
points, every operation says how far off it may be. A point where that is more than 10⁻⁹ of the
result is computed again in ball arithmetic: where float64 overflows or underflows on the way, where
a sum cancels, where sin takes an argument that is large and rounded. So what a graph of scalars
gives at finite inputs is

- within 10⁻⁹ of the truth, relatively, or within 10⁻³²² of it;
- infinite where the truth is beyond float64;
- NaN where the function has no real value, or none that 4096 bits decide;
- at a point where two cases are equal, what the closed form states there, if that lies between the
  values one and two float64 beside; what these are if they are one (of min(z, |z|) at 0, which is
  z, the closed form says 0); else NaN. Where cases are equal at those too, as |z| and z are for
  z > 0, and the slope is not steady over them, nothing is compared.

The bound is not proven, for it trusts numpy's functions to be right to some units in the last
place, and a tie is only looked at from beside: `Adjoints.enclose` has proofs, and a value where the
formula has none, as for z √|z| at 0. A graph of arrays is computed in plain float64, and again
in balls as a whole where the result is not finite; at its ties the closed form has its way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import sympy
from sympy import Rational

from symdiff.array_types import BoolArray, Float64Array
from symdiff.bridge.float_steps import FloatSteps, rational
from symdiff.bridge.guards import valued
from symdiff.bridge.interpret import run_mpmath
from symdiff.bridge.running_error import Number
from symdiff.expression.domain import Domain
from symdiff.functions import UnspecifiedFunction
from symdiff.graph import Elementwise, Node, placeholder, topological
from symdiff.graph.signature import Signature
from symdiff.programs.program import Program, program

if TYPE_CHECKING:
    from symdiff.bridge.rescue import Rescue
    from symdiff.float_blocks.tape import BlockTape

RELATIVE = 1e-9  # what a value of a graph of scalars is promised to be within
ABSOLUTE = 20 * 2.0**-1074  # 10⁻³²²: some subnormal numbers
_ALIKE = 1e-12  # relatively: what a smooth derivative changes by over four float64 is far less
_AT_ONCE = 8192  # points: what they need fits the processor's cache
_MANY = 2**16  # points: from here on float balls are worth the half second that numba takes
_MOST_WORK = 1_000_000  # entries times steps of a graph of arrays: in balls, some seconds


@dataclass(frozen=True, eq=False)
class Evaluator:
    """A function of a graph's inputs by keyword, returning the values of some nodes by name.

    Scalar inputs take arrays of any shapes that broadcast, each entry a problem of its own.
    Inputs with axes take arrays of that many axes, whose lengths must agree.
    """

    signature: Signature
    nodes: Mapping[str, Node]
    arithmetic: Literal["numpy", "mpmath"] = "numpy"
    primals: tuple[Node, ...] = ()  # scalars: where one is undefined, so is every value
    roughly: bool = False  # whether only what is not finite is computed again

    def __post_init__(self) -> None:
        if self.arithmetic not in ("numpy", "mpmath"):
            raise ValueError(
                f"unknown arithmetic {self.arithmetic!r}; choose 'numpy', 'mpmath' or 'torch'"
            )
        for node in topological(self.nodes.values(), computed=True):
            for f in getattr(node, "expr", sympy.S.Zero).atoms(UnspecifiedFunction):
                raise TypeError(
                    f"{type(f).__name__} was left symbolic and has no value; give it a formula"
                )

    def __repr__(self) -> str:
        return f"<{self.arithmetic} {self.signature} → {', '.join(self.nodes)}>"

    def __call__(self, **values: Any) -> dict[str, Any]:
        """Compute the value of every node by name: float64 arrays or scalars (or mpmath numbers).

        Raises: TypeError if an input is missing, unknown or not real; ValueError if shapes do not
            fit.
        """
        kind = np.float64 if self.arithmetic == "numpy" else object
        copied = self.arithmetic == "mpmath" or not self.signature.pointwise
        arrays, parameters, lengths = self.signature.bind(values, kind, copied=copied)
        constants = {**parameters, **lengths}
        self.program.check({**arrays, **constants})
        results: dict[str, Any]
        if self.arithmetic == "mpmath":
            results = run_mpmath(self.program, {**arrays, **constants})
            results = {name: results[name] for name in self.nodes}
        elif self.signature.pointwise:
            results = self._beside_ties(arrays, constants)
        else:
            results = self._as_a_whole(arrays, constants)
        return {name: value[()] for name, value in results.items()}

    def estimates(self, **values: Any) -> dict[str, tuple[Float64Array, Float64Array]]:
        """Compute a graph of scalars in plain float64, each value with a bound of its error.

        Nothing is computed again: where something cancels, overflows or has no value on the way,
        the bound is large, infinite or NaN.
        """
        arrays, parameters, lengths = self.signature.bind(values, np.float64)
        constants = {**parameters, **lengths}
        self.program.check({**arrays, **constants})
        shape = self.signature.shape(arrays)
        count = math.prod(shape)
        spread = {k: np.broadcast_to(a, shape).reshape(-1) for k, a in arrays.items()}
        fixed = {k: _number(v) for k, v in constants.items()}
        made = {name: (np.empty(count), np.empty(count)) for name in self.nodes}
        for start in range(0, count, _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            points = {k: Number(a[part]) for k, a in spread.items()}
            found = self._steps.run({**points, **fixed}, fine=True)
            known = np.ones(len(range(*part.indices(count))), dtype=bool)
            for name in self._restricting:
                known &= found[name].defined()
            for name, (value, error) in made.items():
                value[part] = found[name].value
                with np.errstate(over="ignore", invalid="ignore"):
                    error[part] = np.where(known, found[name].error(), np.inf)
        return {k: (v.reshape(shape), e.reshape(shape)) for k, (v, e) in made.items()}

    @cached_property
    def program(self) -> Program:
        """The straight-line program that is run: the nodes, and the values that must exist."""
        return program({**self.nodes, **self._restricting})

    @cached_property
    def _unshared(self) -> Program:
        return program({**self.nodes, **self._restricting}, shared=False)

    @cached_property
    def _restricting(self) -> dict[str, Node]:
        """The primals that have no value somewhere, under names that no node has."""
        if not self.signature.pointwise:
            return {}
        domain = Domain()

        def restricts(node: Node) -> bool:
            if not isinstance(node, Elementwise):
                return False
            operands = set(map(placeholder, range(len(node.operands))))
            return any(operands & r.of.free_symbols for r in domain.of(node.expr))

        return {f"%{i}": node for i, node in enumerate(filter(restricts, self.primals))}

    @cached_property
    def _steps(self) -> FloatSteps:
        return FloatSteps(self.program)

    @cached_property
    def _rescue(self) -> Callable[[tuple[tuple[str, Rational], ...]], Rescue]:
        """The program in balls, for some values of the constants."""
        from symdiff.bridge.rescue import Rescue, short  # flint takes 0.1 s; most calls need none

        def compiled(constants: tuple[tuple[str, Rational], ...]) -> Rescue:
            guards, given = self._restricting, dict(constants)
            if not (guards and (parameters := short(given))):
                return Rescue(self._unshared, given, guards)
            guards = valued(guards, parameters)
            return Rescue(program({**self.nodes, **guards}, shared=False), given, guards)

        return lru_cache(maxsize=8)(compiled)

    def _beside_ties(
        self, arrays: Mapping[str, Float64Array], constants: Mapping[str, Any]
    ) -> dict[str, Float64Array]:
        """The values of a graph of scalars, those at ties compared to those beside."""
        results, tied = self._point_by_point(arrays, constants)
        if self.roughly or tied is None or not tied.any():
            return results
        shape = self.signature.shape(arrays)
        for a in arrays.values():
            tied &= np.isfinite(np.broadcast_to(a, shape).reshape(-1))
        at = {k: np.broadcast_to(a, shape).reshape(-1)[tied] for k, a in arrays.items()}
        beside = {name: self._near(at, name, constants) for name in at}
        for name, r in results.items():
            moves = [name] if name in beside else list(beside)  # what a line hangs on is not told
            found = r.reshape(-1)[tied]
            near = np.concatenate([_telling(found, *beside[k], name=name) for k in moves])
            r.reshape(-1)[tied] = _between(found, near)
        return results

    def _near(
        self, at: Mapping[str, Float64Array], name: str, constants: Mapping[str, Any]
    ) -> tuple[list[dict[str, Float64Array]], BoolArray]:
        """The values at the two float64 next to an input's, on both sides; where all are tied."""
        found, tied = [], []
        for end in (-np.inf, np.inf):
            moved = at[name]
            for _ in range(2):
                moved = np.nextafter(moved, end)
                values, met = self._point_by_point({**at, name: moved}, constants)
                found.append(values)
                tied.append(np.zeros(len(moved), dtype=bool) if met is None else met)
        return found, np.all(tied, axis=0)

    def _point_by_point(
        self,
        arrays: Mapping[str, Float64Array],
        constants: Mapping[str, Any],
    ) -> tuple[dict[str, Float64Array], BoolArray | None]:
        """The values of a graph of scalars; NaN in is NaN out. Where two cases are equal, if so."""
        shape = self.signature.shape(arrays)
        count = math.prod(shape)
        spread = {k: _spread(a, shape) for k, a in arrays.items()}
        tied = None
        many = count >= _MANY and self.nodes and not self.roughly
        points = self._points(tuple(constants.items())) if many else None
        if points is None:
            tied = np.zeros(count, dtype=bool)
            results = self._with_errors(spread, count, constants, tied)
        else:
            results = {k: np.empty(count) for k in self.nodes}
            left = points.run(spread, results, RELATIVE, ABSOLUTE)
            if len(left):
                met = np.zeros(len(left), dtype=bool)
                part = {k: a[left] for k, a in spread.items()}
                found = self._with_errors(part, len(left), constants, met, fine_alone=True)
                for name, value in found.items():
                    results[name][left] = value
                if met.any():
                    tied = np.zeros(count, dtype=bool)
                    tied[left] = met
        return {name: r.reshape(shape) for name, r in results.items()}, tied

    @cached_property
    def _points(self) -> Callable[[tuple[tuple[str, Rational], ...]], BlockTape | None]:
        """The program with proven errors, for some values of the constants, where it can be."""
        from symdiff.float_balls.environment import is_ieee
        from symdiff.float_balls.lowering import NotLoweredError
        from symdiff.float_balls.points import Points  # numba takes half a second
        from symdiff.float_blocks.tape import BlockTape

        try:
            constants = {*self.signature.parameters, *self.signature.lengths}
            lowered = Points(self.program, constants, self._restricting)
        except NotLoweredError:
            return lambda _: None
        kept = lru_cache(maxsize=8)(lambda constants: BlockTape(lowered.at(dict(constants))))
        return lambda constants: kept(constants) if is_ieee() else None

    def _with_errors(
        self,
        spread: Mapping[str, Float64Array],
        count: int,
        constants: Mapping[str, Any],
        tied: BoolArray,
        *,
        fine_alone: bool = False,
    ) -> dict[str, Float64Array]:
        """The values at points in one dimension, with running errors, and in balls if need be.

        Args: tied, one entry for each point, to be set where two cases are equal; fine_alone,
            whether each point is to have an error of its own at once.
        """
        fixed = {k: _number(v) for k, v in constants.items()}
        results = {k: np.empty(count) for k in self.nodes}
        finite = np.ones(count, dtype=bool)
        for a in spread.values():
            finite &= np.isfinite(a)
        for start in range(0, count, _AT_ONCE):
            part = np.arange(start, min(start + _AT_ONCE, count))
            for fine in (True,) if self.roughly or fine_alone else (False, True):
                points = {k: Number(a[part]) for k, a in spread.items()}
                met = np.zeros(len(part), dtype=bool)
                found = self._steps.run(
                    {**points, **fixed}, errors=not self.roughly, fine=fine, tied=met
                )
                tied[part] |= met
                right = np.ones(len(part), dtype=bool)
                for name in self._restricting:
                    right &= self.roughly | found[name].defined()
                for name, r in results.items():
                    r[part] = found[name].value
                    right &= (
                        np.isfinite(found[name].value)
                        if self.roughly
                        else found[name].within(RELATIVE, ABSOLUTE)
                    )
                part = part[~right & finite[part]]
                if not len(part):
                    break
            else:
                rescue = self._rescue(tuple(constants.items()))
                rescued = rescue({k: a[part] for k, a in spread.items()})
                tied[part] |= rescue.tied
                undefined = np.zeros(len(part), dtype=bool)
                for name in self._restricting:
                    undefined |= np.isnan(rescued[name])
                for name, r in results.items():
                    r[part] = np.where(undefined, np.nan, rescued[name])
        if not finite.all():
            undefined = np.logical_or.reduce([np.isnan(a) for a in spread.values()])
            for r in results.values():
                r[undefined] = np.nan
        return results

    def _as_a_whole(
        self, arrays: Mapping[str, Float64Array], constants: Mapping[str, Any]
    ) -> dict[str, Float64Array]:
        """The values of a graph of arrays."""
        numbers = {k: Number(a) for k, a in arrays.items()}
        numbers |= {k: _number(v) for k, v in constants.items()}
        found = self._steps.run(numbers, errors=False)
        results = {k: np.asarray(n.value, dtype=np.float64) for k, n in found.items()}
        work = sum(a.size for a in arrays.values()) * len(self.program.steps)
        inputs_finite = all(np.isfinite(a).all() for a in arrays.values())
        wrong = inputs_finite and not all(np.isfinite(r).all() for r in results.values())
        if wrong and work <= _MOST_WORK:
            from symdiff.bridge.rescue import rescued_arrays

            rescued = rescued_arrays(self._unshared, {**arrays, **constants})
            return {k: np.where(np.isfinite(r), r, rescued[k]) for k, r in results.items()}
        return results


def _telling(
    at: Float64Array, beside: list[dict[str, Float64Array]], tied: BoolArray, *, name: str
) -> Float64Array:
    """The values of the neighbours on both sides; NaN at ties where they do not settle.

    Where all of them are tied, the move may have left the tie at hand as it is, and then they are
    what was found at it; or cases are equal all around, as |z| and z are for z > 0, and a tie at
    hand is one more. Of values that do not settle on a side nothing is told then.
    """
    near = np.array([values[name] for values in beside])
    below, beneath, above, over = near
    settled = _alike(below, beneath) & _alike(above, over)
    moved = ~np.all([_alike(at, value) for value in near], axis=0)
    return np.where(tied & ~(settled & moved), np.nan, near)


def _alike(a: Float64Array, b: Float64Array) -> BoolArray:
    """The mask of numbers that are equal but for rounding; NaN is like none."""
    with np.errstate(invalid="ignore", over="ignore"):  # ∞ − ∞, or −10³⁰⁸ − 10³⁰⁸
        near = np.abs(a - b) <= _ALIKE * np.maximum(np.abs(a), np.abs(b)) + ABSOLUTE
    return np.asarray((a == b) | near)


def _between(at: Float64Array, near: Float64Array) -> Float64Array:
    """What is computed at ties, if it is none of what lies outside of all that is near.

    Args: near, of each input that moves four rows: the values one and two float64 below, and above.
    """
    low, high = np.fmin.reduce(near), np.fmax.reduce(near)  # NaN if all are
    with np.errstate(invalid="ignore", over="ignore"):  # ∞ − ∞, or −10³⁰⁸ − 10³⁰⁸
        size = np.maximum(np.abs(low), np.abs(high))
        # Each value is right relatively, and what it is at the tie as far off as the next one:
        # 0 is near the end of 10⁻¹⁶ to 5 where 1 − z ends, and not near that of 1 to 10¹⁰.
        steps = np.fmax.reduce(np.abs(near[0::2] - near[1::2]))
        ends = (RELATIVE * np.abs(end) + 4 * np.fmax(steps, 0) for end in (low, high))
        below, above = (np.fmin(RELATIVE * size, slack) + ABSOLUTE for slack in ends)
        inside = (at >= low - below) & (at <= high + above)
        alike = high - low <= _ALIKE * size
    one = np.where(alike, low, np.nan)
    return np.where(np.isnan(low) | np.isnan(at) | inside, at, one)


def _spread(a: Float64Array, shape: tuple[int, ...]) -> Float64Array:
    """An array's entries at all points, in one dimension."""
    return (a if a.shape == shape else np.broadcast_to(a, shape)).reshape(-1)


def _number(value: Any) -> Number:
    """A parameter or a length in float64."""
    return rational(Rational(value))
