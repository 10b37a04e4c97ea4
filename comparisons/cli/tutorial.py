"""`symdiff tutorial`: the autograd tutorial's problems, derived and beside torch's own output."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import click

from comparisons.cli.arguments import refusals_are_usage_errors

if TYPE_CHECKING:
    from comparisons import AdjointResult, Comparison, Subject

_ENTRIES = 3  # of an array, enough to see that two columns agree


@click.command(
    epilog="""\b
Example:
  symdiff tutorial --dtype bfloat16
""",
)
@click.option(
    "--dtype", default="float32", show_default=True, metavar="TYPE", help="The type torch uses."
)
def tutorial(dtype: str) -> int:
    """Walk through the autograd tutorial.

    Its three problems, the derivation of each beside torch's own output.

    https://pytorch.org/tutorials/beginner/basics/autogradqs_tutorial.html
    """
    with refusals_are_usage_errors():
        import comparisons
        from comparisons.dtypes import float_type

        chosen: Any = float_type(dtype)
    problems = {
        "A neuron": comparisons.neuron("tanh"),
        "The linear layer": comparisons.linear_layer(),
        "The vector-Jacobian product": comparisons.vector_jacobian_product(),
    }
    disagree = False
    for number, (title, subject) in enumerate(problems.items(), start=1):
        comparison = comparisons.compare(subject, dtype=chosen)
        disagree |= comparison.verdict is comparisons.Verdict.DISAGREES
        heading = f"{number}. {title}"
        click.echo(click.style(f"{heading}\n{'─' * len(heading)}", bold=True))
        _show(subject, comparison)
        click.echo()
    click.echo("Every line above can be asked for: symdiff derive tanh, symdiff compare tanh.")
    return int(disagree)


def _show(subject: Subject, comparison: Comparison) -> None:
    """The equations, the adjoints derived, torch's numbers beside the true ones."""
    import symdiff
    from symdiff.graph.graph import equations
    from symdiff.notation.names import barred

    click.echo("The problem, and the same in torch:\n")
    for name, value in equations(subject.graph).items():
        click.echo(f"    {name} = {symdiff.text(value)}")
    click.echo(f"\n    {subject.code}\n")
    click.echo("Its adjoints, derived:\n")
    for line in str(symdiff.adjoints(subject.graph)).splitlines():
        click.echo(f"    {line}")
    click.echo(f"\ntorch in {comparison.dtype}, beside the truth:\n")
    rows = [_numbers(barred(name), found) for name, found in comparison.adjoints.items()]
    head = ("", "torch", "truth", "verdict", "taken from")
    widths = [max(_width(row[i]) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        cells = (
            text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True)
        )
        click.echo(f"    {'  '.join(cells)}".rstrip())


def _numbers(name: str, found: AdjointResult) -> tuple[str, ...]:
    """A row of the table: the first entries computed and true."""
    dots = " …" if found.computed.size > _ENTRIES else ""
    computed, truth = (
        " ".join(f"{value:.7g}" for value in values.ravel()[:_ENTRIES]) + dots
        for values in (found.computed, found.truth)
    )
    return (name, computed, truth, str(found.verdict), str(found.decided_by))


def _width(text: str) -> int:
    """Columns on a terminal: a combining bar takes none."""
    return sum(not unicodedata.combining(c) for c in text)
