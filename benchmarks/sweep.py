"""All 2³² float32 values of six activations: `benchmarks/data/float32_sweeps.json`.

`--record` runs the sweeps (minutes) and writes the data. Without it, one chunk in 64 is swept, 2²⁶
values, and printed are nanoseconds a value, of processor time: of torch's forward and backward
alone, of the whole, and of its stages (the engine that calls torch; the pass that sorts what is
plainly faithful; what is off by an ulp or more; what goes to the judge); then the whole over torch
alone, which is to be at most 2, and what 2³² would take on two cores, which is to be at most 60 s.
The memory of the process is to stay under 1 GiB.
"""

import argparse
import datetime as dt
import json
import os
import platform
import re
import resource
import time
from collections.abc import Callable
from functools import wraps
from importlib.metadata import version
from pathlib import Path
from typing import Any

import comparisons
from comparisons.judge.budget import Budget
from comparisons.subjects.subject import Subject
from comparisons.sweeps import blocks
from comparisons.sweeps.blocks import CHUNK, prepared
from comparisons.sweeps.recipe import Recipe

NAMES = ("gelu", "silu", "tanh", "sigmoid", "softplus", "mish")
APART = 64  # of so many chunks one is swept
DATA = Path(__file__).parent / "data" / "float32_sweeps.json"


STAGES = ("_computed", "sort_patterns", "_nearly", "_judged")


def shares(name: str, parts: dict[str, str]) -> str:
    """A line of the table; the line of the stages' shares goes to `parts`."""
    import torch

    torch.set_num_threads(1)
    recipe = Recipe(name, (), "float32", "reverse", Budget())
    ready = prepared(recipe)
    for start in (0, 0xC0000000):  # build the tables, compile the kernels
        ready.chunk(start)
    spent = dict.fromkeys(("torch", "whole", *STAGES), 0.0)

    def timed(key: str, what: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(what)
        def run(*args: Any, **options: Any) -> Any:
            start = time.process_time()
            made = what(*args, **options)
            spent[key] += time.process_time() - start
            return made

        return run

    places = [blocks if stage == "sort_patterns" else blocks.Prepared for stage in STAGES]
    originals = [getattr(place, stage) for place, stage in zip(places, STAGES, strict=True)]
    for place, stage, original in zip(places, STAGES, originals, strict=True):
        setattr(place, stage, timed(stage, original))
    try:
        for start in range(0, 2**32, APART * CHUNK):
            timed("whole", ready.chunk)(start)
            leaf = torch.arange(start, start + CHUNK).to(torch.int32).view(torch.float32)
            seed = torch.ones(CHUNK)
            timed("torch", backward)(ready.subject, leaf.requires_grad_(), seed)
    finally:
        for place, stage, original in zip(places, STAGES, originals, strict=True):
            setattr(place, stage, original)
    count = 2**32 // APART
    whole = spent["whole"]
    apart = {stage: spent[stage] / whole for stage in STAGES}
    apart["rest"] = 1 - sum(apart.values())
    apart["torch"] = spent["torch"] / whole
    parts[name] = "".join(f"{share:9.0%}" for share in apart.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    each = "".join(f"{seconds / count * 1e9:9.2f}" for seconds in spent.values())
    ratio, two_cores = whole / spent["torch"], whole * APART / 2
    return f"{name:10}{each}{ratio:9.2f}{two_cores:9.1f}{peak:9.2f}"


def backward(subject: Subject, leaf: Any, seed: Any) -> None:
    """What a user of torch would call."""
    subject.forward(leaf).backward(seed)


def record() -> None:
    """Run the sweeps and write what they found."""
    found = []
    for name in NAMES:
        start = time.perf_counter()
        result = comparisons.sweep(name)
        seconds = time.perf_counter() - start
        print(result, f"{seconds:.0f} s", flush=True)
        found.append(
            {
                "activation": name,
                "dtype": "float32",
                "engine": "reverse",
                "verdict": str(result.verdict),
                "seconds": round(seconds, 1),
                "tally": result.tally.to_json(),
            }
        )
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    about = {
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "versions": {n: version(n) for n in ("torch", "sympy", "numpy", "numba", "python-flint")},
        "peak_mib_of_a_process": round(peak / 2**10),
        "worst": "pattern, then input, computed, truth, ulp, excess over the budget in hexadecimal",
        "envelope": "by half octave of |z|: error up, down, allowed, in ulp; points wrong",
    }
    text = json.dumps({"about": about, "sweeps": found}, indent=1)
    text = re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda m: f"[{' '.join(m[1].split())}]", text)
    DATA.write_text(text + "\n")  # a list of numbers a line


def main() -> None:
    """The shares, or with --record the data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="run the sweeps and write the data")
    if parser.parse_args().record:
        record()
        return
    table()


def table() -> None:
    """The shares of each activation."""
    stages = ("torch", "whole", "engine", "sort", "nearly", "judge", "ratio", "2³² s", "GiB")
    print(" " * 10 + "".join(f"{stage:>9}" for stage in stages))
    parts: dict[str, str] = {}
    for name in NAMES:
        print(shares(name, parts), flush=True)
    stages = ("engine", "sort", "nearly", "judge", "rest", "torch")
    print("\nof the whole" + "".join(f"{stage:>9}" for stage in stages)[2:])
    for name, line in parts.items():
        print(f"{name:10}{line}")


if __name__ == "__main__":
    main()
