"""All 65,536 values of bfloat16 and float16, every activation: within two minutes on two cores.

One process and one thread here. `--record` writes `benchmarks/data/sixteen_bit.json`: for each
activation and type the verdict, the counts by status and the worst input with the line of plain
torch that reproduces it.
"""

import argparse
import datetime as dt
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path

import torch

import comparisons
import symdiff
from comparisons.mismatch import reproduction

DATA = Path(__file__).parent / "data" / "sixteen_bit.json"


def main() -> None:
    """Compare, print the time, and with --record write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the data")
    record = parser.parse_args().record
    torch.set_num_threads(1)
    found, start = [], time.perf_counter()
    for dtype in ("bfloat16", "float16"):
        for name in symdiff.activations:
            result = comparisons.compare(name, dtype=dtype)
            worst = result.adjoints["z"].worst
            found.append(
                {
                    "activation": name,
                    "dtype": dtype,
                    "verdict": str(result.verdict),
                    "bulk_ulp": round(result.bulk_ulp, 4),
                    "counts": {str(s): n for s, n in result.counts().items()},
                    "worst": [repr(worst.inputs["z"]), repr(worst.computed), repr(worst.truth)],
                    "reproduce": reproduction(result),
                }
            )
    seconds = time.perf_counter() - start
    print(f"{len(found)} × 65,536 gradients: {seconds:.1f} s; the aim is 120 s on two cores")
    if record:
        about = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "machine": platform.machine(),
            "versions": {n: version(n) for n in ("torch", "sympy", "numpy", "python-flint")},
            "seconds": round(seconds, 1),
            "worst": "input, gradient of torch, truth",
        }
        DATA.write_text(json.dumps({"about": about, "comparisons": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
