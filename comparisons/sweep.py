"""All 2³² values of float32: torch's gradient beside the truth at each, in constant memory.

The patterns are cut into 256 blocks, each in chunks that fit the cache. Blocks are independent and
their tallies add up in any order, so they go to whatever executor there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from comparisons.budget import Budget
from comparisons.checkpoint import Checkpoint
from comparisons.dtypes import Float64Array, FloatType, float_type
from comparisons.engines import ENGINES
from comparisons.first_pass import CORRECT, FAITHFUL, OTHER, classify
from comparisons.judging import Judge
from comparisons.points import structured
from comparisons.subjects import Subject, from_catalogue
from comparisons.tally import Extreme, Tally
from comparisons.truth import TruthOf
from comparisons.verdict import Judged, Status, Verdict
from symdiff import Definition, activation
from symdiff.formula import real_symbol

BLOCKS = 256
CHUNK = 2**20
_EXPONENT = 0x7F800000  # all ones in a NaN or an infinity


@dataclass(frozen=True)
class Sweep:
    """What a sweep found; reads as a `Comparison` does, without its arrays."""

    subject: Subject
    dtype: FloatType
    engine: str
    budget: Budget
    tally: Tally

    @property
    def verdict(self) -> Verdict:
        """The verdict on all points."""
        return self.tally.verdict

    @property
    def values(self) -> int:
        """How many gradients were compared."""
        return self.tally.values

    @property
    def bulk_ulp(self) -> float:
        """The largest error in ulp where |g| is at least 1/16 of the largest gradient."""
        return self.tally.bulk_ulp

    @property
    def worst(self) -> Extreme | None:
        """The point furthest beyond what is allowed."""
        return self.tally.most_wrong

    def counts(self) -> dict[Status, int]:
        """How many points have each status."""
        return dict(self.tally.counts)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {status}" for status, n in self.counts().items())
        return (
            f"<Sweep {self.subject}, {self.dtype}, {self.engine}: {self.verdict}, "
            f"{self.values:,} values, bulk {self.bulk_ulp:.4g} ulp\n  {counts}\n"
            f"  {self.tally.by_ball} left to the ball; worst at {self.worst}>"
        )


@dataclass(frozen=True)
class Trial:
    """What a block needs to know; small, so that it travels: workers rebuild the rest by name."""

    name: str
    parameters: tuple[tuple[str, str], ...]  # as exact fractions
    dtype: str
    engine: str
    budget: Budget

    def key(self) -> dict[str, Any]:
        """What a checkpoint must agree on."""
        return {
            "name": self.name,
            "parameters": dict(self.parameters),
            "dtype": self.dtype,
            "engine": self.engine,
            "budget": [self.budget.accurate, self.budget.absolute],
            "blocks": BLOCKS,
            "versions": [version("torch"), version("symdiff-autograd")],
        }


def sweep(
    definition: Definition,
    *,
    dtype: str | FloatType = "float32",
    engine: str = "reverse",
    budget: Budget | None = None,
    executor: Executor | None = None,
    checkpoint: Path | None = None,
    blocks: Sequence[int] = range(BLOCKS),
) -> Sweep:
    """Compare torch's function with its definition at every value of float32.

    Args:
        definition: of a catalogue function of one variable that torch has.
        dtype: float32.
        engine: how torch differentiates.
        budget: the error allowed.
        executor: where blocks run; by default processes of one torch thread each, one a core. An
            executor given is not shut down.
        checkpoint: a file that keeps what is finished; a sweep started again goes on from it.
        blocks: some of the 256 only, for a look.

    Raises: ValueError if the definition has more than one variable, torch has no such function,
        the type is not float32, or the checkpoint is another sweep's.
    """
    float_format = float_type(dtype)
    if float_format.name != "float32" or len(definition.variables) > 1:
        raise ValueError(
            f"a sweep takes all values of float32 of a function of one variable; {definition} in "
            f"{float_format} was given"
        )
    subject = from_catalogue(definition)
    parameters = tuple((k, str(v)) for k, v in sorted(definition.parameters.items()))
    trial = Trial(definition.name, parameters, float_format.name, engine, budget or Budget())
    done = Checkpoint(checkpoint, trial.key()) if checkpoint is not None else None
    found: dict[int, Tally] = (
        {} if done is None else {b: t for b, t in done.done.items() if b in blocks}
    )
    left = [b for b in blocks if b not in found]
    # The first block builds the tables and leaves them in the cache, for the workers to read.
    prepared(trial)
    with tqdm(total=len(blocks), initial=len(found), unit="block", disable=None) as bar:
        bar.set_description(f"{definition} {float_format}")
        for block, tally in _run(trial, left, executor):
            found[block] = tally
            if done is not None:
                done.add(block, tally)
            bar.update()
    total = sum((found[b] for b in sorted(found)), Tally())
    return Sweep(subject, float_format, engine, trial.budget, total)


def _run(
    trial: Trial, blocks: Sequence[int], executor: Executor | None
) -> Iterable[tuple[int, Tally]]:
    if executor is None:
        with ProcessPoolExecutor(
            os.cpu_count(), get_context("spawn"), initializer=_one_thread
        ) as processes:
            yield from _run(trial, blocks, processes)
        return
    futures = {executor.submit(run_block, trial, block): block for block in blocks}
    failure: BaseException | None = None
    try:
        for future in as_completed(futures):
            if future.cancelled():
                continue
            if (error := future.exception()) is None:
                yield futures[future], future.result()  # also what was done when another failed
            elif failure is None:
                failure = error
                _cancel(futures)
    finally:
        _cancel(futures)
    if failure is not None:
        raise failure


def _cancel(futures: Iterable[Future[Tally]]) -> None:
    for future in futures:
        future.cancel()


def _one_thread() -> None:
    """Two torch threads cost 16 ms a call on a busy machine; one a process is the fast way."""
    import torch

    torch.set_num_threads(1)


def run_block(trial: Trial, block: int) -> Tally:
    """The tally of one of the 256 blocks of bit patterns."""
    ready = prepared(trial)
    size = 2**32 // BLOCKS
    starts = range(block * size, (block + 1) * size, CHUNK)
    return sum((ready.chunk(start) for start in starts), Tally())


@lru_cache(maxsize=8)
def prepared(trial: Trial) -> Prepared:
    """The subject of a trial with its tables, once a process."""
    definition = activation(trial.name, **dict(trial.parameters))
    return Prepared(from_catalogue(definition), trial)


@dataclass(frozen=True, eq=False)
class Prepared:
    """A subject with its tables, ready for any number of blocks in this process."""

    subject: Subject
    trial: Trial

    @cached_property
    def dtype(self) -> FloatType:
        """The type computed in."""
        return float_type(self.trial.dtype)

    @cached_property
    def judge(self) -> Judge:
        """The judge of what the first pass leaves."""
        return Judge(self.subject, TruthOf(self.subject.graph), self.dtype, self.trial.budget)

    @cached_property
    def variable(self) -> str:
        """The one input."""
        (only,) = self.subject.graph.inputs
        return only.name

    @cached_property
    def closed_form(self) -> Any:
        """The adjoint's expression, with the parameters' values."""
        values = {real_symbol(k): v for k, v in self.subject.graph.parameters.items()}
        return self.judge.truth_of.adjoints[self.variable].xreplace(values)

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
        slopes = self.judge.truth_of.approximate({self.variable: points})[self.variable]
        return float(np.abs(slopes).max()) / 16

    def chunk(self, start: int) -> Tally:
        """The tally of `CHUNK` patterns from `start` on."""
        if start & _EXPONENT == _EXPONENT:
            return Tally({Status.NON_FINITE_INPUT: CHUNK})
        patterns = np.arange(start, start + CHUNK, dtype=np.uint32)
        at = {self.variable: patterns.view(np.float32).astype(np.float64)}
        engine = ENGINES[self.trial.engine]
        computed = engine.gradients(self.subject, at, self.dtype).values[self.variable]
        if computed is None:
            raise ValueError(f"{self.subject} has no gradient")
        truth, by_ball = self.truth(at[self.variable])
        kind, bulk = classify(computed, truth, self.dtype, self.bulk_from)
        kind[np.isin(at[self.variable], self.kinks)] = OTHER  # judged by their own rule
        numbers = np.bincount(kind, minlength=3)
        plain = {Status.CORRECT: int(numbers[CORRECT]), Status.FAITHFUL: int(numbers[FAITHFUL])}
        tally = Tally({s: n for s, n in plain.items() if n}, bulk, by_ball)
        rest = np.flatnonzero(kind == OTHER)
        return tally + self._judged(start, rest, at, computed, truth) if rest.size else tally

    def truth(self, points: Float64Array) -> tuple[Any, int]:
        """The enclosures, from the table, and how many of them the ball had to give."""
        from symdiff.oracle import enclose
        from symdiff.oracle.choice import table

        if not self.closed_form.free_symbols:
            return enclose(self.closed_form, {self.variable: points}, target=self.dtype.name), 0
        truth = table(self.closed_form, self.dtype.name).enclose(points)
        left = ~truth.certified
        if left.any():
            some = {self.variable: points[left]}
            truth.put(left, enclose(self.closed_form, some, target=self.dtype.name))
        return truth, int(left.sum())

    def _judged(
        self,
        start: int,
        rest: Any,
        at: Mapping[str, Float64Array],
        computed: Float64Array,
        truth: Any,
    ) -> Tally:
        """The gradients that the first pass could not place, judged in full."""
        inputs = {k: v[rest] for k, v in at.items()}
        judged, tight = self.judge.judged(self.variable, computed[rest], truth[rest], inputs)
        known = tight.certified | ~np.isfinite(tight.bound)
        bulk = (np.abs(tight.high) >= self.bulk_from) & np.isfinite(judged.ulp)
        extremes: dict[Status, Extreme] = {
            status: self._extreme(
                judged,
                np.flatnonzero(judged.status == code),
                start,
                rest,
                inputs,
                computed[rest],
                tight.high,
            )
            for code, status in enumerate(Status)
            if (judged.status == code).any() and status is not Status.CORRECT
        }
        return Tally(
            judged.counts(),
            float(judged.ulp[bulk].max(initial=0.0)),
            uncertified=int((~known).sum()),
            worst=extremes,
        )

    def _extreme(
        self,
        judged: Judged,
        where: Any,
        start: int,
        rest: Any,
        inputs: Mapping[str, Float64Array],
        computed: Float64Array,
        truth: Float64Array,
    ) -> Extreme:
        order = np.lexsort((-where, judged.ulp[where], judged.excess[where]))
        i = where[order[-1]]
        return Extreme(
            start + int(rest[i]),
            float(inputs[self.variable][i]),
            float(computed[i]),
            float(truth[i]),
            float(judged.ulp[i]),
            float(judged.excess[i]),
        )
