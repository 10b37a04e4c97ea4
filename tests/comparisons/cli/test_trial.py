"""`symdiff compare`."""

import csv
import json

import pytest

import comparisons
from comparisons.cli.command import main


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_agreement_is_code_0(capsys):
    """The table on stdout; nothing else anywhere where stderr is no terminal."""
    assert main(["compare", "relu", "tanh", "--dtype", "float32,float64"]) == 0
    out, err = capsys.readouterr()

    assert [line.split()[0] for line in out.splitlines()] == ["function", "tanh", "relu"]
    assert err == ""


def test_disagreement_is_code_1_and_shown(capsys):
    """The finding in words, with its reproduction, under the table."""
    assert main(["compare", "relu", "hardsigmoid"]) == 1
    out = capsys.readouterr().out

    with pytest.raises(comparisons.GradientMismatch) as caught:
        comparisons.check("hardsigmoid")
    assert str(caught.value) in out


def test_every_type_is_four(capsys):
    """--dtype every."""
    assert main(["compare", "relu", "--dtype", "every"]) == 0

    head = capsys.readouterr().out.splitlines()[0]
    assert ["function", "float64", "float32", "bfloat16", "float16"] == head.split()


def test_parameters_reach_torch(tmp_path):
    """The comparison is of elu at α = ½."""
    assert main(["compare", "elu", "--set", "alpha=0.5", "--json", "a.json"]) == 0

    (row,) = json.loads((tmp_path / "a.json").read_text())["rows"]
    assert "elu(z, 0.5)" in row["worst"]["reproduction"]


def test_the_files_hold_what_was_compared(tmp_path):
    """JSON, CSV and page of one run."""
    files = ["--json", "a.json", "--csv", "a.csv", "--report", "a.html"]
    main(["compare", "relu", "tanh", "--dtype", "float32", *files])

    rows = json.loads((tmp_path / "a.json").read_text())["rows"]
    assert [row["subject"] for row in rows] == ["relu", "tanh"]
    with (tmp_path / "a.csv").open() as lines:
        assert [line["subject"] for line in csv.DictReader(lines)] == ["relu", "tanh"]
    assert "tanh" in (tmp_path / "a.html").read_text()


def test_an_interrupt_keeps_what_was_measured(tmp_path, monkeypatch, capsys):
    """Ctrl-C in the second comparison: the first is shown and written, marked; code 130."""
    compare = comparisons.compare

    def interrupted(subject, **options):
        if str(subject) == "tanh":
            raise KeyboardInterrupt
        return compare(subject, **options)

    monkeypatch.setattr(comparisons, "compare", interrupted)
    assert main(["compare", "relu", "tanh", "gelu", "--json", "a.json"]) == 130
    out, err = capsys.readouterr()

    assert "relu" in out
    assert "interrupted" in err
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["complete"] is False
    assert [row["subject"] for row in document["rows"]] == ["relu"]


def test_a_sweeps_own_words_are_shown(monkeypatch, capsys):
    """A sweep of all 2³² values has no points: its summary stands under the table."""
    from comparisons import sweep

    whole = sweep.sweep

    def part(definition, **options):
        return whole(definition, **options, blocks=range(127, 128))

    monkeypatch.setattr(sweep, "sweep", part)
    assert main(["compare", "relu", "--dtype", "float32", "--points", "all"]) == 0

    assert "<Sweep relu, float32, reverse: accurate, 16,777,216 values" in capsys.readouterr().out


def test_a_layer_is_compared_by_its_name(capsys):
    """As an activation is."""
    assert main(["compare", "softmax", "--dtype", "float32"]) == 0
    assert "softmax" in capsys.readouterr().out
