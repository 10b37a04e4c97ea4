"""Two runs beside each other."""

import copy
import pickle

import pytest

from comparisons.report.data.files import document
from comparisons.report.data.row import plain_data
from comparisons.report.page.changes import changes_as_markdown
from comparisons.report.summaries.changes import Changes
from comparisons.report.summaries.differences import differences, needed


@pytest.fixture
def old(rows):
    """A run."""
    return document(rows, complete=True)


@pytest.fixture
def new(old):
    """The same, to be changed."""
    return copy.deepcopy(old)


def _row(run, subject, dtype="float64"):
    wanted = (subject, dtype, "reverse")
    return next(r for r in run["rows"] if (r["subject"], r.get("dtype"), r.get("engine")) == wanted)


def test_a_run_differs_in_nothing_from_itself(old, new):
    """And says so."""
    found = differences(old, new)

    assert (found.better, found.worse, found.other) == ([], [], [])
    assert str(found) == "No difference."


@pytest.mark.parametrize(("verdict", "side"), [("disagrees", "worse"), ("accurate", "better")])
def test_a_verdict_decides(old, new, verdict, side):
    """tanh agrees; a worse verdict is worse."""
    _row(new, "tanh")["verdict"] = verdict
    found = differences(old, new)

    assert getattr(found, side) == [f"tanh, float64, reverse: was agrees, now {verdict}"]
    assert len(found.better + found.worse + found.other) == 1


def test_more_wrong_gradients_are_worse(old, new):
    """By the same verdict, and as many gradients; the other way round it is better."""
    counts = _row(new, "tanh")["counts"]
    counts["faithful"] -= 5
    counts["lost"] += 5

    assert "lost" in differences(old, new).worse[0]
    assert "lost" in differences(new, old).better[0]


def test_a_shift_among_right_gradients_is_only_a_change(old, new):
    """Faithful for correctly rounded."""
    counts = _row(new, "tanh")["counts"]
    counts["faithful"] -= 5
    counts["correctly rounded"] += 5
    found = differences(old, new)

    assert (len(found.other), found.worse, found.better) == (1, [], [])


@pytest.mark.parametrize(("factor", "worse"), [(1.1, 0), (1.5, 1)])
def test_a_quarter_more_error_in_bulk_is_worse(old, new, factor, worse):
    """Less is another worst point of the same kernel."""
    row = _row(new, "tanh")
    row["bulk_ulp"] = plain_data(row["bulk_ulp"]["decimal"] * factor)

    assert len(differences(old, new).worse) == worse


def test_a_setting_is_compared_with_itself(old, new):
    """elu at α = ½ got worse; at α = 1 it is as it was."""
    for run in (old, new):
        other = copy.deepcopy(_row(run, "elu"))
        other["mathematics"]["parameters"]["alpha"] = plain_data(0.5)
        run["rows"].append(other)
    new["rows"][-1]["verdict"] = "disagrees"
    (worse,) = differences(old, new).worse

    assert worse.startswith("elu (α = 0.5), float64, reverse: was accurate, now disagrees")


def test_what_is_in_one_run_only_is_a_change(old, new):
    """A function that is new, or no longer there; another torch; a run cut short."""
    new["rows"] = [r for r in new["rows"] if r["subject"] != "elu"]
    new["versions"]["torch"] = "9"
    new["complete"] = False
    found = differences(old, new)

    assert any("elu" in s and "no longer" in s for s in found.other)
    assert any(s.startswith("torch ") and s.endswith("→ 9") for s in found.other)
    assert "the new run is incomplete" in found.other
    assert any("is new" in s for s in differences(new, old).other)
    assert not found.worse


def test_as_markdown_long_lists_are_folded_and_names_do_nothing():
    """A subject's name may hold HTML; no difference is one line."""
    assert changes_as_markdown(Changes()) == "**Gradients: no difference**"

    shown = changes_as_markdown(Changes(worse=["<b>f</b>: was accurate"], better=["g"] * 11))

    assert "**Gradients: 1 worse, 11 better**" in shown
    assert "<b>" not in shown
    assert shown.count("<details>") == 1


def test_what_is_needed_of_a_run_is_a_small_part_of_it(old, new):
    """And differs in the same, to the letter."""
    counts = _row(new, "tanh")["counts"]
    counts["faithful"] -= 5
    counts["lost"] += 5
    others = [r for r in new["rows"] if r["kind"] == "comparison" and r["subject"] != "tanh"]
    new["rows"].remove(others[0])
    new["complete"] = False

    kept = [{**run, "rows": [*filter(None, map(needed, run["rows"]))]} for run in (old, new)]
    assert str(differences(*kept)) == str(differences(old, new))
    assert str(differences(*kept[::-1])) == str(differences(new, old))
    assert len(pickle.dumps(kept[0]["rows"])) < len(pickle.dumps(old["rows"])) / 10
