"""The number beside a verdict is the one that the verdict was taken from."""

import math
import re

import pytest
import torch
from hand_written import with_backward

import comparisons
from comparisons.judge.budget import Budget
from comparisons.report.data.decided import decided
from comparisons.report.data.files import document
from comparisons.report.data.rows import result_row
from comparisons.report.page.document import Document
from comparisons.report.summaries.terminal_table import table

X = torch.linspace(-2, 2, 24, dtype=torch.float64).reshape(4, 6) + 0.01
LINE = {"conditioned ulp": 4.0, "ulp of max(|g|, 1)": 32.0, "× allowed": 1.0}


def holds(of):
    """Whether verdict, number and the line of its unit go together."""
    error, unit, verdict = of["decided_by"]["error"], of["decided_by"]["unit"], of["verdict"]
    if unit not in LINE:
        return verdict in ("disagrees", "inconclusive", "fails at ∞") or of["adjoints"] == []
    if verdict == "disagrees":
        return error > LINE[unit]
    coarse = unit == "ulp of max(|g|, 1)"  # in which nothing is accurate
    return error <= LINE[unit] and (verdict == "agrees" or (verdict == "accurate" and not coarse))


def test_every_number_is_on_its_side_of_the_line(rows):
    """Of comparisons and of their adjoints, sweeps among them."""
    found = [r for r in rows if r["kind"] == "comparison"]
    every = [*found, *(a for r in found for a in r["adjoints"])]

    assert len(every) > 12
    assert [of for of in every if not holds(of)] == []


def test_what_is_accurate_is_not_said_to_be_further_off_than_what_is_wrong():
    """As attention was, by 49.8 ulp of its small entries, beside aria2, by 2.87 in bulk."""
    good = result_row(comparisons.compare("attention", dtype="float32"))
    bad = result_row(comparisons.compare("aria2", dtype="float32"))

    assert good["verdict"] == "accurate"
    assert good["decided_by"]["unit"] == "× allowed"
    assert good["decided_by"]["error"] < 1
    assert bad["verdict"] == "disagrees"
    assert decided(bad) == "spurious non-finite"


CASES = {
    "accurate": ("relu", {}, r"0 ulp"),
    "agrees": ("tanh", {}, r"0\.[45]\d* ulp"),  # a digit more or less by the processor
    "fails at ∞": ("mish", {}, "2 values at ±∞"),
    "disagrees": ("hardsigmoid", {}, r"2\.24e7 ulp"),
}


@pytest.mark.parametrize("verdict", CASES)
def test_each_verdict_of_points_has_its_own(verdict):
    """In conditioned ulp, in ulp of max(|g|, 1), or how many values at ±∞."""
    name, options, expected = CASES[verdict]
    row = result_row(comparisons.compare(name, **options))

    assert row["verdict"] == verdict
    assert re.fullmatch(expected, decided(row))


def test_a_number_is_the_largest_of_the_judged():
    """By hand: the error in ulp of 1, where 32 of them are allowed."""
    found = comparisons.compare("hardsigmoid")
    worst = found.worst
    in_ulp_of_one = abs(worst.computed - worst.truth) / 2.0**-52

    assert result_row(found)["decided_by"]["error"] == pytest.approx(in_ulp_of_one, rel=1e-6)


def test_all_entries_together():
    """A billionth in every entry, which none shows in float32: the relative error of all."""
    scaled = with_backward(lambda x: x**3, lambda g, *_: [g[0] * (1 + 4e-7)])
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(64, 64, generator=draw)
    found = comparisons.compare(scaled, x, dtype="float32")

    assert found.wrong == 0
    assert str(found.verdict) == "disagrees"
    number, unit = decided(result_row(found)).split()
    assert unit == "relative"
    assert float(number) == pytest.approx(4e-7, rel=0.2)


def test_a_finding_in_words_says_of_what():
    """A gradient that is missing has no size."""
    written = with_backward(lambda a, b: a * b, lambda g, *_: [g[0], None])

    def missing(a, b):
        return written(a, b)

    row = result_row(comparisons.compare(missing, X, X + 1))

    assert decided(row) == "b.grad, in words"


def test_nothing_judged():
    """Words, not a 0 that looks like perfect."""
    row = result_row(comparisons.compare("hardtanh", inputs={"z": [math.nan]}))

    assert (row["verdict"], decided(row)) == ("inconclusive", "none judged")


def test_a_heading_has_units_and_the_count_of_the_judged(rows):
    """Of the column; what was counted and not judged is not in it."""
    report = Document(document(rows, complete=True))
    row = result_row(comparisons.compare("relu", inputs={"z": [math.nan, 1.0, 2.0, 0.0]}))
    alone = Document(document([row], complete=True))

    assert report.heading("float32").startswith("ulp, ")
    assert alone.heading("float64") == "ulp, 3 judged"


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_page_and_terminal_have_the_same_number(rows, suffix):
    """In the cell, after the verdict."""
    comparisons_ = [r for r in rows if r["kind"] == "comparison"]
    text = Document(document(rows, complete=True)).render(suffix)
    lines = {line[0][0].strip(): [cell for cell, _ in line] for line in table(comparisons_)}

    assert "disagrees 2.24e7 ulp" in " ".join(lines["hardsigmoid"])
    assert ("2.24e7 ulp</a>" if suffix == ".html" else "| disagrees | 2.24e7 ulp |") in text


def test_the_budget_s_lines_are_those_of_this_test():
    """What is tested is what is allowed."""
    assert (Budget().accurate, Budget().absolute) == (4.0, 32.0)


def test_what_agrees_has_the_largest_error_of_all():
    """Not that of a lost gradient, 1e-293 ulp of 1, by which arctan is not accurate."""
    row = result_row(comparisons.compare("arctan"))

    assert row["verdict"] == "agrees"
    assert 0.1 < row["decided_by"]["error"] <= 32


def test_a_cell_of_the_page_is_brief():
    """Under a heading with the units; four types fit beside each other."""
    rows = [
        result_row(comparisons.compare(name, dtype="float32")) for name in ("attention", "aria2")
    ]
    text = Document(document(rows, complete=True)).render(".html")

    assert re.search(r"accurate</span> 0\.0\d+ ×</a>", text)
    assert "disagrees</span> NaN or ∞</a>" in text
    assert "ulp or × allowed, " in text or "× allowed, " in text
