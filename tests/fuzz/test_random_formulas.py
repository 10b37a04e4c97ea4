"""Random formulas all the way: refused in one sentence, or right; never a hang, never too much.

As a script it prints what it finds: `python tests/fuzz/test_random_formulas.py --count 2000`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import pytest
from formulas import case, cases
from fuzz_pool import Finding, Settings, Tally, Worker, report, run, task
from fuzz_shrink import shrunk

# Printed by the script, not a failure: where `lambdify` gives NaN, and what is refused.
NOT_JUDGED = ("bridge", "refused")
SLICE = Settings(points=10, grid=8, scalars=1, table_every=60, relations_every=6, truth_seconds=2)
WHOLE = Settings(table_every=4)


def faults(tally: Tally) -> list[Finding]:
    """The findings that fail a test."""
    return [found for found in tally.findings if not found.kind.startswith(NOT_JUDGED)]


def kinds(tally: Tally) -> list[str]:
    """Their classes."""
    return sorted({found.kind for found in faults(tally)})


def check(tally: Tally) -> None:
    """Nothing was found, and the run was none in which nothing could be."""
    assert kinds(tally) == [], report(tally, kinds(tally))
    assert tally.counts["certified"] > 10 * tally.formulas
    for kind in ("value", "sides", "undefined"):
        assert tally.counts[f"truth {kind}"] > tally.formulas / 20, kind
    assert tally.counts["truth no derivative"] > 0  # a pole where there is a value is seldom
    assert tally.counts["truth unknown"] < tally.counts["truth value"] / 10
    assert tally.counts["kinks sampled"] > tally.formulas / 10


@pytest.mark.parametrize("part", range(2))
def test_a_slice_of_random_formulas_is_right_or_refused(part):
    """300 formulas, seed 10, with some points each."""
    check(run(cases(150, seed=10, first=150 * part), SLICE))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_ten_thousand_random_formulas_are_right_or_refused(part):
    """10,000 formulas, seed 11, with every kind of point, each by table too."""
    check(run(cases(500, seed=11, first=500 * part), WHOLE))


def main() -> None:
    """Print what random formulas show."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first formula")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after these")
    parser.add_argument("--most", type=int, default=8, help="formulas shown of each class")
    parser.add_argument("--slice", action="store_true", help="as little as `make test` tries")
    parser.add_argument("--only", help="the seed of one formula, such as 1:17")
    parser.add_argument("--refusals", action="store_true", help="show what is refused too")
    parser.add_argument("--shrink", type=int, default=0, help="make so many of each class short")
    parser.add_argument("--skip", nargs="*", default=[], help="classes not to shrink")
    chosen = parser.parse_args()
    settings = replace(SLICE if chosen.slice else WHOLE, refusals=chosen.refusals)
    found = [case(chosen.only)] if chosen.only else cases(chosen.count, chosen.seed, chosen.first)
    tally = run(found, settings, 60 * chosen.minutes)
    out = [report(tally, most=chosen.most)]
    by_text = {(c.text, *c.parameters.values()): c for c in found}
    with Worker() as worker:
        for kind, some in tally.by_kind().items():
            slow = kind in chosen.skip or kind.startswith(("hang", "died"))
            for one in some[: 0 if slow else chosen.shrink]:
                job = task(by_text[(one.text, *one.parameters.values())], settings)
                if one.point is not None and "limit" not in kind:
                    job["points"] = [one.point.hex()]
                out.append(f"short: {shrunk(one, job, worker)}")
    sys.stdout.write("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
