"""`symdiff diff`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import click

from comparisons.cli.arguments import document, refusals_are_usage_errors
from comparisons.cli.exit_code import ExitCode


@click.command(
    epilog="""\b
Examples:
  symdiff diff torch-2.12.json torch-2.13.json
  symdiff diff main.json branch.json --markdown | gh pr comment --body-file -

\b
Exit code: 1 where something got worse, else 0.
""",
)
@click.argument("old", type=document)
@click.argument("new", type=document)
@click.option("--markdown", is_flag=True, help="For the comment under a pull request.")
def diff(old: Path, new: Path, *, markdown: bool) -> int:
    """What got better and worse.

    From one run's JSON to another's, such as of two torch versions.
    """
    with refusals_are_usage_errors():
        from comparisons.report.data.files import read_json
        from comparisons.report.page.changes import changes_as_markdown
        from comparisons.report.summaries.differences import differences

        found = differences(read_json(old), read_json(new))
    click.echo(changes_as_markdown(found) if markdown else str(found))
    return ExitCode.DISAGREES if found.worse else ExitCode.DONE
