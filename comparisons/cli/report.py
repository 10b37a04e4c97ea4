"""`symdiff report`: the page of the whole catalogue, or of a run that was kept."""

from __future__ import annotations

import warnings
from pathlib import Path

import click

from comparisons.cli.arguments import (
    csv_option,
    document,
    file_option,
    json_option,
    refusals_are_usage_errors,
)
from comparisons.cli.exit_code import ExitCode
from comparisons.cli.measuring import Measured, measure
from comparisons.report.destination import PAGES


@click.command(
    epilog="""\b
Examples:
  symdiff report                                  runs the catalogue, leaves report.html
  symdiff report -o out/report.md --json out/report.json
  symdiff report --from out/report.json -o page.html
  symdiff report --recover                        after a run was killed
""",
)
@click.option(
    "--from", "source", type=document, metavar="PATH", help="Make the page from this JSON alone."
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
@click.option(
    "--recover",
    is_flag=True,
    help="Write what runs that were killed had measured to the files they were to write.",
)
def report(
    source: Path | None, output: Path, json: Path | None, csv: Path | None, *, recover: bool
) -> int:
    """Write the report as a page.

    Of the whole catalogue in every type, or of a run that was kept as JSON.
    """
    if recover:
        from comparisons.report import journal

        for told in journal.recover() or ["no killed run left anything to recover"]:
            click.echo(told)
        return ExitCode.DONE
    if source is not None:
        if json or csv:
            raise click.UsageError(
                "--json and --csv are of a run; with --from there is none",
                click.get_current_context(),
            )
        with refusals_are_usage_errors():
            from comparisons.report.data.files import read_json
            from comparisons.report.data.spooled import Spool
            from comparisons.report.page.document import write_page

            with Spool() as spool:
                write_page(output, read_json(source, spool.keep))
        click.echo(output)
        return ExitCode.DONE
    measured = whole(json=json, csv=csv, report=output)
    measured.tell_refusals()
    measured.write(json=json, csv=csv, report=output)
    click.echo(output)
    return ExitCode.DONE if measured.complete else ExitCode.INTERRUPTED


def whole(**destinations: Path | None) -> Measured:
    """Measure all that the project's report is of."""
    with refusals_are_usage_errors():
        from comparisons.report import jobs
        from comparisons.report.data.rows import convention_row
        from comparisons.results.kink_conventions import SYNONYMS, conventions
    with warnings.catch_warnings():  # torch's, of a mean that the catalogue means as documented
        warnings.filterwarnings("ignore", message="reduction: 'mean' divides the total loss")
        measured = measure(jobs.catalogue(), **destinations)
    measured.rows += [convention_row(c) for name in SYNONYMS for c in conventions(name)]
    return measured
