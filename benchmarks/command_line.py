"""How long the command line takes to answer, beside Python's own start and `import torch`.

Aims: `symdiff --help` under 0.3 s, `symdiff derive gelu` under 1.5 s. Each is run in turn with the
others, so that what else the machine does falls on all alike; the fastest and the median are shown.
"""

import statistics
import subprocess
import sys
import time

ROUNDS = 9
COMMANDS = {
    "python -c pass": ("-c", "pass"),
    "symdiff --help": ("-m", "comparisons", "--help"),
    "symdiff list": ("-m", "comparisons", "list"),
    "symdiff derive gelu": ("-m", "comparisons", "derive", "gelu"),
    "python -c 'import sympy'": ("-c", "import sympy"),
    "python -c 'import torch'": ("-c", "import torch"),
}


def seconds(arguments: tuple[str, ...]) -> float:
    """The time of one fresh process."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - begin


def main() -> None:
    """All of them, side by side."""
    for arguments in COMMANDS.values():  # byte-compile once
        seconds(arguments)
    rounds = [[seconds(a) for a in COMMANDS.values()] for _ in range(ROUNDS)]
    columns = list(zip(*rounds, strict=True))
    torch = min(columns[-1])
    for name, times in zip(COMMANDS, columns, strict=True):
        print(
            f"{name:<26} fastest {min(times):.3f} s, median {statistics.median(times):.3f} s, "
            f"{min(times) / torch:.2f} × import torch"
        )


if __name__ == "__main__":
    main()
