"""Sweep all 2³² values of float32: torch's gradient beside the truth, in constant memory.

The patterns are cut into 256 blocks, each in chunks. Blocks are independent and their tallies
add up in any order, so they go to whatever executor there is.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np
from tqdm import tqdm

from comparisons.dtypes import FloatType
from comparisons.engines.engine import Engine
from comparisons.engines.every import ENGINES
from comparisons.engines.snippet import AmongPoints
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Standing, Status, Verdict
from comparisons.results.deciding import beyond, undecided
from comparisons.results.decision import AT_INFINITY, CONDITIONED, Decision
from comparisons.results.envelope import Envelope
from comparisons.results.point import Point, relative_error
from comparisons.results.result import Example
from comparisons.results.summary import Summary
from comparisons.results.views.html_table import cells, html_table
from comparisons.subjects.catalogue.torch_code import TorchCode
from comparisons.subjects.subject import Subject
from comparisons.sweeps.blocks import CHUNK, prepared, run_block
from comparisons.sweeps.checkpoint import Checkpoint
from comparisons.sweeps.own import OwnFunction
from comparisons.sweeps.recipe import BLOCKS, Recipe
from comparisons.sweeps.tally import Extreme, Tally
from symdiff import Adjoints
from symdiff.notation.names import barred

_WITHOUT_ERROR = (Standing.EXCUSED, Standing.NOT_JUDGED)


@dataclass(frozen=True, eq=False)
class Sweep:
    """A sweep's result; it reads as a `Comparison` does, without its arrays."""

    subject: Subject
    derived: Adjoints  # the closed forms that it was judged by
    dtype: FloatType
    engine: Engine
    budget: Budget
    tally: Tally

    cotangent = "ones"
    device = "cpu"
    ideal = None

    @property
    def variable(self) -> str:
        """The name of the one input."""
        (only,) = self.subject.graph.inputs
        return only.name

    @property
    def verdict(self) -> Verdict:
        """The verdict on all points."""
        return self.tally.verdict

    @property
    def values(self) -> int:
        """The number of gradients compared."""
        return self.tally.values

    @property
    def bulk_ulp(self) -> float:
        """The largest error at finite inputs where |g| is at least 1/16 of the largest gradient."""
        return self.tally.bulk_ulp

    def counts(self) -> dict[Status, int]:
        """The number of points of each status."""
        return dict(self.tally.counts)

    @property
    def summaries(self) -> Sequence[Summary]:
        """The summary of the one adjoint."""
        counts = self.counts()
        off = {s: n for s, n in counts.items() if s.standing not in _WITHOUT_ERROR}
        above_half = sum(n for s, n in off.items() if s is not Status.CORRECT)
        above_one = above_half - off.get(Status.FAITHFUL, 0)
        return [
            Summary(
                self.variable,
                self.verdict,
                self.values,
                self.bulk_ulp,
                self.tally.conditioned_ulp,
                above_half / max(1, self.values),
                above_one / max(1, self.values),
                counts,
                self._decided_by,
            )
        ]

    @property
    def _decided_by(self) -> Decision:
        """The error that the verdict was taken from."""
        if self.verdict is Verdict.INCONCLUSIVE:
            return undecided(None)
        if self.verdict is Verdict.FAILS_AT_INFINITY:
            return Decision(float(self.tally.counts[Status.AT_INFINITY]), AT_INFINITY)
        if self.verdict is Verdict.ACCURATE:
            return Decision(self.tally.conditioned_ulp, CONDITIONED)
        status, worst = self.tally.by_wrongness()[0]
        return beyond(worst.excess, status, self.budget, pointwise=True)

    @property
    def absent(self) -> Mapping[str, str]:
        """An empty mapping: what has no gradient is not swept."""
        return {}

    @property
    def wrong_presence(self) -> Mapping[str, str]:
        """An empty mapping: what has no gradient is not swept."""
        return {}

    @property
    def worst(self) -> Point | None:
        """The point furthest beyond what is allowed."""
        return next(iter(self._points()), None)

    @property
    def worst_summary(self) -> Summary | None:
        """The summary of the one adjoint, if any gradient is not correctly rounded."""
        return self.summaries[0] if self.tally.worst else None

    @property
    def wrong(self) -> int:
        """The number of gradients off by more than is allowed."""
        return self.tally.wrong

    def broken(self, most: int = 10) -> Sequence[Point]:
        """The worst point of each status that is beyond what is allowed."""
        return self._points(1.0)[:most]

    def _points(self, beyond: float = -1.0) -> list[Point]:
        """The worst point of each status, the furthest off first; those with a larger excess."""
        return [
            Point(
                {self.variable: e.input},
                e.computed,
                e.truth,
                e.ulp,
                relative_error(e.computed, e.truth),
                status,
            )
            for status, e in self.tally.by_wrongness()
            if e.excess > beyond
        ]

    @property
    def example(self) -> Example | None:
        """The worst gradient, with what it takes to reproduce it."""
        worst = self._most_wrong
        if worst is None:
            return None
        place = AmongPoints(worst.pattern % CHUNK, CHUNK)
        return Example(self.variable, {self.variable: np.asarray(worst.input)}, (), place)

    @property
    def envelope(self) -> Envelope:
        """The extremes of the errors by the size of the input."""
        return self.tally.envelope

    @property
    def _most_wrong(self) -> Extreme | None:
        return next((extreme for _, extreme in self.tally.by_wrongness()), None)

    def _repr_html_(self) -> str:
        worst = self._most_wrong
        line = cells(self.verdict, self.values, self.bulk_ulp, self.counts(), worst)
        caption = f"{self.subject}, {self.dtype}, {self.engine}: {self.verdict}"
        return html_table(caption, [(barred(self.variable), *line)])

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {status}" for status, n in self.counts().items())
        return (
            f"<Sweep {self.subject}, {self.dtype}, {self.engine}: {self.verdict}, "
            f"{self.values:,} values, bulk {self.bulk_ulp:.4g} ulp\n  {counts}\n"
            f"  {self.tally.by_ball} left to the ball; worst at {self._most_wrong}>"
        )


class SweepInterrupted(KeyboardInterrupt):
    """Raised by Ctrl-C in a sweep, with what was found until then."""

    def __init__(self, found: Sweep) -> None:
        self.found = found
        super().__init__(f"{found.values:,} values of {found.subject} were swept")


def swept(
    subject: Subject,
    *,
    dtype: FloatType,
    engine: Engine,
    budget: Budget | None = None,
    executor: Executor | None = None,
    checkpoint: Path | None = None,
    blocks: Sequence[int] = range(BLOCKS),
) -> Sweep:
    """Compare torch's function, or a user's, with its definition at every value of float32.

    Args:
        subject: a catalogue function of one variable, or a user's beside its definition.
        dtype: float32.
        engine: how torch differentiates.
        budget: the error allowed.
        executor: where blocks run; by default processes of one torch thread each, one a core, or
            this thread, if no import finds the user's function. One given is not shut down.
        checkpoint: a file that keeps what is finished; a sweep started again goes on from it.
        blocks: some of the 256 only, for a look.

    Raises: ValueError if the subject cannot be rebuilt in another process, has more than one
        variable or no values in half of the numbers, the type is not float32, or the checkpoint is
        another sweep's; on Ctrl-C SweepInterrupted, a KeyboardInterrupt, with what was found.
    """
    recipe = _recipe(subject, dtype, engine, budget or Budget())
    ready = prepared(recipe)
    if recipe.own is not None:
        ready.require_values()
    done = Checkpoint(checkpoint, recipe.key(), 2**32 // BLOCKS) if checkpoint is not None else None
    found: dict[int, Tally] = (
        {} if done is None else {b: t for b, t in done.done.items() if b in blocks}
    )
    left = [b for b in blocks if b not in found]
    # The first block builds the tables and leaves them in the cache, for the workers to read.
    derived = ready.judge.truth.adjoints

    def so_far() -> Sweep:
        total = sum((found[b] for b in sorted(found)), Tally())
        return Sweep(subject, derived, dtype, engine, recipe.budget, total)

    try:
        with tqdm(total=len(blocks), initial=len(found), unit="block", disable=None) as bar:
            bar.set_description(f"{subject} {dtype}")
            for block, tally in _run(recipe, left, executor):
                found[block] = tally
                if done is not None:
                    done.add(block, tally)
                bar.update()
    except KeyboardInterrupt as interrupt:
        if not found:
            raise
        raise SweepInterrupted(so_far()) from interrupt
    return so_far()


def _recipe(subject: Subject, dtype: FloatType, engine: Engine, budget: Budget) -> Recipe:
    definition = subject.definition
    of_user = subject.of_user and subject.sample is None  # `from_function` made it
    if definition is None or not (of_user or isinstance(subject.forward, TorchCode)):
        raise ValueError(
            f"{subject} cannot travel to other processes; a sweep takes a catalogue name or a "
            "function of one tensor"
        )
    if ENGINES.get(engine.name) is not engine:
        raise ValueError(
            f"{engine} cannot travel to other processes; a sweep takes an engine's name"
        )
    if dtype.name != "float32" or len(definition.variables) > 1:
        raise ValueError(
            f"a sweep takes all values of float32 of a function of one variable; {definition} in "
            f"{dtype} was given"
        )
    parameters = tuple((k, str(v)) for k, v in sorted(definition.parameters.items()))
    own = OwnFunction.of(subject) if of_user else None
    name = definition.name if own is None else own.name
    return Recipe(name, parameters, dtype.name, engine.name, budget, own)


def _run(
    recipe: Recipe, blocks: Sequence[int], executor: Executor | None
) -> Iterable[tuple[int, Tally]]:
    if executor is None and recipe.own is not None and not recipe.own.travels:
        yield from ((block, run_block(recipe, block)) for block in blocks)
        return
    if executor is None:
        with ProcessPoolExecutor(
            os.cpu_count(), get_context("spawn"), initializer=_begin_worker
        ) as processes:
            yield from _run(recipe, blocks, processes)
        return
    futures = {executor.submit(run_block, recipe, block): block for block in blocks}
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


def _begin_worker() -> None:
    """Prepare a worker process for its first block.

    It leaves Ctrl-C to its parent, and ends when its parent does, however that dies: the queue it
    waits at has no end that would close. Two torch threads cost 16 ms a call on a busy machine; one
    a process is the fast way.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import torch

    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
