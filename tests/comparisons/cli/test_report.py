"""`symdiff report` and `symdiff diff`."""

import json

import pytest

import symdiff
from comparisons.cli.command import main
from comparisons.dtypes import FLOAT_TYPES
from comparisons.report import jobs
from comparisons.subjects.catalogue.torch_calls import comparable


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def run(tmp_path):
    """One run of one function, kept as JSON."""
    main(["compare", "tanh", "--json", "a.json", "--report", "a.html"])
    return tmp_path / "a.json"


@pytest.mark.usefixtures("run")
def test_the_page_is_remade_from_the_json_alone(tmp_path, capsys):
    """Byte for byte the page of the run, and its path on stdout."""
    capsys.readouterr()
    assert main(["report", "--from", "a.json", "-o", "b.html"]) == 0

    assert capsys.readouterr().out == "b.html\n"
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_without_a_source_the_catalogue_is_run(monkeypatch, tmp_path):
    """Every function torch has, in four types; here the first of them."""
    every = jobs.catalogue()
    names = {job.name for job in every}
    assert {f"{d}, {t}" for d in comparable() for t in FLOAT_TYPES} <= names
    assert {f"{n}, float16" for n in (*symdiff.layers, *symdiff.array_losses)} <= names
    assert {"neuron(tanh), float32", "linear layer, float64"} <= names
    monkeypatch.setattr(jobs, "catalogue", lambda: every[:1])

    assert main(["report", "-o", "out/page.md", "--json", "out/page.json"]) == 0
    first = every[0].name.partition(",")[0]
    assert first in (tmp_path / "out" / "page.md").read_text()
    rows = json.loads((tmp_path / "out" / "page.json").read_text())["rows"]
    assert [r["subject"] for r in rows if r["kind"] == "comparison"] == [first]
    assert {"relu", "absolute"} <= {r["subject"] for r in rows if r["kind"] == "convention"}


@pytest.mark.usefixtures("run")
def test_a_source_measures_nothing(capsys):
    """--json beside --from is a mistake."""
    assert main(["report", "--from", "a.json", "--json", "b.json"]) == 2
    assert "with --from there is none" in capsys.readouterr().err


def test_no_difference_is_code_0(run, capsys):
    """A run beside itself."""
    assert main(["diff", str(run), str(run)]) == 0
    assert capsys.readouterr().out.strip()


def test_worse_is_code_1(run, tmp_path, capsys):
    """The same run with a verdict that got worse, and the other way round."""
    document = json.loads(run.read_text())
    document["rows"][0]["verdict"] = "disagrees"
    (tmp_path / "b.json").write_text(json.dumps(document))
    capsys.readouterr()

    assert main(["diff", "a.json", "b.json"]) == 1
    assert "tanh" in capsys.readouterr().out
    assert main(["diff", "b.json", "a.json"]) == 0
    assert main(["diff", "a.json", "b.json", "--markdown"]) == 1
    shown = capsys.readouterr().out
    assert "**Gradients: 1 worse" in shown
    assert "\n- tanh, " in shown
