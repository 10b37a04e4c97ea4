"""The command line as a user meets it: codes, streams, one sentence for a wrong argument."""

import os
import subprocess
import sys

import pytest

from comparisons.cli.command import main, symdiff

PYTHON = (sys.executable, "-m", "comparisons")

WRONG = {
    "a misspelt command": (["compre"], "unknown command 'compre'; did you mean 'compare'?"),
    "an unknown option": (["--colour"], "No such option '--colour'"),
    "a misspelt name": (["compare", "geluu"], "unknown activation 'geluu'; did you mean 'gelu'?"),
    "no name": (["compare"], "Missing argument 'NAME|MODULE:FUNCTION…'"),
    "a misspelt type": (["compare", "gelu", "--dtype", "float31"], "did you mean 'float32'?"),
    "an unknown engine": (["compare", "gelu", "--engine", "back"], "known are reverse"),
    "an unknown parameter": (["compare", "elu", "--set", "beta=1"], "it has 'alpha'"),
    "a parameter called as an argument": (
        ["derive", "gelu", "--set", "source=1"],
        "gelu has no parameter 'source'",
    ),
    "a parameter that is no number": (["derive", "elu", "--set", "alpha=x"], "'x'"),
    "a parameter without a value": (["derive", "elu", "--set", "alpha"], "is no NAME=VALUE"),
    "a function torch lacks": (["compare", "z*tanh(z)"], "torch has no function 'z*tanh(z)'"),
    "every float64": (["compare", "gelu", "--points", "all"], "symdiff sweep takes all"),
    "another format": (["compare", "gelu", "--report", "a.pdf"], "should end in .html or .md"),
    "no such folder": (["compare", "gelu", "--csv", "taken/a.csv"], "cannot be written"),
    "a formula that cannot be read": (["derive", "z*"], "cannot read the formula 'z*'"),
    "code for a formula": (["derive", "__import__('os')"], "derive: "),
    "no formula": (["derive"], "Missing argument 'NAME|FORMULA|MODULE:FUNCTION'"),
    "a loss of a loss": (["derive", "mse", "--loss", "l1"], "leave out --loss"),
    "an unknown kind": (["list", "layer"], "is not one of"),
    "no such file": (["report", "--from", "none.json"], "does not exist"),
    "no JSON": (["report", "--from", "taken"], "taken"),
    "one file": (["diff", "taken"], "Missing argument 'NEW'"),
    "two that are none": (["diff", "taken", "taken"], "taken"),
    "an unknown type": (["tutorial", "--dtype", "int8"], "'int8' is no real floating-point type"),
}


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").touch()


@pytest.mark.parametrize("arguments", [w[0] for w in WRONG.values()], ids=WRONG)
def test_a_wrong_argument_is_one_sentence(arguments, capsys):
    """Exit code 2, one line on stderr that says what to do, nothing on stdout, no traceback."""
    sentence = next(s for a, s in WRONG.values() if a == arguments)

    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert sentence in err
    assert err.count("\n") == 1
    assert err.startswith("symdiff")


@pytest.mark.parametrize("command", [[], *([name] for name in symdiff.commands)], ids=" ".join)
def test_help_has_examples(command, capsys):
    """Each command's help shows it in use."""
    assert main([*command, "--help"]) == 0
    assert "Example" in (help_text := capsys.readouterr().out)
    assert f"  symdiff {' '.join(command)}".rstrip() in help_text


def test_no_argument_shows_the_help(capsys):
    """`symdiff` alone is a question."""
    assert main([]) == 0
    assert "Commands:" in capsys.readouterr().out


def test_the_version_names_what_is_judged(capsys):
    """This package's, torch's and SymPy's."""
    assert main(["--version"]) == 0
    assert {"symdiff-autograd", "torch", "sympy"} <= set(capsys.readouterr().out.split())


def test_a_closed_pipe_is_silent():
    """`symdiff list | head -1` ends without a word."""
    line = f"{' '.join(PYTHON)} list | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)  # noqa: S607

    assert done.stdout.startswith("activations")
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("command", "absent"),
    [
        (["--help"], {"torch", "sympy", "numpy"}),
        (["derive", "gelu"], {"torch", "scipy", "numba"}),
        (["list"], {"torch"}),
    ],
    ids=lambda value: " ".join(sorted(value)),
)
def test_what_a_command_does_not_need_is_not_imported(command, absent):
    """The help starts without SymPy, a derivation without torch."""
    code = (
        "import sys; from comparisons.cli.command import main; "
        f"main({command!r}); print(sorted({absent!r} & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == "[]"


def test_the_shell_completes_commands_and_names():
    """Bash is offered what begins so."""
    environment = {**os.environ, "_SYMDIFF_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    code = "from comparisons.cli.command import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "COMP_WORDS": "symdiff compare hardsi"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.split() == ["plain,hardsigmoid"]


def test_the_module_is_the_command():
    """`python -m comparisons` does as `symdiff` does, and ends as it."""
    done = subprocess.run([*PYTHON, "compre"], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("symdiff: unknown command 'compre'")
