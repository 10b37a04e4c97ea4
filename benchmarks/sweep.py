"""All 2³² float32 values of six activations: `benchmarks/data/float32_sweeps.json`.

`--record` runs the sweeps (minutes) and writes the data. Without it, one block in sixteen is run
and the shares of torch (forward and backward), of the oracle and of the judgement are printed side
by side with the peak memory: the oracle's share is to be at most twice torch's, the memory under
1 GiB.
"""

import argparse
import datetime as dt
import json
import os
import platform
import re
import resource
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import comparisons
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.engine import Setting
from comparisons.engines.every import ENGINES
from comparisons.judge.budget import Budget
from comparisons.sweeps.blocks import BLOCKS, CHUNK, Recipe, prepared, run_block

NAMES = ("gelu", "silu", "tanh", "sigmoid", "softplus", "mish")
DATA = Path(__file__).parent / "data" / "float32_sweeps.json"


def shares(name: str) -> str:
    """Seconds of torch, oracle and everything, over every sixteenth block, in one process."""
    recipe = Recipe(name, (), "float32", "reverse", Budget())
    ready = prepared(recipe)
    ready.chunk(0)  # build the tables, compile the kernels
    torch_s = oracle_s = whole_s = 0.0
    for block in range(0, BLOCKS, 16):
        start = time.perf_counter()
        run_block(recipe, block)
        whole_s += time.perf_counter() - start
        for first in range(block * (2**32 // BLOCKS), (block + 1) * (2**32 // BLOCKS), CHUNK):
            if first & 0x7F800000 == 0x7F800000:
                continue
            patterns = np.arange(first, first + CHUNK, dtype=np.uint32)
            z = {"z": patterns.view(np.float32).astype(np.float64)}
            start = time.perf_counter()
            ENGINES["reverse"].gradients(ready.subject, z, Setting(FLOAT_TYPES["float32"]))
            middle = time.perf_counter()
            ready.judge.truth.enclosed_and_counted("z", z["z"], FLOAT_TYPES["float32"])
            torch_s += middle - start
            oracle_s += time.perf_counter() - middle
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    ratio = oracle_s / torch_s
    return f"{name:10}{torch_s:8.2f}{oracle_s:8.2f}{ratio:14.2f}{whole_s:8.2f}{peak:10.2f}"


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
    print("           torch s  oracle s  oracle/torch  all s   peak GiB")
    for name in NAMES:
        print(shares(name), flush=True)


if __name__ == "__main__":
    main()
