"""What the plugin adds to the start of a pytest that does not use it: the aim is under 50 ms.

An empty test module is run with the plugin and with `-p no:symdiff`, in turn, and the fastest
(least disturbed) of each and the medians are compared.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15


def start(folder: Path, *options: str) -> float:
    """Seconds that a pytest of one empty test takes."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *options,
        str(folder),
    ]
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, cwd=folder)
    return time.perf_counter() - begin


def main() -> None:
    """Both, side by side."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "test_empty.py").write_text("def test_nothing():\n    pass\n")
        start(folder)  # byte-compile once
        times = [(start(folder), start(folder, "-p", "no:symdiff")) for _ in range(ROUNDS)]
    with_plugin, without = zip(*times, strict=True)
    for label, of in (("fastest", min), ("median", statistics.median)):
        a, b = of(with_plugin), of(without)
        print(f"{label}: {a:.3f} s with, {b:.3f} s without: {1000 * (a - b):+.1f} ms, {a / b:.3f}×")


if __name__ == "__main__":
    main()
