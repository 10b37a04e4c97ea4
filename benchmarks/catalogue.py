"""The whole catalogue in four types, reverse engine, structured points: minutes, and linear.

The aim is five minutes on two cores. The cost is to grow with the number of entries and no faster:
the time of a quarter, a half and the whole of a shuffled catalogue, each in a process of its own,
side by side with what it would be if it were linear.
"""

import random
import subprocess
import sys
import time

SEED = 20240607
_CODE = """
import sys, torch, comparisons
torch.set_num_threads(1)
for name in sys.argv[1:]:
    for dtype in ("float64", "float32", "bfloat16", "float16"):
        comparisons.compare(name, dtype=dtype, points="structured")
"""


def seconds(names: list[str]) -> float:
    """The time to compare these in four types, in a fresh process, its start included."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _CODE, *names], check=True)
    return time.perf_counter() - start


def main() -> None:
    """Print the times."""
    import symdiff

    names = list(symdiff.activations)
    random.Random(SEED).shuffle(names)  # noqa: S311 - an order, no secret
    start = seconds([])
    whole = seconds(names) - start
    print(f"a process starts in {start:.1f} s")
    for part in (4, 2, 1):
        some = names[: len(names) // part]
        took = whole if part == 1 else seconds(some) - start
        linear = whole * len(some) / len(names)
        print(f"{len(some):4} entries: {took:6.1f} s, {took / linear:.2f} of linear")
    print(
        f"one core: {whole:.0f} s for {len(names)} entries in four types; the aim is 300 s on two"
    )


if __name__ == "__main__":
    main()
