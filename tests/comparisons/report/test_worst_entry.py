"""Where in an array the worst entry is: in the row, on the card, in the section, in every text."""

import csv
import json

import pytest
import torch
from hand_written import with_backward

import comparisons
from comparisons.report.data.files import document, read_json, write_csv, write_json
from comparisons.report.data.rows import result_row
from comparisons.report.page.document import Document, write_page

X = torch.linspace(-2, 2, 24, dtype=torch.float64).reshape(1, 4, 6) + 0.01


def _thousandth_more(gradients, *_):
    gradients[0][..., 3, 1] *= 1.001
    return gradients


_wrong = with_backward(lambda x: x**3, _thousandth_more)


def spoiled(x):
    """x³, whose gradient is a thousandth off in one entry."""
    return _wrong(x)


@pytest.fixture(scope="module")
def result():
    """One entry wrong, in a tensor with an axis of length 1."""
    return comparisons.compare(spoiled, X)


@pytest.fixture(scope="module")
def row(result):
    """Its row."""
    return result_row(result)


def test_a_row_has_the_index_as_the_user_s_tensor_has_it(row):
    """Also of the points beyond what is allowed; and the file keeps it."""
    assert row["worst"]["index"] == [0, 3, 1]
    assert [point["index"] for point in row["broken"]] == [[0, 3, 1]]


def test_a_card_says_it(row):
    """In place of the inputs alone."""
    (found,) = Document(document([row], complete=True)).findings

    assert found.sentences[0].startswith("The worst is x.grad[0, 3, 1], where x = ")


def test_the_section_says_it(row):
    """In the table of the worst inputs."""
    text = Document(document([row], complete=True)).render(".html")

    assert '<td>x.grad[0, 3, 1]<td class="wrap"><span class="nowrap">x = ' in text


def test_markdown_says_it(row):
    """In the finding, and in the function's line."""
    text = Document(document([row], complete=True)).render(".md")

    assert r"The worst is x.grad\[0, 3, 1\], where" in text
    assert r"worst x.grad\[0, 3, 1\]; " in text


def test_the_failure_says_it():
    """And where its error comes from is said of the same entry."""
    with pytest.raises(comparisons.GradientMismatch) as raised:
        comparisons.check(spoiled, X)
    said = str(raised.value)

    assert "  worst entry  x.grad[0, 3, 1], where x = " in said
    assert "x.grad at entry [0, 3, 1]" in said


def test_a_result_says_it(result):
    """In its repr."""
    assert "worst [0, 3, 1], where x = " in repr(result)


def test_a_csv_has_it(row, tmp_path):
    """In a column of its own."""
    write_csv(tmp_path / "run.csv", [row])
    with (tmp_path / "run.csv").open(encoding="utf-8") as file:
        (line,) = csv.DictReader(file)

    assert line["worst index"] == "[0, 3, 1]"


def cubed(x):
    """x³, and a thousandth more at [0, 3, 5]."""
    return x**3 + 1e-3 * (x == X.max())


def test_the_worst_value_has_its_index_behind_its_name():
    """`y[0, 3, 1] (the value)`, not `y (the value)[0, 3, 1]`."""
    found = comparisons.compare(cubed, X, reference=lambda x: x**3)
    row = result_row(found)
    (finding,) = Document(document([row], complete=True)).findings

    assert "The worst is y[0, 3, 5] (the value), where" in finding.sentences[0]


def test_a_point_has_none():
    """Of many points each is a problem of its own."""
    row = result_row(comparisons.compare("hardsigmoid"))

    assert row["worst"]["index"] == []


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_a_document_of_before_is_read(row, suffix, tmp_path):
    """Without index and without the number that a verdict was taken from."""
    old = json.loads(json.dumps(document([row], complete=True)))
    (only,) = old["rows"]
    del only["decided_by"]
    for of in (only["worst"], *only["broken"]):
        del of["index"]
    for adjoint in only["adjoints"]:
        del adjoint["decided_by"]
    (tmp_path / "old.json").write_text(json.dumps(old), encoding="utf-8")
    write_page(tmp_path / f"old{suffix}", read_json(tmp_path / "old.json"))
    text = (tmp_path / f"old{suffix}").read_text(encoding="utf-8")

    assert "ulp in bulk" in text
    assert "x.grad" in text


def test_a_file_keeps_it(row, tmp_path):
    """It fits the schema."""
    write_json(tmp_path / "run.json", [row])

    assert read_json(tmp_path / "run.json")["rows"][0]["worst"]["index"] == [0, 3, 1]


def test_engines_that_differ_say_where():
    """The entry where they are furthest apart."""
    table = comparisons.compare_engines(spoiled, X, engines=["reverse", "accumulated"])
    other = comparisons.compare_engines("softmax", engines=["reverse", "noncontiguous"])
    said = [str(d) for t in (table, other) for d in t.differences()]

    assert all("; most at [" in one for one in said)
