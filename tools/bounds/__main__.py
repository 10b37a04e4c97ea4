"""`make bounds`: measure every activation anew and put the records down, in two processes."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed

import symdiff
from tools.bounds.records import FOLDER, renew, write_about


def main() -> None:
    """Measure what is named, or all; with --missing only what has no record yet."""
    parser = argparse.ArgumentParser(prog="python -m tools.bounds", description=__doc__)
    parser.add_argument("names", nargs="*", help="activations; by default all")
    parser.add_argument("--missing", action="store_true", help="go on where it was stopped")
    options = parser.parse_args()
    unknown = [n for n in options.names if n not in symdiff.activations]
    if unknown:
        parser.error(f"unknown activation {unknown[0]!r}; `symdiff list` has them all")
    names = options.names or list(symdiff.activations)
    if options.missing:
        names = [n for n in names if not (FOLDER / f"{n}.json").exists()]
    write_about()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        for done in as_completed([pool.submit(renew, name) for name in names]):
            name, said = done.result()
            sys.stdout.write(f"{name}: {said}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
