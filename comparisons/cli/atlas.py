"""`symdiff atlas`: every framework's gradients beside one truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from comparisons.cli.arguments import (
    checkpoint_option,
    document,
    json_option,
    refusals_are_usage_errors,
    split,
)
from comparisons.cli.exit_code import ExitCode


@click.command(
    epilog="""\b
Examples:
  symdiff atlas --functions gelu,softplus --dtype float32
  symdiff atlas --frameworks torch,jax --jobs 2 --checkpoint atlas.jsonl --json atlas.json
  symdiff atlas --from docs/atlas/atlas.json --pages docs/atlas

\b
Exit code: 0 when done, 2 for a wrong argument. A framework that is not installed is named with the
line that installs it, and nothing fails.
""",
)
@click.option("--frameworks", multiple=True, metavar="NAME[,NAME…]", help="By default all.")
@click.option("--functions", multiple=True, metavar="NAME[,NAME…]", help="By default all.")
@click.option("--dtype", "dtypes", multiple=True, metavar="TYPE[,TYPE…]", help="By default all.")
@click.option(
    "--ways",
    multiple=True,
    default=("reverse",),
    show_default=True,
    metavar="WAY[,WAY…]",
    help="reverse, forward, compiled.",
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, help="Processes, by default one.")
@checkpoint_option("an atlas")
@json_option
@click.option("--from", "known", type=document, metavar="PATH", help="Show an atlas in JSON.")
@click.option(
    "--pages",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Write it as pages of Markdown.",
)
def atlas(
    frameworks: Sequence[str],
    functions: Sequence[str],
    dtypes: Sequence[str],
    ways: Sequence[str],
    jobs: int,
    checkpoint: Path | None,
    json: Path | None,
    known: Path | None,
    pages: Path | None,
) -> int:
    """Judge every framework by one truth.

    Framework by function by type: the error in ulp of each gradient, the best of a row starred.
    """
    with refusals_are_usage_errors():
        from comparisons.atlases.atlas import Atlas
        from comparisons.atlases.atlas import atlas as measured
        from comparisons.atlases.data import read_document
        from comparisons.atlases.pages import write_pages
        from comparisons.atlases.workers import processes

        if known is not None:
            found = Atlas(read_document(known))
        else:
            with processes(jobs) as executor:
                found = measured(
                    frameworks=split(frameworks) or None,
                    dtypes=split(dtypes) or None,
                    functions=split(functions) or None,
                    ways=split(ways),
                    executor=executor,
                    checkpoint=checkpoint,
                )
    if json is not None:
        found.write(json)
    if pages is not None:
        write_pages(found, pages)
    else:
        click.echo(repr(found))
    return ExitCode.DONE
