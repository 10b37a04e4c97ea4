"""Runs formulas in processes that may hang or die, and collects what they say."""

from __future__ import annotations

import json
import os
import random
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from formulas import Case, case, points

SECONDS = 20  # of processor time for the steps of one formula
_WALL = 30  # times as long on the clock, on a busy machine

# What stands in the branch that is not taken; most of it is undefined or infinite somewhere.
_OTHERS = ("log(z)", "1/z", "asin(z + 5)", "sqrt(z - 50)", "exp(exp(z))", "z**(1/3)", "abs(z)")


@dataclass(frozen=True)
class Finding:
    """One fault of one formula."""

    kind: str
    text: str
    parameters: dict[str, Any]
    point: float | None
    seen: str
    expected: str

    def __str__(self) -> str:
        at = "" if self.point is None else f" at z = {self.point!r}"
        values = f" {self.parameters}" if self.parameters else ""
        return f"[{self.kind}] {self.text}{values}{at}: {self.seen}; expected {self.expected}"


@dataclass
class Tally:
    """What a run of formulas came to."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    times: dict[str, list[float]] = field(default_factory=dict)
    formulas: int = 0

    def by_kind(self) -> dict[str, list[Finding]]:
        """The findings of each class, the shortest formula first, one a formula."""
        kinds: dict[str, dict[str, Finding]] = {}
        for found in sorted(self.findings, key=lambda f: len(f.text)):
            kinds.setdefault(found.kind, {}).setdefault(found.text, found)
        return {kind: list(kinds[kind].values()) for kind in sorted(kinds)}


@dataclass(frozen=True)
class Settings:
    """How much is tried of each formula."""

    points: int = 60
    grid: int = 60
    scalars: int = 2
    table_every: int = 1  # a table is made of each n-th formula
    relations_every: int = 2
    seconds: int = SECONDS
    truth_seconds: int = 6  # for the independent values of one formula; what is left is unknown
    refusals: bool = False  # whether a refusal is told as a finding, for somebody to read


def task(one: Case, settings: Settings) -> dict[str, Any]:
    """What a worker is told of a case."""
    draw = random.Random(one.seed + "task")  # noqa: S311 - it makes tests, no secrets
    number = draw.randrange(10**6)
    other = draw.choice((*_OTHERS, case(one.seed + "other").text))
    if case(one.seed + "other").parameters:
        other = draw.choice(_OTHERS)
    relations = [draw.choice((0, 1, -1, 0.5, -3)), other, draw.choice((3, -7, 40, -60))]
    spots = [x for x in points(one, 200).tolist() if abs(x) < 50]
    grid = [*spots[: settings.grid // 2], *(draw.uniform(-9, 9) for _ in range(settings.grid // 2))]
    return {
        "text": one.text,
        "parameters": dict(one.parameters),
        "points": [float(x).hex() for x in points(one, settings.points)],
        "grid": grid,
        "table": number % settings.table_every == 0,
        "relations": relations if number % settings.relations_every == 0 else None,
        "scalars": settings.scalars,
        "seconds": settings.seconds,
        "truth_seconds": settings.truth_seconds,
        "refusals": settings.refusals,
    }


class Worker:
    """One process, started anew when it hangs or dies."""

    def __init__(self) -> None:
        self.cache = tempfile.TemporaryDirectory(prefix="symdiff-fuzz-")
        self.process: subprocess.Popen[bytes] | None = None
        self.buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.cache.cleanup()

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        root = Path(__file__).parents[2]
        self.buffer = b""
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fuzz_worker.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=root,
            env={
                **os.environ,
                "PYTHONPATH": str(root),
                "SYMDIFF_CACHE_DIR": self.cache.name,
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
        )
        next(self.lines(600))

    def stop(self) -> None:
        """End the process, whatever it does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for stream in (self.process.stdin, self.process.stdout):
                if stream is not None:
                    stream.close()
            self.process = None

    def lines(self, seconds: float) -> Iterator[dict[str, Any]]:
        """What the process says, until it is silent for too long or gone."""
        assert self.process is not None
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                while b"\n" in self.buffer:
                    line, self.buffer = self.buffer.split(b"\n", 1)
                    yield json.loads(line)
                if not selector.select(max(0, end - time.monotonic())):
                    return
                read = os.read(self.process.stdout.fileno(), 2**16)
                if not read:
                    return
                self.buffer += read

    def run(self, job: dict[str, Any], tally: Tally) -> None:
        """One job; what it says, and whether it hangs or dies, goes to the tally."""
        if self.process is None:
            self.start()
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(job).encode() + b"\n")
        self.process.stdin.flush()
        step = "start"
        about = (job.get("text", ""), job.get("parameters", {}))
        for line in self.lines(job["seconds"] * _WALL):
            if "step" in line:
                step = line["step"]
            elif "fault" in line:
                tally.findings.append(
                    Finding(line["fault"], *about, line["point"], line["seen"], line["expected"])
                )
            elif "done" in line:
                tally.formulas += 1
                tally.counts.update(line["done"])
                for name, seconds in line["times"].items():
                    tally.times.setdefault(name, []).append(seconds)
                return
        code = self.process.poll()
        if code is None:
            time.sleep(0.2)
            code = self.process.poll()
        self.stop()
        tally.formulas += 1
        hung = code is None or code == -signal.SIGXCPU
        seen = f"no end in {job['seconds']} s" if hung else f"died with {code}"
        kind = f"hang in {step}" if hung else f"died in {step}"
        tally.findings.append(Finding(kind, *about, None, seen, "an answer"))


def run(cases: Iterable[Case], settings: Settings, seconds: float = float("inf")) -> Tally:
    """Every case in one worker, one after the other, as long as there is time."""
    tally, end = Tally(), time.monotonic() + seconds
    with Worker() as worker:
        for one in cases:
            if time.monotonic() > end:
                break
            worker.run(task(one, settings), tally)
    return tally


def report(tally: Tally, kinds: Sequence[str] | None = None, most: int = 8) -> str:
    """The findings in classes, the shortest formulas first."""
    rows = [f"{tally.formulas} formulas; {dict(sorted(tally.counts.items()))}"]
    for name, seconds in sorted(tally.times.items()):
        rows.append(f"  {name}: {sum(seconds):.1f} s together, {max(seconds):.2f} s at most")
    for kind, found in tally.by_kind().items():
        if kinds is None or kind in kinds:
            rows.append(f"== {kind}: {len(found)} formulas")
            rows += [f"   {one}" for one in found[:most]]
    return "\n".join(rows)
