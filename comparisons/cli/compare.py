"""`symdiff compare`: torch's gradients beside the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from comparisons.cli.arguments import (
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
from comparisons.cli.own_code import OwnCall, is_own_code, of_own_code, own_call, own_code
from comparisons.judge.vocabulary import Verdict, verdict_named

if TYPE_CHECKING:
    from comparisons.report.jobs import Job
    from comparisons.results.comparison import Comparison


@click.command(
    epilog="""\b
Examples:
  symdiff compare gelu silu --dtype bfloat16 --engine reverse
  symdiff compare elu --set alpha=0.5 --dtype float32,float64
  symdiff compare hardsigmoid --report report.html --json report.json
  symdiff compare gelu --dtype float32 --engine reverse,compiled,single
  symdiff compare package.module:function --input "x: 4 8" --input "dim=-1"
  symdiff compare kernels.py:SwiGLU --input "a: 4 8" --input "b: 4 8" --reference plain.py:swiglu
  symdiff compare model.py:Block --set width=8 --input "x: 2 5 8" --dtype every

\b
Exit code: 0 where all agree, 1 where one does not or nothing can be said of it, 2 where one
could not be compared.
""",
)
@names_argument
@of_own_code
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    default=("float64",),
    show_default=True,
    metavar="TYPE[,TYPE…]",
    help="The types torch computes in, or 'every'.",
)
@engines_option(
    "How torch differentiates (symdiff list engines), or 'every'; several are compared with the "
    "truth and with the first."
)
@click.option(
    "--points",
    type=click.Choice(["structured", "all"]),
    help="Chosen inputs, or every value of the type: the default of 16-bit types.",
)
@click.option("--device", default="cpu", show_default=True, help="Where torch computes.")
@click.option(
    "--accept",
    default=str(Verdict.FAILS_AT_INFINITY),
    show_default=True,
    metavar="VERDICT",
    help="The worst verdict that is no disagreement: "
    f"{Verdict.ACCURATE}, {Verdict.AGREES} or '{Verdict.FAILS_AT_INFINITY}'.",
)
@click.option(
    "--strict",
    is_flag=True,
    help="Of functions of arrays call wrong only what no first-order rounding explains.",
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
    inputs: Sequence[str],
    reference: str | None,
    order: int,
    device: str,
    accept: str,
    strict: bool,  # noqa: FBT001 - click passes every option by name
    parameters: Mapping[str, str],
    json: Path | None,
    csv: Path | None,
    report: Path | None,
) -> int:
    """Judge torch's gradients by the truth.

    A NAME of the catalogue means torch's own function. MODULE:FUNCTION is your own code, a
    function, an autograd.Function or a torch.nn.Module, judged by the derivative of what it
    computes; without --engine it is asked too what comparisons.check asks.
    """
    own = [name for name in names if is_own_code(name)]
    options: dict[str, Any] = {"device": device, "strict": strict}
    with refusals_are_usage_errors():
        accepted = verdict_named(accept)
        if own and len(own) < len(names):
            raise ValueError("names of the catalogue and your own code are compared one by one")
        if not own and (inputs or reference or order != 1):
            raise ValueError(
                "--input, --reference and --order are for code of your own, MODULE:FUNCTION"
            )
        if own:
            if reference is not None:
                options["reference"] = own_code(reference)
            careful = not _is_given("engines")
            calls = {name: own_call(name, inputs, parameters) for name in own}
            jobs = _own_jobs(
                calls, split(dtypes), split(engines), careful=careful, order=order, **options
            )
        else:
            jobs = _jobs(names, split(dtypes), split(engines), points, parameters, **options)
    paths = {"json": json, "csv": csv, "report": report}
    return measure(jobs, **paths).finish(
        paths, accepted=accepted, all_asked="every" not in split(engines)
    )


def _is_given(option: str) -> bool:
    """Whether the user gave an option, which has a default."""
    source = click.get_current_context().get_parameter_source(option)
    return source is not click.core.ParameterSource.DEFAULT


def _own_jobs(
    calls: Mapping[str, OwnCall],
    dtypes: Sequence[str],
    engines: Sequence[str],
    *,
    careful: bool,
    **options: Any,
) -> list[Job]:
    """Every comparison of the user's own code."""
    import comparisons
    from comparisons.dtypes import FLOAT_TYPES, float_type
    from comparisons.engines.every import ENGINES, engine_named
    from comparisons.report.jobs import Job

    chosen = list(map(engine_named, ENGINES if "every" in engines else engines))
    ask: Callable[..., Any] = partial(comparisons.compare_engines, engines=chosen)
    if careful:
        ask = _worst_answer
    elif len(chosen) == 1:
        ask = partial(comparisons.compare, engine=chosen[0])
    return [
        Job(
            f"{name}, {t}",
            partial(ask, call.function, *call.arguments, dtype=t, **options, **call.keywords),
        )
        for name, call in calls.items()
        for t in map(float_type, FLOAT_TYPES if "every" in dtypes else dtypes)
    ]


def _worst_answer(*given: Any, **options: Any) -> Comparison:
    """The comparison, or the first of the careful questions that is answered worse."""
    from comparisons.verbs import answers

    asked = answers(*given, **options)
    first = next(asked)
    return next((other for other in asked if other.verdict.worse_than(first.verdict)), first)


def _jobs(
    names: Sequence[str],
    dtypes: Sequence[str],
    engines: Sequence[str],
    points: str | None,
    parameters: Mapping[str, str],
    **options: Any,
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
        Job(f"{subject}, {t}", partial(ask, subject, dtype=t, points=points, **options))
        for subject in subjects
        for t in types
    ]
