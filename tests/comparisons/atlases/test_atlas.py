"""The atlas: the same bytes however it is made, whoever is not installed."""

import io
import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

import comparisons
from comparisons.atlases.atlas import Atlas
from comparisons.atlases.data import read_document
from comparisons.atlases.pages import pages, square
from comparisons.atlases.plot import plot
from comparisons.cli.command import main
from comparisons.frameworks.apart import ApartEngine, answer
from comparisons.frameworks.every import FRAMEWORKS

SLICE = {
    "frameworks": ["torch", "autograd"],
    "dtypes": ["float32", "float64"],
    "functions": ["tanh", "gelu_tanh"],
}
WIDE = {
    "frameworks": ["torch", "jax", "autograd"],
    "dtypes": ["float32", "float64"],
    "functions": ["tanh", "gelu_tanh", "relu", "celu", "softplus", "mish", "erf", "sigmoid"],
}


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    """Where the atlas of the next fixture was put down."""
    return tmp_path_factory.mktemp("atlas") / "atlas.jsonl"


@pytest.fixture(scope="module")
def found(journal):
    """Two functions in two types, of torch; of autograd where it is there."""
    return comparisons.atlas(**SLICE, checkpoint=journal)


def written(found, path):
    """Its bytes."""
    found.write(path)
    return path.read_bytes()


def test_a_cell_says_how_far_where_and_what_is_lost(found):
    """torch's float32 tanh loses what 1 − y² cancels, and gelu_tanh is NaN far out."""
    tanh, gelu = (found.cell(name, "float32", "torch") for name in ("tanh", "gelu_tanh"))

    assert 5 < tanh["usual_ulp"] < 10
    assert tanh["lost"] > 1000
    assert tanh["verdict"] == "agrees"
    assert gelu["verdict"] == "disagrees"
    assert gelu["not_finite"] > 100
    assert np.isnan(gelu["worst"]["computed"])


@pytest.mark.slow
def test_all_values_of_a_16_bit_type_are_asked():
    """65,536."""
    found = comparisons.atlas(frameworks=["torch"], dtypes=["bfloat16"], functions=["tanh"])

    assert found.cell("tanh", "bfloat16", "torch")["values"] == 2**16


def test_a_printed_line_gives_the_printed_value(found):
    """Of both points of every cell of torch, run alone."""
    for cell in found.cells:
        if cell["absent"] or cell["framework"] != "torch":
            continue
        for point in (cell["usual"], cell["worst"]):
            said = []
            exec(point["reproduction"], {"print": said.append})  # noqa: S102 - the atlas's own code
            assert said == [pytest.approx(point["computed"], rel=0, nan_ok=True)]


def test_two_runs_give_the_same_bytes(found, tmp_path):
    """Also where other threads make it, in any order."""
    with ThreadPoolExecutor(2) as threads:
        again = comparisons.atlas(**SLICE, executor=threads)

    assert written(again, tmp_path / "again.json") == written(found, tmp_path / "first.json")


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    """The bytes of as many tasks as there are workers, made in this process."""
    return written(comparisons.atlas(**WIDE), tmp_path_factory.mktemp("wide") / "atlas.json")


@pytest.mark.slow
def test_processes_give_the_same_bytes(wide, tmp_path):
    """Each rebuilds what it needs by name."""
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        again = comparisons.atlas(**WIDE, executor=processes)

    assert written(again, tmp_path / "again.json") == wide


@pytest.mark.slow
def test_sixteen_workers_of_dask_give_the_same_bytes(wide, tmp_path):
    """An executor like any other: processes, one of which may die while it works."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=16, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        again = comparisons.atlas(**WIDE, executor=client.get_executor())

    assert written(again, tmp_path / "again.json") == wide


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [1, 5, 11])
def test_killed_by_the_system_it_goes_on_and_ends_with_the_same_bytes(wide, tmp_path, tasks):
    """SIGKILL to the command and its workers after so many tasks; then the same command again."""
    journal, result = tmp_path / "atlas.jsonl", tmp_path / "atlas.json"
    options = [f"--{k}={','.join(v)}" for k, v in {**WIDE, "dtype": WIDE["dtypes"]}.items()]
    command = [sys.executable, "-m", "comparisons", "atlas", "--jobs=2"]
    command += [o for o in options if not o.startswith("--dtypes")]
    command += [f"--checkpoint={journal}", f"--json={result}"]
    first = subprocess.Popen(command, start_new_session=True)
    while first.poll() is None and _lines(journal) <= tasks:
        time.sleep(0.01)
    os.killpg(first.pid, signal.SIGKILL)

    assert first.wait() == -signal.SIGKILL
    assert not result.exists()
    assert tasks <= _lines(journal) - 1 < 16
    assert subprocess.run(command, check=True).returncode == 0
    assert result.read_bytes() == wide


def _lines(path):
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize("kept", [0.6, 0.95, 1.0])
def test_killed_anywhere_it_ends_with_the_same_bytes(found, journal, tmp_path, kept, monkeypatch):
    """The journal is cut in the middle of a line; the finished tasks are not done again."""
    path = tmp_path / "atlas.jsonl"
    text = journal.read_bytes()
    cut = max(int(len(text) * kept), len(text.splitlines()[0]) + 1)
    path.write_bytes(text[:cut])
    finished = sum(line.endswith(b"]}\n") for line in text[:cut].splitlines(keepends=True)[1:])
    asked = []
    from comparisons.atlases import atlas

    measure = atlas.measure
    monkeypatch.setattr(atlas, "measure", lambda t: (asked.append(t), measure(t))[1])
    again = comparisons.atlas(**SLICE, checkpoint=path)

    assert written(again, tmp_path / "again.json") == written(found, tmp_path / "first.json")
    assert len(asked) == 4 - finished


def test_the_journal_of_another_atlas_is_refused_and_left_as_it_is(tmp_path):
    """Nothing is mixed."""
    path = tmp_path / "atlas.jsonl"
    path.write_text('{"kind": "sweep"}\n')

    with pytest.raises(ValueError, match="checkpoint of another atlas"):
        comparisons.atlas(**SLICE, checkpoint=path)
    assert path.read_text() == '{"kind": "sweep"}\n'


def test_what_is_not_installed_is_named_with_its_line(monkeypatch):
    """And nothing fails."""
    monkeypatch.setattr(type(FRAMEWORKS["autograd"]), "version", None)
    found = comparisons.atlas(
        frameworks=["torch", "autograd"], dtypes=["float32"], functions=["tanh"]
    )

    assert found.missing == {
        "autograd": "HIPS autograd is not installed; pip install 'symdiff-autograd[autograd]'"
    }
    assert "pip install 'symdiff-autograd[autograd]'" in repr(found)
    assert found.columns == [("torch", "reverse")]


def test_what_is_installed_and_cannot_be_imported_says_why(monkeypatch):
    """A wheel without its libraries: the atlas goes on, and one comparison is refused."""
    autograd = FRAMEWORKS["autograd"]

    def broken(_):
        raise ImportError("libautograd.so: cannot open shared object file")

    monkeypatch.setattr(type(autograd), "version", "1.0")
    monkeypatch.setattr(type(autograd), "names", property(broken))
    with pytest.raises(ValueError, match=r"is installed, and importing it fails: libautograd\.so"):
        comparisons.compare("tanh", framework="autograd", dtype="float32")

    cells = [{"absent": "TypeError: libautograd.so", "framework": "autograd", "way": "reverse"}]
    document = {
        "columns": [["autograd", "reverse"]],
        "missing": {},
        "titles": {"autograd": "HIPS autograd"},
        "dtypes": [],
        "functions": [],
        "cells": cells,
    }
    assert "HIPS autograd has no gradient: TypeError: libautograd.so" in repr(Atlas(document))


def test_unknown_names_are_refused():
    """Before any work."""
    with pytest.raises(ValueError, match="unknown framework 'jacks'"):
        comparisons.atlas(frameworks=["jacks"])
    with pytest.raises(ValueError, match="no framework has a function for 'geluu'"):
        comparisons.atlas(functions=["geluu"])


def test_forty_functions_are_of_two_frameworks_or_more():
    """By name."""
    from comparisons.atlases.atlas import _functions

    assert len(_functions([*FRAMEWORKS.values()], None)) >= 40


def test_the_json_fits_its_schema_and_nothing_else_does(found, tmp_path):
    """What is missing is told."""
    path = tmp_path / "atlas.json"
    found.write(path)
    data = read_document(path)
    assert Atlas(data).cells == found.cells or "nan" in path.read_text()

    del data["cells"][0]["verdict"]
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match="does not fit the schema"):
        read_document(path)
    path.write_text("{}")
    with pytest.raises(ValueError, match="is no atlas"):
        read_document(path)


def test_the_best_of_a_row_is_by_verdict_and_then_by_error(found):
    """A smaller error with a worse verdict is not better."""
    document = json.loads(json.dumps(found.document))
    cell = next(c for c in document["cells"] if not c["absent"] and c["function"] == "tanh")
    worse = {**cell, "framework": "jax", "verdict": "disagrees"}
    worse["usual_ulp"] = {"decimal": 0.0, "hex": "0x0.0p+0"}
    document["cells"].append(worse)
    document["columns"].append(["jax", "reverse"])
    document["missing"] = {}

    assert ("jax", "reverse") not in Atlas(document).best("tanh", cell["dtype"])
    assert square(worse) == "🟥"


def test_each_link_of_the_pages_leads_somewhere(found):
    """A cell to its section, a section to its plot."""
    made = pages(found)
    assert {"index.md", "float32.md", "float64.md", "functions/tanh.md"} <= made.keys()
    for name, text in made.items():
        for target in re.findall(r"\]\(([^)]+)\)", text):
            path, _, anchor = target.partition("#")
            if path == "atlas.json":
                continue
            full = f"functions/{path}".replace("functions/../", "") if "/" in name else path
            assert full in made, (name, target)
            if anchor:
                headings = re.findall(r"^#+ (.*)$", made[full], flags=re.MULTILINE)
                assert anchor in [h.lower().replace(" ", "-") for h in headings], target


def test_a_plot_has_a_line_a_framework_and_no_error_leaves_it(found):
    """What is not finite lies on the upper edge."""
    cell = found.cell("gelu_tanh", "float32", "torch")
    drawn = plot([("PyTorch", cell)])
    (line,) = drawn.lines

    heights = [int(y) for y in re.findall(r"(?:V|M\d+ )(\d+)", line.path)]
    assert min(heights) == drawn.top
    assert max(heights) <= drawn.bottom


def test_the_command_shows_the_table_and_writes_pages(tmp_path, capsys):
    """From JSON, without measuring again."""
    path, folder = tmp_path / "atlas.json", tmp_path / "pages"
    arguments = ["--frameworks", "torch", "--functions", "tanh", "--dtype", "float32"]
    assert main(["atlas", *arguments, "--json", str(path)]) == 0
    assert "tanh" in capsys.readouterr().out
    assert main(["atlas", "--from", str(path), "--pages", str(folder)]) == 0
    assert (folder / "functions" / "tanh.md").exists()
    assert (folder / "atlas.json").read_bytes() == path.read_bytes()


class TestApart:
    """A framework in a process of its own."""

    def test_a_question_is_answered_by_the_gradients(self):
        """As the engine would."""
        from comparisons.frameworks.array_framework import ArrayFramework
        from comparisons.frameworks.own import own

        class Squares(ArrayFramework):
            """z² alone."""

            name = title = "squares"
            dtypes, ways, functions = ("float64",), ("reverse",), {"square": own("z * z")}
            imports, names = "", {}
            keywords = full = full_like = listed = statement = None

            def array(self, values, dtype):  # noqa: ARG002 - float64
                return np.array(values)

            def numbers(self, array):
                return array

            def reverse(self, function, arrays, cotangent):  # noqa: ARG002 - ones
                return [2 * arrays[0]]

        Squares.__abstractmethods__ = frozenset()
        asked, answers = io.BytesIO(), io.BytesIO()
        z = np.array([1.0, 3.0])
        for function, dtype in (("square", "float64"), ("cube", "float64"), ("square", "float32")):
            pickle.dump((function, "reverse", dtype, {"z": z}), asked)
        asked.seek(0)
        answer(Squares(), asked, answers)
        answers.seek(0)
        right, unknown, narrow = (pickle.load(answers) for _ in range(3))  # noqa: S301 - ours

        assert right["z"].tolist() == [2.0, 6.0]
        assert isinstance(unknown, ValueError)
        assert isinstance(narrow, TypeError)

    def test_a_process_that_dies_is_told_and_loses_nothing_else(self):
        """An unknown framework ends its process at once."""
        engine = ApartEngine(replace_name(FRAMEWORKS["autograd"]), "reverse", "tanh")

        with pytest.raises(TypeError, match=r"the process of nonsense died \(exit code 1\)"):
            engine.gradients(None, {"z": np.zeros(2)}, _setting())


def replace_name(framework):
    """The same, under a name that no process knows."""
    from copy import copy

    other = copy(framework)
    other.name = "nonsense"
    return other


def _setting():
    from comparisons.dtypes import float_type
    from comparisons.engines.engine import Setting

    return Setting(float_type("float32"))
