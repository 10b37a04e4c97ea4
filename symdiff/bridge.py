"""The lambdify bridge: adjoints as fast numpy functions, with mpmath as a cross-check.

float64 and vectorised, without a proven bound. Where float64 overflows on the way to a finite
result (z³ inside gelu' at 1e200), the point is computed again in mpmath, whose exponents have no
end; so NaN and infinity mean that the function itself is undefined or too large there. Underflow
is not noticed: e^z·σ(−2z) at 400 is e^400·0 = 0 here, where the oracle has 1.9e-174.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import mpmath
import numpy as np
import sympy
from sympy.printing.numpy import SciPyPrinter

from symdiff import arrays
from symdiff.functions import EXTREMES, STABLE_FUNCTIONS, Float64Array, UnspecifiedFunction
from symdiff.graph import Node, topological
from symdiff.interpret import run_mpmath
from symdiff.program import Program, program
from symdiff.signature import Signature

_RESCUE_DIGITS = 40  # twice float64's, and exponents without end
_NAMESPACE = {f.__name__: f.numpy for f in STABLE_FUNCTIONS} | {
    f.__name__: f
    for f in (
        arrays.contract,
        arrays.align,
        arrays.peak,
        arrays.winners,
        arrays.supported,
        arrays.positions,
        arrays.part,
        arrays.placed,
    )
}

_NAMESPACE |= {f.__name__: f.numpy for f in EXTREMES}


def compile_numpy(steps: Program) -> Callable[..., Sequence[Any]]:
    """The program as one vectorised function of its arguments, in their order."""
    # The stable functions and the array operations print themselves (`_numpycode`).
    printer = SciPyPrinter({"fully_qualified_modules": False, "allow_unknown_functions": True})
    function: Callable[..., Sequence[Any]] = sympy.lambdify(
        list(steps.arguments.values()),
        list(steps.results.values()),
        modules=[_NAMESPACE, "scipy", "numpy"],
        printer=printer,
        cse=lambda results: (list(steps.assignments), results),
        docstring_limit=0,
    )
    return function


@dataclass(frozen=True, eq=False)
class Evaluator:
    """A function of a graph's inputs by keyword, returning the values of some nodes by name.

    Scalar inputs take arrays of any shapes that broadcast, each entry a problem of its own.
    Inputs with axes take arrays of that many axes, whose lengths must agree.
    """

    signature: Signature
    nodes: Mapping[str, Node]
    arithmetic: Literal["numpy", "mpmath"] = "numpy"

    def __post_init__(self) -> None:
        if self.arithmetic not in ("numpy", "mpmath"):
            raise ValueError(f"unknown arithmetic {self.arithmetic!r}; choose 'numpy' or 'mpmath'")
        for node in topological(self.nodes.values(), computed=True):
            for f in getattr(node, "expr", sympy.S.Zero).atoms(UnspecifiedFunction):
                raise TypeError(
                    f"{type(f).__name__} was left symbolic and has no value; give it a formula"
                )

    def __repr__(self) -> str:
        return f"<{self.arithmetic} {self.signature} → {', '.join(self.nodes)}>"

    def __call__(self, **values: Any) -> dict[str, Any]:
        """The value of every node, float64 arrays or scalars (or mpmath numbers), by name.

        Raises: TypeError if an input is missing, unknown or not real; ValueError if shapes do not
            fit.
        """
        kind = np.float64 if self.arithmetic == "numpy" else object
        arrays, parameters, lengths = self.signature.bind(values, kind)
        if self.arithmetic == "mpmath":
            results = self._exact({**arrays, **parameters, **lengths})
        else:
            results = self._fast(arrays, {**parameters, **lengths})
        return {name: value[()] for name, value in results.items()}

    @cached_property
    def program(self) -> Program:
        """The straight-line program that is run."""
        return program(self.nodes)

    @cached_property
    def _compiled(self) -> Callable[..., Sequence[Any]]:
        return compile_numpy(self.program)

    @cached_property
    def _on_the_way(self) -> Callable[..., Sequence[Any]]:
        return compile_numpy(self.program.with_every_step())

    def _fast(
        self, arrays: Mapping[str, Float64Array], constants: Mapping[str, Any]
    ) -> dict[str, Float64Array]:
        arguments = {**arrays, **{k: np.float64(v) for k, v in constants.items()}}
        overflows: list[str] = []

        def notice(kind: str, _: int) -> None:
            overflows.append(kind)

        with np.errstate(all="ignore", over="call", divide="call", call=notice):
            raw = self._compiled(*(arguments[k] for k in self.program.arguments))
        values = zip(self.program.results, raw, strict=True)
        results = {k: np.asarray(v, dtype=np.float64) for k, v in values}
        if self.signature.pointwise:
            return self._mended(results, arrays, constants, overflowed=bool(overflows))
        inputs_finite = all(np.isfinite(a).all() for a in arrays.values())
        if inputs_finite and not all(np.isfinite(r).all() for r in results.values()):
            return self._rescued({**arrays, **constants})
        return results

    def _mended(
        self,
        results: Mapping[str, Float64Array],
        arrays: Mapping[str, Float64Array],
        constants: Mapping[str, Any],
        *,
        overflowed: bool,
    ) -> dict[str, Float64Array]:
        """Recompute the points where float64 overflowed on the way; NaN in is NaN out."""
        shape = self.signature.shape(arrays)
        spread = {k: np.broadcast_to(a, shape) for k, a in arrays.items()}
        full = {k: np.broadcast_to(r, shape).copy() for k, r in results.items()}
        finite = np.logical_and.reduce([np.isfinite(a) for a in spread.values()])
        suspects = list(full.values())
        if overflowed:  # x/∞ = 0 is finite and may be wrong: look at what was computed on the way
            with np.errstate(all="ignore"):
                arguments = {**spread, **{k: np.float64(v) for k, v in constants.items()}}
                suspects += self._on_the_way(*(arguments[k] for k in self.program.arguments))
        failed = np.zeros(shape, dtype=bool)
        for step in suspects:  # a step of constants alone is a number
            failed |= finite & ~np.isfinite(step)
        if failed.any():
            again = self._rescued({**{k: a[failed] for k, a in spread.items()}, **constants})
            for k, r in full.items():
                r[failed] = again[k]
        undefined = np.logical_or.reduce([np.isnan(a) for a in spread.values()])
        for r in full.values():
            r[undefined] = np.nan
        return full

    def _rescued(self, arguments: Mapping[str, Any]) -> dict[str, Float64Array]:
        with mpmath.workdps(_RESCUE_DIGITS):
            results = self._exact(arguments)
            with np.errstate(all="ignore"):
                nearest = np.frompyfunc(_nearest_float, 1, 1)
                return {k: np.asarray(nearest(v), dtype=np.float64) for k, v in results.items()}

    def _exact(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return run_mpmath(self.program, {k: arguments[k] for k in self.program.arguments})


def _nearest_float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
