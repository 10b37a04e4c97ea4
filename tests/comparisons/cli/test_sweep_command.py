"""`symdiff sweep`."""

from functools import partial

import pytest

from comparisons.cli.command import main
from comparisons.report.data.files import read_json
from comparisons.sweeps import blocks, sweep


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(blocks, "BLOCKS", 2**11)  # of one chunk each, in this process
    monkeypatch.setattr(sweep, "_run", lambda recipe, blocks, _: _here(recipe, blocks))


def test_a_sweep_is_told_and_written(monkeypatch, capsys, tmp_path):
    """All values of float32: in its own words under the table, and as a row of the report."""
    monkeypatch.setattr(sweep, "swept", partial(sweep.swept, blocks=[0x1FC]))
    asked = ["sweep", "relu", "--checkpoint", "relu.jsonl"]
    assert main([*asked, "--json", "a.json", "--report", "a.html", "--csv", "a.csv"]) == 0

    assert "<Sweep relu, float32, reverse: accurate, 2,097,152 values" in capsys.readouterr().out
    (row,) = read_json(tmp_path / "a.json")["rows"]
    assert row["values"] == sum(row["counts"].values()) == 2**21
    assert row["profile"]["above"].replace("-", "").split()
    assert len((tmp_path / "relu.jsonl").read_text().splitlines()) == 2
    assert "2,097,152" in (tmp_path / "a.html").read_text()


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (["relu", "tanh", "--checkpoint", "a.jsonl"], "--checkpoint is of one function"),
        (["relu", "--engine", "sideways"], "unknown engine 'sideways'"),
        (["nothing"], "unknown"),
    ],
)
def test_what_cannot_be_swept_is_a_wrong_argument(asked, sentence, capsys):
    """Code 2 and one sentence, before anything runs."""
    assert main(["sweep", *asked]) == 2
    assert sentence in capsys.readouterr().err


def test_a_function_of_two_variables_is_refused(capsys):
    """Code 2, with the reason."""
    assert main(["sweep", "mse"]) == 2
    assert "one variable" in capsys.readouterr().err


def test_compare_sends_float32_to_it(capsys):
    """--points all is for 16-bit types."""
    assert main(["compare", "relu", "--dtype", "float32", "--points", "all"]) == 2
    assert "symdiff sweep takes all" in capsys.readouterr().err


def test_your_own_function_is_swept_by_its_path(monkeypatch, capsys, tmp_path):
    """A file and a name, with a definition or without one; a wrong one is code 1."""
    monkeypatch.setattr(sweep, "swept", partial(sweep.swept, blocks=[0x100]))
    (tmp_path / "kernels_swept.py").write_text("def twice(x):\n    return 2 * x\n")

    assert main(["sweep", "kernels_swept.py:twice"]) == 0
    assert "<Sweep twice, float32, reverse: accurate" in capsys.readouterr().out
    assert main(["sweep", "kernels_swept.py:twice", "--definition", "3*z"]) == 1
    assert "twice as 3*z  disagrees" in capsys.readouterr().out
    assert main(["sweep", "kernels_swept.py:thrice"]) == 2
    assert "there is no thrice in kernels_swept.py" in capsys.readouterr().err


def _here(recipe, blocks):
    return [(block, sweep.run_block(recipe, block)) for block in blocks]
