"""Options that several commands share: parameters, names to complete, files to write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from comparisons.report.destination import PAGES, checked

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


@contextmanager
def refusals_are_usage_errors() -> Iterator[None]:
    """Report the library's refusals of one sentence as usage errors of the command."""
    try:
        yield
    except (TypeError, ValueError, ModuleNotFoundError) as error:
        raise click.UsageError(str(error), click.get_current_context()) from error


def complete_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete a name of the catalogue for the shell."""
    import symdiff

    names = [*symdiff.activations, *symdiff.losses, *symdiff.layers, *symdiff.array_losses]
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _parameters(_: click.Context, __: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise click.BadParameter(f"{text!r} is no NAME=VALUE, such as alpha=0.5")
        pairs[name.strip()] = value.strip()
    return pairs


parameters = click.option(
    "--set",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_parameters,
    help="Set a parameter; may be repeated.",
)


names_argument = click.argument(
    "names", nargs=-1, required=True, metavar="NAME|MODULE:FUNCTION…", shell_complete=complete_names
)


def engines_option(help_text: str) -> Decorator:
    """An option for the engines that differentiate, several of them separated by commas."""
    return click.option(
        "--engine",
        "engines",
        multiple=True,
        default=("reverse",),
        show_default=True,
        metavar="ENGINE[,ENGINE…]",
        help=help_text,
    )


def checkpoint_option(what: str) -> Decorator:
    """An option for the file by which something that was stopped goes on."""
    return click.option(
        "--checkpoint",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="PATH",
        help=f"A file by which {what} that was stopped goes on where it was.",
    )


def file_option(flag: str, suffixes: Sequence[str], help_text: str, **extra: Any) -> Decorator:
    """Make an option for a file to write, refused at once where it cannot be written."""

    def check(_: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
        if path is None:
            return None
        with refusals_are_usage_errors():
            return checked(path, suffixes, flag)

    name = flag.removeprefix("--")
    declared = [*extra.pop("short", ()), flag, name]
    path_type = click.Path(path_type=Path)
    return click.option(
        *declared, type=path_type, metavar="PATH", callback=check, help=help_text, **extra
    )


def split(texts: Sequence[str]) -> list[str]:
    """The parts of comma-separated options, each once."""
    return list(dict.fromkeys(part for text in texts for part in text.split(",")))


document = click.Path(exists=True, dir_okay=False, path_type=Path)  # a run, kept as JSON
json_option = file_option("--json", (".json",), "Write everything measured as JSON.")
csv_option = file_option("--csv", (".csv",), "Write a line a comparison as CSV.")
report_option = file_option("--report", PAGES, "Write the report, .html or .md.")
