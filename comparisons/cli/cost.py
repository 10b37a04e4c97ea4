"""`symdiff cost`: symbolic and automatic differentiation compared as methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from comparisons.cli.arguments import (
    complete_names,
    file_option,
    json_option,
    parameters,
    refusals_are_usage_errors,
    report_option,
)
from comparisons.cli.exit_code import ExitCode


def _numbers(_: click.Context, __: click.Parameter, text: str) -> list[int]:
    try:
        found = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        found = [0]
    if min(found) < 1:
        raise click.BadParameter(f"{text!r} is no list of whole numbers from 1, such as 1,8")
    return found


@click.command(
    epilog="""\b
Examples:
  symdiff cost gelu
  symdiff cost silu --depth 1,4,16 --sizes 1000,1000000 --plot silu.svg
  symdiff cost mish --depth 1,16 --report mish.html
  symdiff cost attention --sizes 1000,100000
""",
)
@click.argument("name", shell_complete=complete_names)
@click.option(
    "--depth",
    "depths",
    default="1",
    show_default=True,
    callback=_numbers,
    help="How often the function or layer is put into itself.",
)
@click.option(
    "--sizes",
    default="1000,100000,1000000",
    show_default=True,
    callback=_numbers,
    help="Entries of the array that a gradient is computed for; of a layer, its first input.",
)
@click.option(
    "--widths",
    default="2,4,8,16",
    show_default=True,
    callback=_numbers,
    help="Entries of the narrow rows of a layer, that SymPy's diff is measured with.",
)
@parameters
@json_option
@file_option("--plot", (".svg",), "Write error against time as SVG.")
@report_option
def cost(
    name: str,
    depths: Sequence[int],
    sizes: Sequence[int],
    widths: Sequence[int],
    parameters: Mapping[str, str],
    json: Path | None,
    plot: Path | None,
    report: Path | None,
) -> int:
    """Compare closed form and autograd as methods.

    Of an activation or a layer: operations, time, memory, time to derive and accuracy of SymPy's
    diff, symdiff's adjoints, torch eager, forward and compiled, and JAX where it is there; in
    float64, on one thread. The report has the table and the plot beside how right the gradient is
    in every type.
    """
    with refusals_are_usage_errors():
        import comparisons

        found = comparisons.cost(name, depths=depths, sizes=sizes, widths=widths, **parameters)
    click.echo(repr(found))
    if json is not None:
        found.write(json)
    if plot is not None:
        plot.write_text(found.plot(), encoding="utf-8")
    if report is not None:
        from comparisons.dtypes import FLOAT_TYPES
        from comparisons.report.data.rows import result_row
        from comparisons.report.page.document import write
        from comparisons.subjects.choose import subject_of

        subject = subject_of(name, None, parameters)
        judged = [comparisons.compare(subject, dtype=d) for d in FLOAT_TYPES]
        write(report, [*map(result_row, judged), found.row()])
    return ExitCode.DONE
