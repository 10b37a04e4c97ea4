"""`symdiff report` and `symdiff diff`: pages, and what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from comparisons.cli.arguments import (
    csv_option,
    file_option,
    json_option,
    refusals_are_usage_errors,
)
from comparisons.cli.exit_code import ExitCode
from comparisons.cli.measuring import Job, measure
from comparisons.report.destination import PAGES

_document = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples:
  symdiff report                                  runs the catalogue, leaves report.html
  symdiff report -o out/report.md --json out/report.json
  symdiff report --from out/report.json -o page.html
""",
)
@click.option(
    "--from", "source", type=_document, metavar="PATH", help="Make the page from this JSON alone."
)
@file_option(
    "--output",
    PAGES,
    "The page, .html or .md.",
    short=("-o",),
    default=Path("report.html"),
    show_default=True,
)
@json_option
@csv_option
def report(source: Path | None, output: Path, json: Path | None, csv: Path | None) -> int:
    """Write the report as a page.

    Of the whole catalogue in every type, or of a run that was kept as JSON.
    """
    if source is not None:
        if json or csv:
            raise click.UsageError(
                "--json and --csv are of a run; with --from there is none",
                click.get_current_context(),
            )
        with refusals_are_usage_errors():
            from comparisons.report.data import read_json
            from comparisons.report.document import write_page

            write_page(output, read_json(source))
        click.echo(output)
        return ExitCode.DONE
    with refusals_are_usage_errors():
        cases = _catalogue()
    measured = measure(cases)
    measured.rows += _at_kinks()
    measured.tell_refusals()
    measured.write(json=json, csv=csv, report=output)
    click.echo(output)
    return ExitCode.DONE if measured.complete else ExitCode.INTERRUPTED


def _at_kinks() -> list[dict[str, Any]]:
    """What torch takes at kinks, for each way of writing a function."""
    from comparisons.kink_conventions import SYNONYMS, conventions
    from comparisons.report.rows import convention_row

    return [convention_row(found) for name in SYNONYMS for found in conventions(name)]


def _catalogue() -> list[Job]:
    """Every function of one or two numbers and every layer, in every type."""
    from comparisons.array_subjects import layer
    from comparisons.dtypes import FLOAT_TYPES
    from comparisons.subjects import from_catalogue
    from comparisons.torch_calls import comparable
    from symdiff import layers

    subjects = [*map(from_catalogue, comparable()), *map(layer, layers)]
    return [Job(s, t) for s in subjects for t in FLOAT_TYPES]


@click.command(
    epilog="""\b
Example:
  symdiff diff torch-2.12.json torch-2.13.json

\b
Exit code: 1 where something got worse, else 0.
""",
)
@click.argument("old", type=_document)
@click.argument("new", type=_document)
def diff(old: Path, new: Path) -> int:
    """What got better and worse.

    From one run's JSON to another's, such as of two torch versions.
    """
    with refusals_are_usage_errors():
        from comparisons.report.data import read_json
        from comparisons.report.differences import differences

        found = differences(read_json(old), read_json(new))
    click.echo(str(found))
    return ExitCode.DISAGREES if found.worse else ExitCode.DONE
