"""Two atlases beside each other; they are made of the published one, nothing is measured."""

import copy
import json
from pathlib import Path

import pytest

from comparisons.atlases.atlas import Atlas
from comparisons.atlases.data import read_document
from comparisons.atlases.differences import differences
from comparisons.cli.command import main
from comparisons.report.data.row import plain_data

PUBLISHED = Path(__file__).parents[3] / "docs" / "atlas" / "atlas.json"


@pytest.fixture(scope="module")
def old():
    """Two functions of the published atlas."""
    document = read_document(PUBLISHED)
    kept = [c for c in document["cells"] if c["function"] in ("tanh", "gelu")]
    return {**document, "cells": kept}


@pytest.fixture
def new(old):
    """The same, to be changed."""
    return copy.deepcopy(old)


def changed(old, new):
    """What is said of two documents."""
    return differences(Atlas(old), Atlas(new))


def cell(document, function="tanh", dtype="float32", framework="torch"):
    """A cell, to be changed."""
    wanted = (function, dtype, framework)
    return next(
        c for c in document["cells"] if (c["function"], c["dtype"], c["framework"]) == wanted
    )


def test_an_atlas_differs_in_nothing_from_itself(old, new):
    """And says so."""
    assert str(changed(old, new)) == "No difference."


@pytest.mark.parametrize(("verdict", "side"), [("disagrees", "worse"), ("accurate", "better")])
def test_a_verdict_decides(old, new, verdict, side):
    """torch's tanh agrees in float32."""
    cell(new)["verdict"] = verdict
    found = changed(old, new)

    assert getattr(found, side) == [f"tanh, float32, torch: was agrees, now {verdict}"]
    assert len(found.worse + found.better + found.other) == 1


def test_more_that_is_lost_is_worse(old, new):
    """By the same verdict; the other way round it is better."""
    cell(new)["lost"] += 5
    cell(new)["counts"]["lost"] += 5

    assert changed(old, new).worse[0].startswith("tanh, float32, torch: agrees as before (")
    assert changed(new, old).better[0].startswith("tanh, float32, torch: agrees as before (")


@pytest.mark.parametrize(("factor", "worse"), [(1.1, 0), (1.5, 1)])
def test_a_quarter_more_error_is_worse(old, new, factor, worse):
    """Less is another worst point of the same function."""
    cell(new)["usual_ulp"] = plain_data(cell(new)["usual_ulp"]["decimal"] * factor)

    assert len(changed(old, new).worse) == worse
    assert len(changed(new, old).better) == worse


def test_another_definition_is_neither_better_nor_worse(old, new):
    """What is documented otherwise is another function."""
    cell(new).update(definition="2*tanh(z)/2", verdict="disagrees")
    found = changed(old, new)

    assert (found.worse, found.better) == ([], [])
    assert "is judged by 2*tanh(z)/2, was by" in found.other[0]


def test_what_only_one_of_them_has_is_told(old, new):
    """A function that came, one that cannot be asked any more, another version."""
    new["cells"].remove(cell(new))
    gone = cell(new, "gelu")
    kept = {k: gone[k] for k in ("function", "dtype", "framework", "way", "code", "note")}
    gone.clear()
    gone.update({**kept, "absent": "no kernel"})
    new["versions"]["torch"] = "3.0"

    assert changed(old, new).other[0] == "torch 2.13.0+cpu → 3.0"
    assert "tanh, float32, torch: is no longer asked" in changed(old, new).other
    assert any("now absent (no kernel)" in sentence for sentence in changed(old, new).other)
    assert any("tanh, float32, torch: is new, agrees" in s for s in changed(new, old).other)


def test_the_command_tells_atlases_from_runs(old, new, tmp_path, capsys):
    """It ends with 1 where something got worse; one of each kind is refused."""
    paths = [tmp_path / name for name in ("old.json", "new.json", "run.json")]
    cell(new)["verdict"] = "disagrees"
    for path, document in zip(paths, (old, new, {"schema": 1, "rows": []}), strict=True):
        path.write_text(json.dumps(document))

    assert main(["diff", str(paths[0]), str(paths[1])]) == 1
    assert "was agrees, now disagrees" in capsys.readouterr().out
    assert main(["diff", str(paths[1]), str(paths[0])]) == 0
    assert main(["diff", str(paths[0]), str(paths[2])]) == 2
    assert "is an atlas, the other a run" in capsys.readouterr().err
