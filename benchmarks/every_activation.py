"""Every activation in every type; of the 16-bit types all 65,536 values, within two minutes.

One process and one thread here. `--record` writes `benchmarks/data/every_activation.json`: for each
activation and type the verdict, the counts by status, the errors and the worst input with the line
of plain torch that reproduces it.
"""

import argparse
import datetime as dt
import json
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

import comparisons
import symdiff
from comparisons.dtypes import FLOAT_TYPES, FloatType
from comparisons.results.code.reproduction import reproduction

DATA = Path(__file__).parent / "data" / "every_activation.json"


def compared(name: str, dtype: FloatType) -> dict[str, Any]:
    """What the comparison of one activation in one type found, as plain values."""
    result = comparisons.compare(name, dtype=dtype)
    slope = result.adjoints["z"]
    worst = slope.worst
    return {
        "activation": name,
        "dtype": str(dtype),
        "verdict": str(result.verdict),
        "values": result.values,
        "bulk_ulp": round(slope.bulk_ulp, 4),
        "above_half_ulp": round(slope.share_above(0.5), 6),
        "above_one_ulp": round(slope.share_above(1.0), 6),
        "counts": {str(s): n for s, n in result.counts().items()},
        "worst": [worst.inputs["z"].hex(), worst.computed.hex(), worst.truth.hex()],
        "reproduce": reproduction(result),
    }


def main() -> None:
    """Compare, print the times, and with --record write what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the data")
    record = parser.parse_args().record
    torch.set_num_threads(1)
    found: list[dict[str, Any]] = []
    seconds: dict[str, float] = {}
    for dtype in FLOAT_TYPES.values():
        start = time.perf_counter()
        found += [compared(name, dtype) for name in symdiff.activations]
        seconds[dtype.name] = round(time.perf_counter() - start, 1)
        print(f"{len(symdiff.activations)} activations in {dtype}: {seconds[dtype.name]} s")
    both = seconds["bfloat16"] + seconds["float16"]
    print(f"both 16-bit types, all 65,536 values each: {both:.1f} s; the aim is 120 s")
    if record:
        about = {
            "date": dt.datetime.now(dt.UTC).date().isoformat(),
            "machine": platform.machine(),
            "versions": {n: version(n) for n in ("torch", "sympy", "numpy", "python-flint")},
            "seconds": seconds,
            "worst": "input, torch's gradient, truth, in hexadecimal",
        }
        DATA.write_text(json.dumps({"about": about, "comparisons": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
