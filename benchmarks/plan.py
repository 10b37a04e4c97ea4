"""What the whole catalogue at 2³² values would take, by every engine and framework: `docs/plan.md`.

    python benchmarks/plan.py [--page docs/plan.md] [--frameworks /path/to/python]

Each function is swept at one chunk in 1,024, over all binades alike, so that its share of what goes
to the judge is that of the whole; each engine and framework at a few functions. What is measured is
processor time, so that hours are those of one core. `--frameworks` is a Python in which other
frameworks are installed, each of which gets a process of its own.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import pickle
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import symdiff
from comparisons.judge.budget import Budget
from comparisons.sweeps.blocks import CHUNK, prepared
from comparisons.sweeps.recipe import Recipe

APART = 1024  # of so many chunks of a function one is swept
FEW = ("tanh", "softplus")  # by every engine
PATIENCE = 20  # processor seconds for a function, its table included, and for an engine
ROUNDS = 5
SHORT = 4096  # values, of what calls torch for each or for a few
FUNCTIONS = "functions"  # of a framework: no name of a way
HOURS = 3600e9


@contextmanager
def patience(seconds: int) -> Iterator[None]:
    """Raise TimeoutError after so many processor seconds."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def swept(name: str, engine: str, apart: int = APART) -> dict[str, Any]:
    """Nanoseconds a value, the least of two rounds, and the bytes that a tally travels as."""
    ready = prepared(Recipe(name, (), "float32", engine, Budget()))
    ready.require_values()
    total = ready.tally([0x3F800000])  # its table, its kernels
    least = np.inf
    for _ in range(2):
        start = time.process_time()
        for first in range(apart // 2 * CHUNK, 2**32, apart * CHUNK):  # 0 and ∞ are no sample
            total += ready.chunk(first)
        least = min(least, time.process_time() - start)
        if least > 1:
            break
    count = 2**32 // apart
    return {
        "ns": least / count * 1e9,
        "bytes": len(pickle.dumps(total)),
    }


def of_catalogue(every: int) -> dict[str, Any]:
    """Activations by the reverse engine, why some are not, and the memory that it took."""
    found: dict[str, dict[str, Any]] = {}
    without: dict[str, str] = {}
    for name in list(symdiff.activations)[::every]:
        try:
            with patience(PATIENCE):
                found[name] = swept(name, "reverse")
        except TimeoutError:
            without[name] = f"more than {PATIENCE} s for {2**32 // APART:,} values"
        except ValueError as error:
            without[name] = str(error)
    return {"found": found, "without": without, "memory": peak()}


def of_engines() -> dict[str, float | str]:
    """Nanoseconds a value by engine, the mean of a few functions, or why there are none."""
    from comparisons.engines.every import ENGINES

    found: dict[str, float | str] = {}
    for name, engine in ENGINES.items():
        why = engine.unavailable()
        try:
            if why is None:
                with patience(PATIENCE):
                    found[name] = statistics.mean(swept(f, name)["ns"] for f in FEW)
            else:
                found[name] = why
        except TimeoutError:
            found[name] = f"{alone(name, SHORT):,.0f} ns at {SHORT:,} values: not for a sweep"
        except (TypeError, ValueError, RuntimeError, AssertionError) as error:
            found[name] = str(error).partition("\n")[0]
    return found


def of_framework(name: str) -> dict[str, float | str]:
    """Nanoseconds a value of a framework's own gradients, by way; in a process of its own."""
    from comparisons.dtypes import float_type
    from comparisons.engines.engine import Setting
    from comparisons.frameworks.every import FRAMEWORKS

    framework = FRAMEWORKS[name]
    why = framework.missing()
    if why is not None:
        return {"": why}
    found: dict[str, float | str] = {}
    patterns = np.arange(0x3F000000, 0x3F000000 + CHUNK, dtype=np.uint32)
    z = {"z": patterns.view(np.float32).astype(np.float64)}
    setting = Setting(float_type("float32"))
    for engine in framework.engines:
        times = []
        try:
            for function in (f for f in FEW if f in framework.functions):
                subject = framework.subject(function)
                engine.gradients(subject, z, setting)
                start = time.process_time()
                engine.gradients(subject, z, setting)
                times.append((time.process_time() - start) / CHUNK * 1e9)
        except (TypeError, ValueError, KeyError, RuntimeError) as error:
            found[str(engine)] = str(error).partition("\n")[0][:80]
        else:
            found[str(engine)] = statistics.mean(times)
            found[FUNCTIONS] = len(framework.functions)
    return found


def peak() -> int:
    """The most memory of this process, in MiB."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def hours(ns: float) -> str:
    """Hours of one core for 2³² values at so many nanoseconds."""
    return f"{ns * 2**32 / HOURS:,.2f}"


def told(python: str, *part: str) -> Any:
    """What a part of the plan found, in a process of its own; None if it died."""
    command = [python, __file__, "--of", *part]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = ran.stdout.strip().splitlines()
    return json.loads(lines[-1]) if ran.returncode == 0 and lines else None


def page(python: str | None, every: int) -> str:
    """The page."""
    catalogue = told(sys.executable, "catalogue", str(every))
    found, without, memory = (catalogue[k] for k in ("found", "without", "memory"))
    engines, judging = told(sys.executable, "engines")
    each = {name: row["ns"] for name, row in found.items()}
    whole = statistics.mean(each.values()) * len(symdiff.activations)
    alike = engines["reverse"]
    slowest = sorted(each, key=lambda n: -each[n])[:5]
    rows = [
        "| engine | ns a value | over reverse | core hours, catalogue |",
        "|---|---:|---:|---:|",
    ]
    total = 0.0
    for name, ns in engines.items():
        if isinstance(ns, str):
            rows.append(f"| {name} | – | – | {ns} |")
            continue
        total += whole + len(symdiff.activations) * (ns - alike)
        rows.append(
            f"| {name} | {ns:.1f} | {ns / alike:.2f} | "
            f"{hours(whole + len(symdiff.activations) * (ns - alike))} |"
        )
    others = ["| framework | ns a value | functions | core hours |", "|---|---:|---:|---:|"]
    frameworks = 0.0
    for name in ("jax", "tensorflow", "paddle", "mlx", "tinygrad", "autograd"):
        ways = told(python or sys.executable, name) or {"": "it died"}
        functions = ways.pop(FUNCTIONS, 0)
        for way, ns in ways.items():
            if isinstance(ns, str):
                others.append(f"| {way or name} | – | – | {ns} |")
                continue
            spent = functions * (ns + judging)
            frameworks += spent
            others.append(f"| {way} | {ns:.1f} | {functions} | {hours(spent)} |")
    size = statistics.mean(row["bytes"] for row in found.values())
    names = ", ".join(f"{n} {version(n)}" for n in ("torch", "numpy", "numba"))
    everything = f"{(total + frameworks) * 2**32 / HOURS:,.0f}"
    return f"""\
# The whole catalogue at 2³²

What it would take to try all 2³² values of float32 of every activation, by every engine and every
framework. `python benchmarks/plan.py --page docs/plan.md` measured it on one core,
{dt.datetime.now(dt.UTC).date().isoformat()}, {os.cpu_count()} cores in the machine, a load of
{os.getloadavg()[1]:.0f} (beyond one a core, processor time is longer than on a quiet one), {names},
and extrapolates, because

- a sweep is {2**32 // CHUNK:,} chunks of {CHUNK:,} patterns that know nothing of each other, and
  costs the sum of their times, as `benchmarks/linear.py` shows;
- one chunk in {APART} was swept, each as far from the next, so that every binade has its share, and
  with it what goes to the judge;
- processor time does not grow with the number of processes as long as each has a core: two on two
  cores take half the time of one (their tables are read, not shared).

## Functions

{len(found)} of {len(symdiff.activations)} activations, every {every}th of the catalogue, by torch's
reverse mode: {statistics.mean(each.values()):.1f} ns a value on average,
{statistics.median(each.values()):.1f} the median. So **{hours(whole)} core hours** for all, and
{whole * 2**32 / HOURS / 2:,.1f} hours on two cores. Most take
{", ".join(f"`{n}` ({each[n]:.0f} ns)" for n in slowest)}:
what their tables leave open, balls tell point by point, as where a binade holds many periods. What
is left out below took longer still, and is counted as the mean of the others, so that the total is
too low by as much.

{without_text(without)}

## Engines

Over {", ".join(f"`{n}`" for n in FEW)}; another engine is taken to cost as many nanoseconds more
than reverse mode for each function.

{chr(10).join(rows)}

Every engine that has a figure: **{hours(total)} core hours**. Those that call torch once for a few
numbers are asked of some points in a check, and of none in a sweep.

## Frameworks

A framework's own gradients at 2²⁰ values, in a process of its own; judging them costs
{judging:.1f} ns a value, as it does of torch.

{chr(10).join(others)}

Those: **{hours(frameworks)} core hours**, at all functions that each has of its own.

## Memory and traffic

A process took {memory} MiB at most, with the tables of all functions; chunks are of one size. What
travels to a worker is a name and a number, and back a tally of {size / 1024:.1f} KiB; a sweep of
256 blocks moves {256 * size / 2**20:.1f} MiB, whatever the executor. No gradient travels.

## In all

{everything} core hours: on 64 cores {(total + frameworks) * 2**32 / HOURS / 64:,.1f} hours. A
checkpoint holds what is swept ([the command line](command_line.md)); any `concurrent.futures`
executor serves, `dask.distributed`'s too, and a worker that is killed costs its block.
"""


def without_text(without: dict[str, str]) -> str:
    """Which functions are not swept, and why."""
    if not without:
        return "None is left out."
    return "Left out: " + "; ".join(f"`{n}`: {why}" for n, why in without.items()) + "."


def alone(engine: str, count: int = CHUNK) -> float:
    """Nanoseconds a value of an engine alone."""
    ready = prepared(Recipe(FEW[0], (), "float32", engine, Budget()))
    values = np.arange(0x3F000000, 0x3F000000 + count, dtype=np.uint32).view(np.float32)
    ready._computed(values)  # noqa: SLF001 - a stage of it
    start = time.process_time()
    ready._computed(values)  # noqa: SLF001 - as above
    return (time.process_time() - start) / count * 1e9


def judging() -> float:
    """Nanoseconds a value of a sweep beyond its engine, the least of some rounds that alternate."""
    ready = prepared(Recipe(FEW[0], (), "float32", "reverse", Budget()))
    firsts = range(APART // 2 * CHUNK, 2**32, APART * CHUNK)
    chunk = engine = np.inf
    for _ in range(ROUNDS):
        start = time.process_time()
        for first in firsts:
            ready.chunk(first)
        chunk = min(chunk, time.process_time() - start)
        start = time.process_time()
        for first in firsts:
            values = np.arange(first, first + CHUNK, dtype=np.uint32).view(np.float32)
            ready._computed(values)  # noqa: SLF001 - a stage of it
        engine = min(engine, time.process_time() - start)
    return float(chunk - engine) / (len(firsts) * CHUNK) * 1e9


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, help="where to write it")
    parser.add_argument("--frameworks", help="a Python in which other frameworks are installed")
    parser.add_argument("--of", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--every", type=int, default=8, help="of so many functions one is swept")
    asked = parser.parse_args()
    if asked.of:
        part, *numbers = asked.of
        if part in ("catalogue", "engines"):
            import torch

            torch.set_num_threads(1)
            made: Any = (
                of_catalogue(*map(int, numbers))
                if part == "catalogue"
                else (of_engines(), judging())
            )
        else:
            made = of_framework(part)
        print(json.dumps(made))
        return
    whole = page(asked.frameworks, asked.every)
    if asked.page is None:
        print(whole)
    else:
        asked.page.write_text(whole, encoding="utf-8")


if __name__ == "__main__":
    main()
