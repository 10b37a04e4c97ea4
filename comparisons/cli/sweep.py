"""`symdiff sweep`: torch's gradients beside the truth at all 2³² values of float32."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from comparisons.cli.arguments import (
    checkpoint_option,
    csv_option,
    engines_option,
    json_option,
    names_argument,
    parameters,
    refusals_are_usage_errors,
    report_option,
    split,
)
from comparisons.cli.measuring import measure
from comparisons.cli.own_code import is_own_code, own_code


@click.command(
    epilog="""\b
Examples:
  symdiff sweep gelu
  symdiff sweep gelu --engine jvp --checkpoint gelu.jsonl --json gelu.json
  symdiff sweep package.module:function
  symdiff sweep kernels.py:Gelu --definition "z*Phi(z)"

\b
Exit code: 0 where all agree, 1 where one does not or nothing can be said of it, 2 where one
could not be compared.
""",
)
@names_argument
@click.option(
    "--definition",
    metavar="FORMULA",
    help="What your own function computes, in z; by default read off its code.",
)
@engines_option("How torch differentiates (symdiff list engines).")
@checkpoint_option("a sweep")
@parameters
@json_option
@csv_option
@report_option
def sweep(
    names: Sequence[str],
    definition: str | None,
    engines: Sequence[str],
    parameters: Mapping[str, str],
    checkpoint: Path | None,
    json: Path | None,
    csv: Path | None,
    report: Path | None,
) -> int:
    """Judge torch, or your own function, at every float32.

    All 2³² values of functions of one variable, in minutes, on every core. MODULE:FUNCTION is your
    own code, a function of one tensor or an autograd.Function.
    """
    with refusals_are_usage_errors():
        import comparisons
        from comparisons.engines.every import engine_named
        from comparisons.report.jobs import Job
        from comparisons.subjects.choose import subject_of

        ways = [engine_named(engine) for engine in split(engines)]
        judged = [own_code(name) if is_own_code(name) else name for name in names]
        subjects = [subject_of(one, definition, parameters) for one in judged]
        if checkpoint is not None and len(ways) * len(subjects) > 1:
            raise ValueError("--checkpoint is of one function in one engine; several are given")
    jobs = [
        Job(
            f"{subject}, float32",
            partial(comparisons.sweep, subject, engine=way, checkpoint=checkpoint),
            aloud=True,
        )
        for subject in subjects
        for way in ways
    ]
    paths = {"json": json, "csv": csv, "report": report}
    return measure(jobs, **paths).finish(paths)
