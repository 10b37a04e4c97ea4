"""One block of a float32 sweep: torch's gradient beside the truth at 2²⁴ bit patterns.

A block is named by what travels between processes, a `Recipe` and a number; whoever runs it
rebuilds the subject and its tables once a process.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np

from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.engines import subnormals
from comparisons.engines.engine import Setting
from comparisons.engines.every import ENGINES
from comparisons.inputs.points import structured
from comparisons.judge.budget import Budget
from comparisons.judge.judge import Judge
from comparisons.judge.judgement import Judgement
from comparisons.judge.truth import Truth
from comparisons.judge.vocabulary import Status
from comparisons.results.envelope import Bin, allowed, bins, envelope
from comparisons.subjects.functions import from_catalogue
from comparisons.subjects.subject import Subject
from comparisons.sweeps.faithful import CORRECT, FAITHFUL, OTHER, Sorted, classify
from comparisons.sweeps.tally import Extreme, Tally
from symdiff import activation
from symdiff.oracle.enclosure import Enclosure, uncertain

BLOCKS = 256
CHUNK = 2**20
_EXPONENT = 0x7F800000  # all ones in a NaN or an infinity


@dataclass(frozen=True)
class Recipe:
    """What a block needs to know; small, so that it travels: workers rebuild the rest by name."""

    name: str
    parameters: tuple[tuple[str, str], ...]  # as exact fractions
    dtype: str
    engine: str
    budget: Budget

    def key(self) -> dict[str, Any]:
        """What a checkpoint must agree on: torch has other kernels for each kind of processor."""
        import torch

        return {
            "name": self.name,
            "parameters": dict(self.parameters),
            "dtype": self.dtype,
            "engine": self.engine,
            "budget": [self.budget.accurate, self.budget.absolute],
            "blocks": BLOCKS,
            "versions": {name: version(name) for name in ("torch", "symdiff-autograd")},
            "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        }


def run_block(recipe: Recipe, block: int) -> Tally:
    """The tally of one of the 256 blocks of bit patterns."""
    ready = prepared(recipe)
    size = 2**32 // BLOCKS
    starts = range(block * size, (block + 1) * size, CHUNK)
    return sum((ready.chunk(start) for start in starts), Tally())


@lru_cache(maxsize=8)
def prepared(recipe: Recipe) -> Prepared:
    """The subject of a recipe with its tables, once a process."""
    definition = activation(recipe.name, **dict(recipe.parameters))
    return Prepared(from_catalogue(definition), recipe)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A subject with its tables, ready for any number of blocks in this process."""

    subject: Subject
    recipe: Recipe

    @cached_property
    def dtype(self) -> FloatType:
        """The type computed in."""
        return float_type(self.recipe.dtype)

    @cached_property
    def judge(self) -> Judge:
        """The judge of what is not plainly faithful."""
        truth = Truth(self.subject.graph)
        return Judge(truth, self.subject.definition, self.dtype, self.recipe.budget)

    @cached_property
    def variable(self) -> str:
        """The one input."""
        (only,) = self.subject.graph.inputs
        return only.name

    @cached_property
    def kinks(self) -> Float64Array:
        """The values of the type at which the derivative jumps."""
        definition = self.subject.definition
        found = [] if definition is None else [k.at for k in definition.kinks() if not k.smooth]
        return self.dtype.round([float(at) for at in found])

    @cached_property
    def bulk_from(self) -> float:
        """A sixteenth of the largest gradient, which the structured points have."""
        points = structured(self.dtype)[:-3]  # the finite ones
        slopes = self.judge.truth.approximate({self.variable: points})[self.variable]
        return float(np.abs(slopes).max()) / 16

    def chunk(self, start: int) -> Tally:
        """The tally of `CHUNK` patterns from `start` on."""
        patterns = np.arange(start, start + CHUNK, dtype=np.uint32)
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
            at = {self.variable: patterns.view(np.float32).astype(np.float64)}
        engine = ENGINES[self.recipe.engine]
        with subnormals.kept(f"{self.subject} in {engine}"):
            found = engine.gradients(self.subject, at, Setting(self.dtype))
        computed = found.values[self.variable]
        if computed is None:
            raise ValueError(f"{self.subject} has no gradient")
        if start & _EXPONENT == _EXPONENT:
            return self._beyond_finite(start, at, computed)
        truth, by_ball = self.judge.truth.enclosed_and_counted(
            self.variable, at[self.variable], self.dtype
        )
        tally, rest = Tally(by_ball=by_ball), []
        for number, piece in _pieces(at[self.variable]):
            z, g_hat = at[self.variable][piece], computed[piece]
            first = classify(g_hat, truth[piece], self.dtype, self.bulk_from)
            first.kind[np.isin(z, self.kinks)] = OTHER  # judged by their own rule
            tally += self._plain(first, number)
            rest.append(piece.start + np.flatnonzero(first.kind == OTHER))
        left = np.concatenate(rest)
        return tally + self._judged(start, left, at, computed, truth) if left.size else tally

    def _plain(self, first: Sorted, number: int) -> Tally:
        """What is plainly faithful, in one bin of the envelope."""
        numbers = np.bincount(first.kind, minlength=3)
        counts = {Status.CORRECT: int(numbers[CORRECT]), Status.FAITHFUL: int(numbers[FAITHFUL])}
        if not any(counts.values()):
            return Tally()
        line = allowed(np.array(first.smallest), self.dtype, self.recipe.budget, np.ones(()))
        extremes = Bin(first.above, first.below, float(line), 0)
        return Tally(
            {s: n for s, n in counts.items() if n},
            first.bulk,
            conditioned_ulp=max(first.above, first.below),
            envelope={number: extremes},
        )

    def _beyond_finite(
        self, start: int, at: Mapping[str, Float64Array], computed: Float64Array
    ) -> Tally:
        """NaNs, counted by whether they come out as NaN, and the infinity, judged by the limit."""
        values = at[self.variable]
        ignored = int((np.isnan(values) & ~np.isnan(computed)).sum())
        nans = {
            Status.NON_FINITE_INPUT: int(np.isnan(values).sum()) - ignored,
            Status.NAN_IGNORED: ignored,
        }
        tally = Tally({s: n for s, n in nans.items() if n})
        infinite = np.flatnonzero(np.isinf(values))
        if not infinite.size:
            return tally
        truth = self.judge.truth.enclosed({self.variable: values[infinite]}, self.dtype)
        widened = uncertain(values.shape)
        widened.put(infinite, truth[self.variable])
        return tally + self._judged(start, infinite, at, computed, widened)

    def _judged(
        self,
        start: int,
        rest: Any,
        at: Mapping[str, Float64Array],
        computed: Float64Array,
        truth: Enclosure,
    ) -> Tally:
        """The gradients that are not plainly faithful, judged in full."""
        inputs = {k: v[rest] for k, v in at.items()}
        judgement, tight = self.judge.judge(self.variable, computed[rest], truth[rest], inputs)
        bulk = (np.abs(tight.high) >= self.bulk_from) & np.isfinite(judgement.ulp)
        bulk &= np.isfinite(inputs[self.variable])
        extremes: dict[Status, Extreme] = {
            status: self._extreme(
                judgement,
                np.flatnonzero(judgement.status == code),
                start,
                rest,
                inputs,
                computed[rest],
                tight.high,
            )
            for code, status in enumerate(Status)
            if (judgement.status == code).any() and status is not Status.CORRECT
        }
        return Tally(
            judgement.counts(),
            float(judgement.ulp[bulk].max(initial=0.0)),
            uncertified=int(tight.unsettled.sum()),
            worst=extremes,
            conditioned_ulp=float(judgement.conditioned.max(initial=0.0)),
            envelope=envelope(
                inputs[self.variable],
                tight.high,
                computed[rest],
                judgement,
                dtype=self.dtype,
                budget=self.recipe.budget,
                cotangent=np.ones(rest.shape),
            ),
        )

    def _extreme(
        self,
        judgement: Judgement,
        where: Any,
        start: int,
        rest: Any,
        inputs: Mapping[str, Float64Array],
        computed: Float64Array,
        truth: Float64Array,
    ) -> Extreme:
        for key in (judgement.excess, judgement.ulp):  # among equals the lowest pattern comes first
            where = where[key[where] == key[where].max()]
        i = where[0]
        return Extreme(
            start + int(rest[i]),
            float(inputs[self.variable][i]),
            float(computed[i]),
            float(truth[i]),
            float(judgement.ulp[i]),
            float(judgement.excess[i]),
        )


def _pieces(z: Float64Array) -> Iterator[tuple[int, slice]]:
    """The runs of inputs that fall into one bin of the envelope: nearly always all of them."""
    ends = bins(z[[0, -1]])
    of_each = ends if ends[0] == ends[1] else bins(z)
    cuts = [] if ends[0] == ends[1] else (np.flatnonzero(np.diff(of_each)) + 1).tolist()
    for first, last in pairwise([0, *cuts, z.size]):
        yield int(of_each[min(first, len(of_each) - 1)]), slice(first, last)
