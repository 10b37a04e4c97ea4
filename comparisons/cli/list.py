"""`symdiff list`: what there is by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from comparisons.cli.arguments import refusals_are_usage_errors
from comparisons.cli.output import json_text

if TYPE_CHECKING:
    from symdiff import Definition

Entry = dict[str, Any]

KINDS = ("activations", "losses", "layers", "engines")


@click.command(
    "list",
    epilog="""\b
Examples:
  symdiff list
  symdiff list losses
  symdiff list activations --json
""",
)
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.option("--json", "as_json", is_flag=True, help="As JSON, with LaTeX and parameters.")
def list_(kind: str | None, *, as_json: bool) -> None:
    """What there is by name.

    Activations, losses, layers and engines, each with its formula and source.
    """
    found = {name: entries for name, entries in _entries().items() if kind in (None, name)}
    if as_json:
        click.echo(json_text(found))
        return
    for heading, entries in found.items():
        click.echo(click.style(f"{heading} ({len(entries)})", bold=True))
        width = max(len(e["name"]) for e in entries)
        for entry in entries:
            source = f"  [{entry['source']}]" if entry.get("source") else ""
            click.echo(f"  {entry['name']:<{width}}  {entry['formula']}{source}")


def _entries() -> Mapping[str, list[Entry]]:
    import symdiff

    with refusals_are_usage_errors():
        from comparisons.engines.every import ENGINES
    engines: list[Entry] = [
        {"name": name, "formula": engine.summary} for name, engine in ENGINES.items()
    ]
    return {
        "activations": [_entry(d) for d in symdiff.activations.values()],
        "losses": [_entry(d) for d in symdiff.losses.values()],
        "layers": [
            {"name": name, "formula": (builder.__doc__ or "").partition("\n")[0]}
            for name, builder in {**symdiff.layers, **symdiff.array_losses}.items()
        ],
        "engines": engines,
    }


def _entry(definition: Definition) -> Entry:
    import symdiff

    return {
        "name": definition.name,
        "formula": symdiff.text(definition.formula),
        "latex": symdiff.latex(definition.formula),
        "parameters": {name: str(value) for name, value in definition.parameters.items()},
        "source": definition.source,
    }
