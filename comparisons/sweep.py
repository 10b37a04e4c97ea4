"""All 2³² values of float32: torch's gradient beside the truth at each, in constant memory.

The patterns are cut into 256 blocks, each in chunks that fit the cache. Blocks are independent and
their tallies add up in any order, so they go to whatever executor there is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tqdm import tqdm

from comparisons.blocks import BLOCKS, Trial, prepared, run_block
from comparisons.budget import Budget
from comparisons.checkpoint import Checkpoint
from comparisons.comparison import AdjointResult, Comparison
from comparisons.dtypes import FloatType, float_type
from comparisons.subjects import Subject, from_catalogue
from comparisons.tally import Extreme, Tally
from comparisons.verdict import Judged, Status, Verdict
from symdiff import Definition
from symdiff.oracle.enclosure import Enclosure


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
        """The largest error at finite inputs where |g| is at least 1/16 of the largest gradient."""
        return self.tally.bulk_ulp

    @property
    def worst(self) -> Extreme | None:
        """The point furthest beyond what is allowed."""
        return self.tally.most_wrong

    @property
    def worst_points(self) -> Comparison:
        """The worst point of each status, as a comparison of these points alone."""
        (variable,) = (i.name for i in self.subject.graph.inputs)
        found = self.tally.worst
        z, computed, truth, ulps, excess = (
            np.array([getattr(e, name) for e in found.values()], dtype=np.float64)
            for name in ("input", "computed", "truth", "ulp", "excess")
        )
        status = np.array([tuple(Status).index(s) for s in found], dtype=np.int8)
        sure = np.ones(len(found), dtype=bool)
        enclosure = Enclosure(truth, np.zeros_like(truth), np.zeros_like(truth), sure)
        judged = Judged(ulps, ulps, excess, status, ~sure)
        result = AdjointResult(variable, {variable: z}, computed, enclosure, judged)
        adjoints = {variable: result} if found else {}
        return Comparison(self.subject, self.dtype, self.engine, self.budget, adjoints, {}, {})

    def counts(self) -> dict[Status, int]:
        """How many points have each status."""
        return dict(self.tally.counts)

    def _repr_html_(self) -> str:
        from comparisons.report.notebook import sweep_html

        return sweep_html(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{n:,} {status}" for status, n in self.counts().items())
        return (
            f"<Sweep {self.subject}, {self.dtype}, {self.engine}: {self.verdict}, "
            f"{self.values:,} values, bulk {self.bulk_ulp:.4g} ulp\n  {counts}\n"
            f"  {self.tally.by_ball} left to the ball; worst at {self.worst}>"
        )


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
