"""`symdiff compare`: torch's gradients beside the truth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from comparisons.cli.arguments import (
    complete_names,
    csv_option,
    json_option,
    parameters,
    refusals_are_usage_errors,
    report_option,
)
from comparisons.cli.exit_code import ExitCode
from comparisons.cli.measuring import Job, measure


@click.command(
    epilog="""\b
Examples:
  symdiff compare gelu silu --dtype bfloat16 --engine reverse
  symdiff compare elu --set alpha=0.5 --dtype float32,float64
  symdiff compare hardsigmoid --report report.html --json report.json
  symdiff compare gelu --dtype float32 --engine reverse,compiled,single
  symdiff compare gelu --dtype float32 --points all    (2³² values, some minutes)

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
        cases = _cases(names, _split(dtypes), _split(engines), points, parameters)
    measured = measure(cases)
    measured.tell_refusals()
    measured.show()
    measured.write(json=json, csv=csv, report=report)
    if not measured.complete:
        return ExitCode.INTERRUPTED
    if measured.refused and "every" not in _split(engines):
        return ExitCode.USAGE
    disagrees = any(row.get("verdict") == "disagrees" for row in measured.rows)
    return ExitCode.DISAGREES if disagrees else ExitCode.DONE


def _split(texts: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part for text in texts for part in text.split(",")))


def _cases(
    names: Sequence[str],
    dtypes: Sequence[str],
    engines: Sequence[str],
    points: str | None,
    parameters: Mapping[str, str],
) -> list[Job]:
    """Every comparison asked for, each part of it looked up before any of the work."""
    from comparisons.dtypes import FLOAT_TYPES, float_type
    from comparisons.engines import ENGINES
    from comparisons.subjects import subject_of

    if "every" in engines:
        engines = list(ENGINES)
    unknown = [e for e in engines if e not in ENGINES]
    if unknown:
        raise ValueError(f"unknown engine {unknown[0]!r}; known are {', '.join(ENGINES)}")
    if "every" in dtypes:
        dtypes = list(FLOAT_TYPES)
    types = [float_type(d) for d in dtypes]
    if points == "all" and any(t.bits > 32 for t in types):
        raise ValueError("--points all is for float32 and 16-bit types; float64 has 2⁶⁴ values")
    subjects = [subject_of(name, None, parameters) for name in names]
    return [Job(subject, str(dtype), engines, points) for subject in subjects for dtype in types]
