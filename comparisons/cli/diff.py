"""`symdiff diff`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from comparisons.cli.arguments import document, refusals_are_usage_errors
from comparisons.cli.exit_code import ExitCode

if TYPE_CHECKING:
    from comparisons.report.summaries.changes import Changes


@click.command(
    epilog="""\b
Examples:
  symdiff diff torch-2.12.json torch-2.13.json
  symdiff diff main.json branch.json --markdown | gh pr comment --body-file -
  symdiff diff atlas-jax-0.9.json atlas-jax-0.10.json

\b
Exit code: 1 where something got worse, else 0.
""",
)
@click.argument("old", type=document)
@click.argument("new", type=document)
@click.option("--markdown", is_flag=True, help="For the comment under a pull request.")
def diff(old: Path, new: Path, *, markdown: bool) -> int:
    """What got better and worse.

    From one run's JSON to another's, such as of two torch versions; or from one atlas to another.
    """
    with refusals_are_usage_errors():
        from comparisons.report.page.changes import changes_as_markdown

        found = _differences(old, new)
    click.echo(changes_as_markdown(found) if markdown else str(found))
    return ExitCode.DISAGREES if found.worse else ExitCode.DONE


def _differences(old: Path, new: Path) -> Changes:
    from comparisons.atlases.data import is_atlas

    kinds = {is_atlas(path) for path in (old, new)}
    if kinds == {True, False}:
        raise ValueError(f"one of {old} and {new} is an atlas, the other a run; give two of a kind")
    if True in kinds:
        from comparisons.atlases.atlas import Atlas
        from comparisons.atlases.data import read_document
        from comparisons.atlases.differences import differences as of_atlases

        return of_atlases(Atlas(read_document(old)), Atlas(read_document(new)))
    from comparisons.report.data.files import read_json
    from comparisons.report.summaries.differences import differences, needed

    return differences(read_json(old, needed), read_json(new, needed))
