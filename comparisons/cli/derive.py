"""`symdiff derive`: the adjoints of a name or a formula; torch is not imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from comparisons.cli.arguments import complete_names, parameters, refusals_are_usage_errors
from comparisons.cli.output import json_text
from comparisons.cli.own_code import inputs, is_own_code, own_call

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
  symdiff derive package.module:function --input "x: 4 8" --input "w: 8 3"
""",
)
@click.argument("what", metavar="NAME|FORMULA|MODULE:FUNCTION", shell_complete=complete_names)
@inputs
@parameters
@click.option("--loss", metavar="NAME|FORMULA", help="The neuron's loss, by default ½(y − t)².")
@click.option("--closed", is_flag=True, help="Written out in the inputs.")
@click.option("--latex", "form", flag_value="latex", help="As LaTeX.")
@click.option("--json", "form", flag_value="json", help="As JSON: text and LaTeX, both forms.")
def derive(
    what: str,
    inputs: Sequence[str],
    parameters: Mapping[str, str],
    loss: str | None,
    form: str | None,
    *,
    closed: bool,
) -> None:
    """Derive adjoints; of a name or a formula without torch.

    MODULE:FUNCTION is your own torch code, read line by line in its own names.

    An activation stands in the tutorial's neuron: z = wx + b, y = f(z), L = loss(y, t). A loss
    and a layer stand by themselves.
    """
    import symdiff
    from symdiff.graph.graph import equations
    from symdiff.notation.names import barred, lettered

    with refusals_are_usage_errors():
        graph = _own(what, inputs, parameters) if is_own_code(what) else None
        if graph is None:
            if inputs:
                raise ValueError("--input is for code of your own, MODULE:FUNCTION")
            graph = _graph(what, loss, parameters)
        written = equations(graph)  # refused where a line is too long to be read
    found = symdiff.adjoints(graph)
    if form == "json":
        document = {
            "name": graph.name,
            "parameters": {name: str(value) for name, value in graph.parameters.items()},
            "equations": {n: symdiff.text(e) for n, e in written.items()},
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
        for name, value in written.items():
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


def _own(what: str, inputs: Sequence[str], parameters: Mapping[str, str]) -> Graph:
    from comparisons.capture.closed_form import closed_form

    call = own_call(what, inputs, parameters)
    return closed_form(call.function, *call.arguments, **call.keywords).graph


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
