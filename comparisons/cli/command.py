"""`symdiff`: the commands together, and how they end.

Results go to stdout, progress and errors to stderr. 0: all agree, or done; 1: something disagrees
or got worse; 2: a wrong argument, in one sentence; 70: it crashed; 74: a file could not be read or
written; 130: interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version

import click

from comparisons.cli.atlas import atlas
from comparisons.cli.compare import compare
from comparisons.cli.cost import cost
from comparisons.cli.derive import derive
from comparisons.cli.diff import diff
from comparisons.cli.exit_code import ExitCode
from comparisons.cli.list import list_
from comparisons.cli.output import print_what_an_encoding_lacks
from comparisons.cli.report import report
from comparisons.cli.sweep import sweep
from comparisons.cli.tutorial import tutorial
from symdiff.notation.printable import printable
from symdiff.suggestion import suggestion


class _Commands(click.Group):
    """A group that says which command may have been meant, and lists them in order of use."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The commands as they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of that name, or one sentence."""
        name = args[0]
        if name not in self.commands and not name.startswith("-"):
            hint = suggestion(name, self.commands)
            raise click.UsageError(f"unknown command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001 - click's signature
    if wanted:
        found = {}
        for name in ("symdiff-autograd", "torch", "sympy"):
            try:
                found[name] = version(name)
            except PackageNotFoundError:
                found[name] = "not installed"
        click.echo(", ".join(f"{name} {number}" for name, number in found.items()))
        ctx.exit()


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  symdiff derive "z*sigmoid(z)"              the adjoints of a formula
  symdiff compare gelu silu --dtype float32  torch's gradients beside the truth
  symdiff report -o report.html              the whole catalogue as a page

\b
Completion in bash (zsh and fish alike):
  eval "$(_SYMDIFF_COMPLETE=bash_source symdiff)"
""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show what is installed.",
)
@click.pass_context
def symdiff(ctx: click.Context) -> None:
    """How right is a gradient?

    SymPy derives the closed form of an adjoint, certified arithmetic its true value, and torch is
    judged against it, in units in the last place (ulp).
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


for _command in (tutorial, list_, derive, compare, sweep, atlas, cost, report, diff):
    symdiff.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line on `arguments`, by default the process's own; returns the exit code."""
    print_what_an_encoding_lacks()
    try:
        code = symdiff.main(arguments, prog_name="symdiff", standalone_mode=False)
        sys.stdout.flush()  # now, while it can be told that the disk is full
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else "symdiff"
        message = printable(error.format_message().rstrip("."))
        click.echo(f"{path}: {message} ({path} --help has examples)", err=True)
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    except SystemExit:
        # Of a closed pipe click ends with 1, and puts a stream that is silent in stdout's place.
        if "Pacify" in type(sys.stdout).__name__:
            return ExitCode.READER_LEFT
        raise
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more
        return ExitCode.READER_LEFT
    except OSError as error:
        click.echo(f"symdiff: {printable(str(error))}", err=True)
        return ExitCode.FILES
    except Exception:  # noqa: BLE001 - whatever it is, it is no verdict
        click.echo(traceback.format_exc(), err=True)
        click.echo(
            "symdiff crashed, which says nothing of any gradient; please report it", err=True
        )
        return ExitCode.CRASHED
    return code if isinstance(code, int) else ExitCode.DONE
