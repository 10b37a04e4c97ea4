"""`symdiff derive`: the adjoints of a name or a formula; torch is not imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from comparisons.cli.arguments import complete_names, parameters, refusals_are_usage_errors
from comparisons.cli.output import json_text

if TYPE_CHECKING:
    from symdiff import Graph


@click.command(
    epilog="""\b
Examples:
  symdiff derive gelu
  symdiff derive "z*sigmoid(beta*z)" --set beta=1.5
  symdiff derive tanh --loss huber --closed
  symdiff derive mse --latex
  symdiff derive softmax
""",
)
@click.argument("what", metavar="NAME|FORMULA", shell_complete=complete_names)
@parameters
@click.option("--loss", metavar="NAME|FORMULA", help="The neuron's loss, by default ½(y − t)².")
@click.option("--closed", is_flag=True, help="Written out in the inputs.")
@click.option("--latex", "form", flag_value="latex", help="As LaTeX.")
@click.option("--json", "form", flag_value="json", help="As JSON: text and LaTeX, both forms.")
def derive(
    what: str, parameters: Mapping[str, str], loss: str | None, form: str | None, *, closed: bool
) -> None:
    """Derive adjoints, without torch.

    An activation stands in the tutorial's neuron: z = wx + b, y = f(z), L = loss(y, t). A loss
    and a layer stand by themselves.
    """
    import symdiff
    from symdiff.graph.graph import equations
    from symdiff.notation.names import barred, lettered

    with refusals_are_usage_errors():
        graph = _graph(what, loss, parameters)
    found = symdiff.adjoints(graph)
    if form == "json":
        document = {
            "name": graph.name,
            "parameters": {name: str(value) for name, value in graph.parameters.items()},
            "equations": {n: symdiff.text(e) for n, e in equations(graph).items()},
            "adjoints": {
                name: {
                    "line": {"text": symdiff.text(line), "latex": symdiff.latex(line)},
                    "closed": {
                        "text": symdiff.text(found[name]),
                        "latex": symdiff.latex(found[name]),
                    },
                }
                for name, line in found.lines.items()
            },
            "missing": dict(found.missing),
        }
        click.echo(json_text(document))
    elif form == "latex":
        click.echo(found.latex("closed" if closed else "lines"))
    else:
        for name, value in equations(graph).items():
            click.echo(f"{name} = {symdiff.text(value)}")
        click.echo()
        if closed:
            for name, value in found.items():
                click.echo(f"{barred(name)} = {symdiff.text(value)}")
        else:
            click.echo(str(found))
        if graph.parameters:
            values = ", ".join(
                f"{lettered(name)} = {value}" for name, value in graph.parameters.items()
            )
            click.echo(f"\nwith {values}")


def _graph(what: str, loss: str | None, parameters: Mapping[str, str]) -> Graph:
    import symdiff

    builder = {**symdiff.layers, **symdiff.array_losses}.get(what)
    if builder is not None:
        if loss is not None:
            raise ValueError(f"{what!r} is a graph of its own; leave out --loss")
        return builder(**parameters)
    if what in symdiff.losses and what not in symdiff.activations:
        if loss is not None:
            raise ValueError(f"{what!r} is a loss itself; leave out --loss")
        return symdiff.pointwise(symdiff.loss(what, **parameters))
    return symdiff.neuron(symdiff.activation(what, **parameters), loss or "half_squared")
