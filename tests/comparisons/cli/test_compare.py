"""`symdiff compare`."""

import csv
import json

import pytest

import comparisons
from comparisons.cli.command import main
from comparisons.report.data.files import read_json


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


def test_engines_are_compared_with_each_other(capsys, tmp_path):
    """Where they differ and which is nearer, under the table and as rows."""
    asked = ["compare", "gelu", "--dtype", "float32", "--engine", "reverse,jvp,strided"]
    assert main([*asked, "--json", "a.json"]) == 0

    out = capsys.readouterr().out
    assert "where engines differ\n  gelu, float32: reverse and strided differ in z̄ at" in out
    rows = read_json(tmp_path / "a.json")["rows"]
    (found,) = [r for r in rows if r["kind"] == "difference"]
    assert (found["first"], found["second"]) == ("reverse", "strided")
    assert found["nearer"] in ("reverse", "strided")
    assert [r["engine"] for r in rows if r["kind"] == "comparison"] == ["jvp", "reverse", "strided"]


@pytest.mark.parametrize("engines", ["vmap", "reverse,vmap"], ids=["one engine", "beside another"])
def test_what_torch_refuses_loses_nothing_else(engines, capsys, tmp_path):
    """rrelu has no vmap: code 2 and the reason on stderr, and the others are shown and written."""
    asked = ["compare", "relu", "rrelu", "tanh", "--engine", engines, "--json", "a.json"]
    assert main(asked) == 2
    out, err = capsys.readouterr()

    assert "not compared: " in err
    assert "rrelu" in err
    assert "tanh, vmap" in out
    rows = read_json(tmp_path / "a.json")["rows"]
    assert {"relu", "tanh"} <= {r["subject"] for r in rows if r["engine"] == "vmap"}


def test_every_engine_is_asked_for_in_a_word(capsys):
    """Those that torch or this machine lacks are told, and are no mistake of the user's."""
    assert main(["compare", "rrelu", "--engine", "every"]) in (0, 1)
    out, err = capsys.readouterr()

    assert "rrelu, forward_ad" in out
    assert "not compared: rrelu, float64, vmap: " in err


def test_a_layer_is_compared_by_its_name(capsys):
    """As an activation is."""
    assert main(["compare", "softmax", "--dtype", "float32"]) == 0
    assert "softmax" in capsys.readouterr().out
