"""What a run compared, as JSON and CSV."""

import csv
import json

import numpy as np
import pytest
import torch

import comparisons
from comparisons.report.data import document, read_json, schema, write_csv, write_json
from comparisons.report.document import write, write_page
from comparisons.report.rows import comparison_row, detection_row


@pytest.fixture(scope="module")
def rows():
    """What holds, what does not, a cut graph, another engine and cotangent, a detection."""
    found = [
        comparisons.compare("tanh", dtype="float32"),
        comparisons.compare("gelu", dtype="float32", cotangent="random"),
        comparisons.compare("gelu_tanh", dtype="float32"),  # NaN where there is a number
        comparisons.compare("mish", dtype="float32", engine="reverse_over_reverse"),
        comparisons.compare(comparisons.linear_layer(cut="detach()")),
        comparisons.compare(torch.nn.PReLU()),
    ]
    return [*map(comparison_row, found), detection_row("tanh", "sign flipped", {"symdiff": True})]


def test_a_document_is_what_its_schema_says(rows, tmp_path):
    """Written, read and checked; no NaN literal in it, infinities as text."""
    write_json(tmp_path / "a.json", rows)
    text = (tmp_path / "a.json").read_text()

    assert len(read_json(tmp_path / "a.json")["rows"]) == len(rows)
    assert "NaN" not in text
    assert "Infinity" not in text
    json.loads(text, parse_constant=lambda _: pytest.fail("a literal that JSON does not have"))
    assert '"inf"' in text  # the error of a NaN


def test_floats_are_decimal_and_exact(rows):
    """The worst point in repr, in hexadecimal and in the type's own bits."""
    worst = document(rows)["rows"][0]["worst"]
    value = worst["inputs"]["z"]

    assert float(value["decimal"]) == float.fromhex(value["hex"])
    bits = int(np.float32(float(value["decimal"])).view(np.uint32))
    assert value["bits"] == f"0x{bits:08x}"


def test_it_says_what_it_was_measured_on(rows):
    """Versions, machine, date, commit."""
    made = document(rows, complete=False)

    assert made["versions"]["torch"] == torch.__version__
    assert made["machine"]["simd"] == torch.backends.cpu.get_cpu_capability()
    assert made["date"].endswith("+00:00")
    assert made["complete"] is False
    assert made["commit"] is None or len(made["commit"]) == 40


def test_two_runs_are_the_same_bytes(tmp_path, monkeypatch):
    """Dates aside: with the date given, JSON and pages of two runs are equal byte by byte."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    for name in ("a", "b"):
        run = [comparison_row(comparisons.compare("elu", dtype=t)) for t in ("float32", "float16")]
        write_json(tmp_path / f"{name}.json", run)
        for suffix in (".html", ".md"):
            write(tmp_path / f"{name}{suffix}", run)

    for suffix in (".json", ".html", ".md"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".html", ".md"])
def test_the_page_is_made_of_the_document_alone(rows, tmp_path, monkeypatch, suffix):
    """Read back from JSON, it gives the page of the run."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    write(tmp_path / f"run{suffix}", rows)
    write_json(tmp_path / "a.json", rows)
    write_page(tmp_path / f"again{suffix}", read_json(tmp_path / "a.json"))

    assert (tmp_path / f"run{suffix}").read_text() == (tmp_path / f"again{suffix}").read_text()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda d: d.pop("schema"), "it has no schema number"),
        (lambda d: d.update(schema=2), "its schema is 2, and 1 is understood here"),
        (lambda d: d["rows"][0].update(verdict="fine"), "rows.0"),
        (lambda d: d["rows"][0].update(bulk_ulp="much"), "rows.0"),
        (lambda d: d.pop("machine"), "'machine' is a required property"),
    ],
)
def test_what_is_no_document_is_refused_in_a_sentence(rows, tmp_path, change, sentence):
    """Another version, an unknown verdict, a missing part: the path and what is wrong."""
    path = tmp_path / "a.json"
    made = document(rows)
    change(made)
    path.write_text(json.dumps(made))

    with pytest.raises(ValueError, match=r"a\.json") as caught:
        read_json(path)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_json_is_refused(tmp_path):
    """And one that is not there."""
    (tmp_path / "a.json").write_text("<html>")
    with pytest.raises(ValueError, match="is no JSON"):
        read_json(tmp_path / "a.json")
    with pytest.raises(ValueError, match="cannot be read"):
        read_json(tmp_path / "b.json")


def test_the_csv_has_a_line_a_comparison(rows, tmp_path):
    """The same rows, flat; detections are no comparisons."""
    write_csv(tmp_path / "a.csv", rows)
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))

    assert [r["subject"] for r in rows if r["kind"] == "comparison"] == [
        r["subject"] for r in lines
    ]
    assert lines[0]["worst_input"].startswith("z = ")
    assert "correctly rounded" in lines[0]["counts"]


def test_the_schema_is_a_schema():
    """Itself checked against the dialect it names."""
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema())
