"""Many engines with one truth, beside as many comparisons that each find the truth anew."""

import time

import torch

import comparisons

ENGINES = [n for n in comparisons.ENGINES if n not in ("compiled", "noncontiguous")]
NAMES = ("gelu", "tanh", "mish", "atlu")


def main() -> None:
    """Print, for a few activations, both times and their ratio."""
    torch.set_num_threads(1)
    comparisons.compare_engines("relu", dtype="float32", engines=ENGINES)  # the first start
    print(f"{len(ENGINES)} engines, float64      together   one by one   ratio")
    for name in NAMES:
        start = time.perf_counter()
        comparisons.compare_engines(name, engines=ENGINES)
        middle = time.perf_counter()
        for engine in ENGINES:
            comparisons.compare(name, engine=engine, points="structured")
        together, alone = middle - start, time.perf_counter() - middle
        print(f"{name:27}{together:9.2f} s{alone:11.2f} s{alone / together:8.1f}")


if __name__ == "__main__":
    main()
