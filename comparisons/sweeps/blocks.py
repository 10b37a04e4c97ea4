"""Judge one block of a float32 sweep: torch's gradient at 2²⁴ bit patterns beside the truth.

A block is named by what travels between processes, a `Recipe` and a number; whoever runs it
rebuilds the subject and its tables once a process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy import Expr

from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.engines.backward import Converted
from comparisons.engines.every import ENGINES
from comparisons.engines.undisturbed import subnormals_kept
from comparisons.inputs.points import structured
from comparisons.judge.judge import Judge
from comparisons.judge.judgement import Judgement
from comparisons.judge.truth import Truth
from comparisons.judge.vocabulary import Status
from comparisons.results.envelope import Bin, allowed, bins, envelope
from comparisons.subjects.subject import Subject
from comparisons.sweeps.counted import Most
from comparisons.sweeps.faithful import (
    CORRECT,
    FAITHFUL,
    OTHER,
    classify,
    sort_patterns,
)
from comparisons.sweeps.memory import Lent, Memory, keep_what_is_freed
from comparisons.sweeps.plainly import fit_for, judged_plainly
from comparisons.sweeps.points import Chunk, Left, Points
from comparisons.sweeps.recipe import BLOCKS, Recipe
from comparisons.sweeps.rules import Deciding, tally_of
from comparisons.sweeps.tally import Extreme, Tally
from symdiff.array_types import BoolArray
from symdiff.oracle.adjoints import pointwise_forms
from symdiff.oracle.enclosures.enclosure import Enclosure, Why
from symdiff.oracle.points.primal import Primal
from symdiff.oracle.tables.table import Table

CHUNK = 2**21  # so many values keep Python busy for a twentieth of the time
_TABULATED = 2**20  # of all patterns, what a table is made for
_EXPONENT = 0x7F800000  # all ones in a NaN or an infinity


def run_block(recipe: Recipe, block: int) -> Tally:
    """Judge one of the 256 blocks of bit patterns: its tally."""
    ready = prepared(recipe)
    size = 2**32 // BLOCKS
    starts = range(block * size, (block + 1) * size, CHUNK)
    return sum((ready.chunk(start) for start in starts), Tally())


@lru_cache(maxsize=8)
def prepared(recipe: Recipe) -> Prepared:
    """The subject of a recipe with its tables, made once a process."""
    keep_what_is_freed()
    return Prepared(recipe.subject, recipe)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A subject with its tables, ready for any number of blocks in this process."""

    subject: Subject
    recipe: Recipe

    @cached_property
    def dtype(self) -> FloatType:
        """The type that torch computes in."""
        return float_type(self.recipe.dtype)

    @cached_property
    def judge(self) -> Judge:
        """The judge of the gradients that are not plainly faithful."""
        truth = Truth(self.subject.graph)
        return Judge(truth, self.subject.definition, self.dtype, self.recipe.budget)

    @cached_property
    def variable(self) -> str:
        """The name of the one input."""
        (only,) = self.subject.graph.inputs
        return only.name

    @cached_property
    def kinks(self) -> Float64Array:
        """The values of the type at which the derivative jumps."""
        definition = self.subject.definition
        found = [] if definition is None else [k.at for k in definition.kinks() if not k.smooth]
        return self.dtype.round([float(at) for at in found])

    @cached_property
    def kink_patterns(self) -> tuple[int, ...]:
        """The bit patterns of the kinks; 0 has two."""
        zeros = [-0.0] * bool((self.kinks == 0).any())
        values = np.append(self.kinks, zeros).astype(np.float32)
        return tuple(values.view(np.uint32).tolist())

    @cached_property
    def bulk_from(self) -> float:
        """A sixteenth of the largest gradient, which the structured points have."""
        points = structured(self.dtype)[:-3]  # the finite ones
        slopes = self.judge.truth.approximate({self.variable: points})[self.variable]
        return float(np.abs(slopes).max()) / 16

    def require_values(self) -> None:
        """Check that the derivative has a value at nearly all numbers.

        Raises: ValueError if the derivative has no value at more than 1 in 64 numbers.

        Each would be left to the ball, at microseconds a point: hours for half of them.
        """
        points = structured(self.dtype)[:-3]
        truth = self.judge.truth.enclosed({self.variable: points}, self.dtype)[self.variable]
        without = np.flatnonzero(truth.why == Why.UNDEFINED)
        if 64 * len(without) > len(points):
            raise ValueError(
                f"the derivative of {self.subject} has no value at {points[without[0]]:.6g} and "
                f"{len(without) - 1} more of {len(points)} numbers; a sweep takes functions that "
                "have one nearly everywhere, comparisons.check the others"
            )

    @cached_property
    def table(self) -> Table | None:
        """The table of the derivative; None if that is a constant."""
        from symdiff.oracle.choice import table_for

        form, primal = self.derivative
        if not form.free_symbols:
            return None
        patterns = np.linspace(0, _EXPONENT, _TABULATED, endpoint=False, dtype=np.uint32)
        points = patterns.view(np.float32).astype(np.float64)
        return table_for(form, {self.variable: points}, of=primal, target=self.dtype.name)

    @cached_property
    def derivative(self) -> tuple[Expr, Primal]:
        """The form of the derivative, and the function that it is the derivative of."""
        graph = self.subject.graph
        return pointwise_forms(self.judge.truth.adjoints, graph.parameters)[self.variable]

    def chunk(self, start: int) -> Tally:
        """The tally of `CHUNK` patterns from `start` on."""
        return self.tally([start])

    def tally(self, starts: Iterable[int]) -> Tally:
        """The tally of several chunks; what needs the judge is judged together."""
        total, left = Tally(), Left()
        for start in starts:
            total += self._chunk(start, left)
        return total + self._judged(left) if left else total

    def _chunk(self, start: int, left: Left) -> Tally:
        """The tally of what can be judged at once; the rest is put into `left`."""
        values = self._memory.consecutive(start, CHUNK)
        chunk = Chunk(start, self._computed(values))
        if start & _EXPONENT == _EXPONENT:
            return self._beyond_finite(chunk.at(slice(None)), left)
        if self.table is None:
            return self._by_enclosures(chunk.at(slice(None)), left)
        tally = Tally()
        for number, piece in _pieces(values):
            tally += self._piece(chunk, number, piece, self.table, left)
        return tally

    @cached_property
    def _deciding(self) -> Deciding | None:
        """What decides of gradients that are not plainly faithful while they are sorted."""
        definition, budget = self.subject.definition, self.recipe.budget
        unresolved = definition is not None and definition.unresolved_kinks()
        if budget.absolute == 0 or unresolved:
            return None
        by_input = self.judge.truth.moved_by_input_alone(self.variable)
        return Deciding.of(self.dtype, budget, self.bulk_from, self.kinks, by_input=by_input)

    @cached_property
    def _memory(self) -> Memory:
        """Where the inputs of a chunk are."""
        return Memory()

    def _piece(self, chunk: Chunk, number: int, piece: slice, table: Table, left: Left) -> Tally:
        """The tally of what is in one bin of the envelope, beside a table."""
        first, computed = chunk.first + piece.start, chunk.computed[piece]
        found = sort_patterns(first, computed, table, self.dtype, self.bulk_from, self._deciding)
        counts = [found.correct, found.faithful]
        for pattern in self.kink_patterns:  # plain or not, a kink is judged by its own rule
            place = pattern - first
            if 0 <= place < len(computed) and place not in found.other and place not in found.open:
                point = chunk.at(np.array([piece.start + place]))
                truth = table.enclose(point.inputs)
                kind = classify(point.computed, truth, self.dtype, self.bulk_from).kind[0]
                counts[kind] -= 1
                left.add(point, truth)
        most, by_ball = found.most, 0
        if found.open.size:
            more, also, by_ball = self._beside(chunk.at(piece.start + found.open), left)
            most, counts = most.joined(more), [n + m for n, m in zip(counts, also, strict=True)]
        tally = self._plain(most, number, counts) + Tally(by_ball=by_ball)
        if found.decided is not None:
            tally += tally_of(found.decided, first, computed, number)
        if not found.other.size:
            return tally
        known = np.ones(found.other.size, dtype=bool)
        truth = Enclosure(found.high, np.zeros(found.other.size), found.bound, known)
        return tally + self._nearly(number, chunk.at(piece.start + found.other), truth, left)

    def _computed(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The gradients that the engine computes."""
        engine = ENGINES[self.recipe.engine]
        inputs: Any = {self.variable: values}  # float32 is as exact
        written = self.subject.of_user
        setting = Lent(self.dtype, lines=False, memory=self._memory, careful=written)
        with subnormals_kept(f"{self.subject} in {engine}"):
            gradients = engine.gradients(self.subject, inputs, setting).values
        if isinstance(gradients, Converted):
            found = gradients.held(self.variable)
        else:
            found = gradients[self.variable]
        if found is None:
            raise ValueError(
                f"{self.subject} has no gradient; give a function whose value depends on its input"
            )
        with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
            return np.ascontiguousarray(found, dtype=np.float32)

    def _plain(self, most: Most, number: int, counts: Sequence[int]) -> Tally:
        """What is plainly faithful, in one bin of the envelope; how many correct and faithful."""
        if not any(counts):
            return Tally()
        line = allowed(np.array(most.smallest), self.dtype, self.recipe.budget, np.ones(()))
        named = zip((Status.CORRECT, Status.FAITHFUL), counts, strict=True)
        return Tally(
            {s: n for s, n in named if n},
            most.bulk,
            conditioned_ulp=max(most.above, most.below),
            envelope={number: Bin(most.above, most.below, float(line), 0)},
        )

    def _nearly(self, number: int, points: Points, truth: Enclosure, left: Left) -> Tally:
        """What is not plainly faithful, of points in one bin whose truths a table has."""
        judge, budget = self.judge, self.recipe.budget
        definition = self.subject.definition
        plain = fit_for(points.computed, truth.high, self.dtype, budget)
        plain &= ~self._near_kinks(points.inputs)
        if definition is not None and definition.unresolved_kinks():
            plain[:] = False
        if not plain.all():
            left.add(points.at(~plain), truth[~plain])
            points, truth = points.at(plain), truth[plain]
        if not len(points.computed):
            return Tally()
        inputs = {self.variable: points.inputs}
        moved = np.asarray(judge.truth.sensitivity(self.variable, inputs))
        moved = np.where(np.isfinite(moved), moved, 0.0) * self.dtype.unit_roundoff
        moved = np.ascontiguousarray(np.broadcast_to(moved, points.computed.shape))
        rule = self.dtype, budget, self.bulk_from
        tally, undecided = judged_plainly(points, (truth.high, truth.bound), moved, number, rule)
        if len(undecided):
            left.add(points.at(undecided), truth[undecided])
        return tally

    def _near_kinks(self, inputs: Float64Array) -> BoolArray:
        """The mask of points at a kink, or an ulp beside it, which have a rule of their own."""
        near = np.zeros(inputs.shape, dtype=bool)
        for kink, unit in zip(self.kinks, self.dtype.ulp(self.kinks), strict=True):
            near |= np.abs(inputs - kink) <= unit
        return near

    def _by_enclosures(self, points: Points, left: Left) -> Tally:
        """The tally of finite points without a table."""
        tally = Tally()
        for number, piece in _pieces(points.inputs):
            most, counts, by_ball = self._beside(points.at(piece), left)
            tally += self._plain(most, number, counts) + Tally(by_ball=by_ball)
        return tally

    def _beside(self, points: Points, left: Left) -> tuple[Most, list[int], int]:
        """What is plainly faithful beside enclosures; how many the ball gave.

        Returns: the most among these, kinks too, and how many are correct and faithful, without.
        """
        truth, by_ball = self.judge.truth.enclosed_and_counted(
            self.variable, points.inputs, self.dtype
        )
        first = classify(points.computed, truth, self.dtype, self.bulk_from)
        kink = np.isin(points.inputs, self.kinks)
        numbers = np.bincount(first.kind[~kink], minlength=3)
        rest = np.flatnonzero((first.kind == OTHER) | kink)
        left.add(points.at(rest), truth[rest])
        return first.most, [int(numbers[CORRECT]), int(numbers[FAITHFUL])], by_ball

    def _beyond_finite(self, points: Points, left: Left) -> Tally:
        """NaNs, counted by whether they come out as NaN, and the infinity, judged by the limit."""
        missing = np.isnan(points.inputs)
        ignored = int((missing & ~np.isnan(points.computed)).sum())
        nans = {
            Status.NON_FINITE_INPUT: int(missing.sum()) - ignored,
            Status.NAN_IGNORED: ignored,
        }
        infinite = points.at(np.flatnonzero(np.isinf(points.inputs)))
        if len(infinite.inputs):
            truth = self.judge.truth.enclosed({self.variable: infinite.inputs}, self.dtype)
            left.add(infinite, truth[self.variable])
        return Tally({s: n for s, n in nans.items() if n})

    def _judged(self, left: Left) -> Tally:
        """The gradients that are not plainly faithful, judged in full."""
        points, truth = left.together()
        inputs = {self.variable: points.inputs}
        judgement, tight = self.judge.judge(self.variable, points.computed, truth, inputs)
        bulk = (np.abs(tight.high) >= self.bulk_from) & np.isfinite(judgement.ulp)
        bulk &= np.isfinite(points.inputs)
        extremes: dict[Status, Extreme] = {
            status: _extreme(judgement, points, tight.high, judgement.status == code)
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
                points.inputs,
                tight.high,
                points.computed,
                judgement,
                dtype=self.dtype,
                budget=self.recipe.budget,
                cotangent=np.ones(points.inputs.shape),
            ),
        )


def _extreme(
    judgement: Judgement, points: Points, truth: Float64Array, having: BoolArray
) -> Extreme:
    """The worst of some points; among equals the lowest pattern."""
    where = np.flatnonzero(having)
    for key in (judgement.excess, judgement.ulp, -points.patterns.astype(np.float64)):
        where = where[key[where] == key[where].max()]
    i = where[0]
    return Extreme(
        int(points.patterns[i]),
        float(points.inputs[i]),
        float(points.computed[i]),
        float(truth[i]),
        float(judgement.ulp[i]),
        float(judgement.excess[i]),
    )


def _pieces(z: npt.NDArray[Any]) -> Iterator[tuple[int, slice]]:
    """The runs of inputs that fall into one bin of the envelope: nearly always all of them.

    Neighbours' logarithms are 2⁻²⁴ apart or more, so that no rounding puts a bin between others.
    """

    def bin_of(place: int) -> int:
        return int(bins(z[[place]].astype(np.float64))[0])

    first, last = 0, bin_of(z.size - 1)
    while first < z.size:
        number = bin_of(first)
        inside, end = first, z.size  # the last place known to be in the bin, the first that is not
        while number != last and end - inside > 1:
            middle = (inside + end) // 2
            inside, end = (middle, end) if bin_of(middle) == number else (inside, middle)
        yield number, slice(first, end)
        first = end
