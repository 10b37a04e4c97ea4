"""How a command ends when something around it is wrong: a code, a sentence, no verdict."""

import json
import os
import subprocess
import sys

import click
import pytest

from comparisons.cli import command
from comparisons.cli.command import main

PYTHON = (sys.executable, "-m", "comparisons")


def shell(line, **environment):
    """A line of bash, with its end."""
    text = f'set -o pipefail; symdiff() {{ {" ".join(PYTHON)} "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", text],  # noqa: S607
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("encoding", "line"),
    [
        pytest.param("cp1252", "list activations", marks=pytest.mark.slow),
        ("cp1252", "derive gelu"),
        pytest.param("cp1252", "derive gelu --json", marks=pytest.mark.slow),
        ("ascii", "derive gelu --latex"),
        ("utf-16", "derive gelu --json"),
    ],
)
def test_every_encoding_can_be_written(encoding, line):
    """What an encoding lacks is an escape; JSON stays JSON."""
    done = shell(f"symdiff {line}", PYTHONIOENCODING=encoding)

    assert done.stderr == b""
    assert done.returncode == 0
    if "--json" in line:
        assert json.loads(done.stdout.decode(encoding))["name"] == "neuron(gelu)"


@pytest.mark.parametrize(
    ("line", "code", "sentence"),
    [
        ("symdiff list > /dev/full", 74, b"No space left on device"),
        ("symdiff list | true", 141, b""),
        ("symdiff report --from /proc/self/mem", 2, b"cannot be read"),
        ("symdiff derive $'\\xff'", 2, b"cannot read the formula"),
        ("symdiff derive $'a\\x1b[2Jb'", 2, b"symdiff derive: "),
    ],
)
def test_what_goes_wrong_outside_has_a_code_of_its_own(line, code, sentence):
    """None of it is 1, which says that a gradient is wrong; one line at most is told."""
    done = shell(line)

    assert done.returncode == code
    assert sentence in done.stderr
    assert done.stderr.count(b"\n") == bool(sentence)
    assert b"\x1b" not in done.stderr


def test_a_crash_is_no_verdict(monkeypatch, capsys):
    """Its code is 70; the traceback is there to be reported."""

    @click.command("list")
    def broken():
        raise AssertionError("a defect")

    monkeypatch.setitem(command.symdiff.commands, "list", broken)

    assert main(["list"]) == 70
    told = capsys.readouterr().err
    assert "AssertionError: a defect" in told
    assert "please report it" in told


@pytest.mark.parametrize(
    "value", ["1e999999999", "-1e-999999999", "1/1e999999999", "9" * 100_000, "1e", "inf/inf"]
)
def test_a_parameter_has_limits(value, capsys):
    """What would take a minute, or is no number, is refused at once."""
    assert main(["derive", "elu", "--set", f"alpha={value}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["ａlpha", "𝛼", "al pha", "__class__"])
def test_a_parameter_of_another_name_is_refused(name, capsys):
    """Fullwidth letters too, though they look alike."""
    assert main(["derive", "elu", "--set", f"{name}=0.5"]) == 2
    assert "it has 'alpha'" in capsys.readouterr().err
