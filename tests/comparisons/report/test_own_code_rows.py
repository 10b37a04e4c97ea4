"""A user's own code in tables, pages and files: by name, place and number, with its own lines."""

import csv
import json

import pytest
import torch

import comparisons
from comparisons.report.data.files import read_json, write_csv, write_json
from comparisons.report.data.numbered import numbered
from comparisons.report.data.rows import result_row
from comparisons.report.page.document import write
from comparisons.report.summaries.terminal_table import table

X, S = torch.linspace(-2, 2, 12).reshape(4, 3) + 0.01, torch.tensor([0.5, 2.0, -1.0])


def double(right):
    """A Function `Double`, right or wrong by a number that its backward closes over."""
    factor = 2.0 if right else 1.0

    class Double(torch.autograd.Function):
        @staticmethod
        def forward(_, x):
            return 2 * x

        @staticmethod
        def backward(_, v):
            return factor * v

    return Double


def attention(x, w):
    """A function with names of its own."""
    scores = x @ w
    return torch.softmax(scores, -1)


@pytest.fixture(scope="module")
def rows():
    """A right and a wrong Double, each in two types, and a function with local variables."""
    found = [
        result_row(comparisons.compare(double(right).apply, X, dtype=dtype))
        for right in (True, False)
        for dtype in ("float64", "float32")
    ]
    return [*found, result_row(comparisons.compare(attention, X, X.T.contiguous()))]


def test_two_of_one_name_are_two_lines(rows):
    """The right one and the wrong one share no line, and each has both its types."""
    lines = {line[0][0].strip(): [cell[1] for cell in line[1:]] for line in table(rows)}

    assert {"Double", "Double (2)", "attention"} < set(lines)
    assert {tuple(lines["Double"]), tuple(lines["Double (2)"])} == {
        ("accurate", "accurate"),
        ("disagrees", "disagrees"),
    }


def test_numbers_do_not_depend_on_the_order(rows):
    """xdist brings rows as it likes."""
    there = {json.dumps(r["worst"]): r["subject"] for r in numbered(rows)}
    back = {json.dumps(r["worst"]): r["subject"] for r in numbered(rows[::-1])}

    assert there == back
    assert numbered(numbered(rows)) == numbered(rows)


def test_files_tell_them_apart(rows, tmp_path):
    """JSON that fits its schema, and CSV."""
    write_json(tmp_path / "rows.json", rows)
    write_csv(tmp_path / "rows.csv", rows)
    names = {"Double", "Double (2)", "attention"}

    assert {r["subject"] for r in read_json(tmp_path / "rows.json")["rows"]} == names
    with (tmp_path / "rows.csv").open(encoding="utf-8") as file:
        assert {r["subject"] for r in csv.DictReader(file)} == names


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_section_shows_the_captured_lines_and_the_adjoints(rows, tmp_path, suffix):
    """The user's source, file and line, and the reading in the user's own names."""
    path = tmp_path / f"report{suffix}"
    write(path, rows)
    text = path.read_text(encoding="utf-8")

    assert "Double (2)" in text
    assert "test_own_code_rows.py:" in text
    assert "scores = x @ w" in text
    if suffix == ".md":
        assert "    scores = x w" in text.splitlines()
        assert any(line.startswith("    w̄ = xᵀ ") for line in text.splitlines())
    assert "so no import finds it: define it first" in text  # above the wrong one's reproduction


def test_what_is_too_long_to_be_read_is_said():
    """A page of one line of 5,000 operations helps nobody, and is not refused either."""
    torch.manual_seed(0)
    found = comparisons.compare(torch.nn.LSTM(3, 4, 2), torch.randn(5, 2, 3))

    assert "operations long" in result_row(found)["mathematics"]["lines"][0][0]
