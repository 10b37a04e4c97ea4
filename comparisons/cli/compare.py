"""`symdiff compare`: torch's gradients beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comparisons.cli.arguments import (
    complete_names,
    csv_option,
    json_option,
    parameters,
    refusals_are_usage_errors,
    report_option,
    split,
)
from comparisons.cli.exit_code import ExitCode
from comparisons.cli.measuring import measure

if TYPE_CHECKING:
    from comparisons.report.jobs import Job


@click.command(
    epilog="""\b
Examples:
  symdiff compare gelu silu --dtype bfloat16 --engine reverse
  symdiff compare elu --set alpha=0.5 --dtype float32,float64
  symdiff compare hardsigmoid --report report.html --json report.json
  symdiff compare gelu --dtype float32 --engine reverse,compiled,single

\b
Exit code: 0 where all agree, 1 where one disagrees, 2 where one could not be compared.
""",
)
@click.argument("names", nargs=-1, required=True, shell_complete=complete_names)
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    default=("float64",),
    show_default=True,
    metavar="TYPE[,TYPE…]",
    help="The types torch computes in, or 'every'.",
)
@click.option(
    "--engine",
    "engines",
    multiple=True,
    default=("reverse",),
    show_default=True,
    metavar="ENGINE[,ENGINE…]",
    help="How torch differentiates (symdiff list engines), or 'every'; several are compared with "
    "the truth and with the first.",
)
@click.option(
    "--points",
    type=click.Choice(["structured", "all"]),
    help="Chosen inputs, or every value of the type: the default of 16-bit types.",
)
@parameters
@json_option
@csv_option
@report_option
def compare(
    names: Sequence[str],
    dtypes: Sequence[str],
    engines: Sequence[str],
    points: str | None,
    parameters: Mapping[str, str],
    json: Path | None,
    csv: Path | None,
    report: Path | None,
) -> int:
    """Judge torch's gradients by the truth."""
    with refusals_are_usage_errors():
        jobs = _jobs(names, split(dtypes), split(engines), points, parameters)
    measured = measure(jobs, json=json, csv=csv, report=report)
    measured.tell_refusals()
    measured.show()
    measured.write(json=json, csv=csv, report=report)
    if not measured.complete:
        return ExitCode.INTERRUPTED
    if measured.refused and "every" not in split(engines):
        return ExitCode.USAGE
    return ExitCode.DISAGREES if measured.disagrees else ExitCode.DONE


def _jobs(
    names: Sequence[str],
    dtypes: Sequence[str],
    engines: Sequence[str],
    points: str | None,
    parameters: Mapping[str, str],
) -> list[Job]:
    """Every comparison asked for, each part of it looked up before any of the work."""
    import comparisons
    from comparisons.dtypes import FLOAT_TYPES, float_type
    from comparisons.engines.every import ENGINES, engine_named
    from comparisons.report.jobs import Job
    from comparisons.subjects.choose import subject_of

    chosen = list(map(engine_named, ENGINES if "every" in engines else engines))
    types = list(map(float_type, FLOAT_TYPES if "every" in dtypes else dtypes))
    if points == "all" and any(t.bits > 16 for t in types):
        raise ValueError(
            "--points all is for 16-bit types; symdiff sweep takes all 2³² values of float32"
        )
    subjects = [subject_of(name, None, parameters) for name in names]
    ask: Callable[..., Any] = partial(comparisons.compare_engines, engines=chosen)
    if len(chosen) == 1:
        ask = partial(comparisons.compare, engine=chosen[0])
    return [
        Job(f"{subject}, {t}", partial(ask, subject, dtype=t, points=points))
        for subject in subjects
        for t in types
    ]
