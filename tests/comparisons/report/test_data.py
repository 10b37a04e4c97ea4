"""The data of a report."""

import copy
import csv
import json
import tracemalloc

import pytest
from jsonschema_rs import Draft202012Validator, meta

from comparisons.judge.vocabulary import Status, Verdict
from comparisons.report.data.files import SCHEMA, document, read_json, write_csv, write_json


@pytest.fixture
def written(rows, tmp_path):
    """A file, and the document in it."""
    path = tmp_path / "deep" / "run.json"
    write_json(path, rows)
    return path, json.loads(path.read_text(encoding="utf-8"))


class TestSchema:
    def test_is_a_schema(self):
        """It fits the meta-schema it names."""
        meta.validate(SCHEMA.definition)

    def test_a_report_fits_it(self, written):
        """With every kind of row."""
        assert not list(Draft202012Validator(SCHEMA.definition).iter_errors(written[1]))

    def test_knows_every_verdict_and_status(self):
        """One that is added has to be added here."""
        assert SCHEMA.definition["$defs"]["verdict"]["enum"] == [str(v) for v in Verdict]
        assert SCHEMA.definition["$defs"]["status"]["enum"] == [str(s) for s in Status]

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda d: d.pop("versions"),
            lambda d: d.update(extra=1),
            lambda d: d["rows"][0].update(verdict="fine"),
            lambda d: d["rows"][0].update(bulk_ulp=0.5),
            lambda d: d["rows"][0]["bulk_ulp"].update(hex="0.5"),
            lambda d: d["rows"][0]["counts"].update({"faithful": -1}),
            lambda d: d["rows"][-1].update(kind="detected"),
        ],
    )
    def test_what_does_not_fit_is_refused(self, written, spoil, tmp_path):
        """In one sentence that says where."""
        spoilt = copy.deepcopy(written[1])
        spoil(spoilt)
        (tmp_path / "spoilt.json").write_text(json.dumps(spoilt))

        with pytest.raises(ValueError, match=r"does not fit the schema at \$"):
            read_json(tmp_path / "spoilt.json")


class TestJson:
    def test_reads_back(self, written):
        """What was written."""
        assert read_json(written[0]) == written[1]

    def test_does_not_depend_on_the_order_of_rows(self, rows, monkeypatch):
        """Two runs give the same bytes, whichever process came first; dates aside."""
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
        one, other = (document(order, complete=True) for order in (rows, rows[::-1]))

        assert json.dumps(one) == json.dumps(other)
        assert one["date"] == "1970-01-01T00:00:00+00:00"

    def test_is_written_a_row_at_a_time(self, rows, tmp_path, monkeypatch):
        """The same text as at once, and less memory beside the rows than it has letters."""
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
        first = next(r for r in rows if r["kind"] == "comparison")
        many = [{**first, "subject": f"f{i}"} for i in range(400)]
        write_json(tmp_path / "run.json", many[:2])  # what is made once is made
        tracemalloc.start()
        try:
            write_json(tmp_path / "run.json", many)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        text = (tmp_path / "run.json").read_text(encoding="utf-8")

        whole = json.dumps(document(many, complete=True), ensure_ascii=False)
        assert text == f"{whole}\n"
        assert peak < len(text) / 2

    def test_has_no_literal_that_json_lacks(self, written):
        """A strict reader takes it."""

        def refuse(literal):
            raise AssertionError(literal)

        json.loads(written[0].read_text(encoding="utf-8"), parse_constant=refuse)

    def test_says_whether_the_run_came_to_its_end(self, rows):
        """An interrupted one is marked."""
        assert document(rows, complete=False)["complete"] is False

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("{", "is not JSON"),
            ('{"schema": NaN}', "JSON has no NaN"),
            ("[1]", "no symdiff report"),
            ('{"schema": 2}', "has schema 2"),
        ],
    )
    def test_another_file_is_refused(self, tmp_path, text, message):
        """With what it is and what to do."""
        (tmp_path / "other.json").write_text(text)

        with pytest.raises(ValueError, match=message):
            read_json(tmp_path / "other.json")


class TestCsv:
    def test_has_a_line_a_comparison(self, rows, tmp_path):
        """With a column a status; the counts of a line add up to its values."""
        write_csv(tmp_path / "run.csv", rows)
        with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))

        assert len(lines) == sum(row["kind"] == "comparison" for row in rows)
        for line in lines:
            assert sum(int(line[str(s)]) for s in Status) == int(line["values"])
        assert any("0.1666666716337204" in line["worst computed"] for line in lines)

    @pytest.mark.parametrize(
        ("name", "cell"),
        [
            ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-cosh(z)", "'-cosh(z)"),
            ("+1+2", "'+1+2"),
            ("\t=1", "'\t=1"),
            ("-0x1.8p+1", "-0x1.8p+1"),
            ("-1e-300", "-1e-300"),
            ("tanh", "tanh"),
        ],
    )
    def test_a_cell_is_no_formula(self, rows, tmp_path, name, cell):
        """A number stays one; what a spreadsheet would compute is text."""
        row = next(row for row in rows if row["kind"] == "comparison")
        write_csv(tmp_path / "run.csv", [{**row, "subject": name}])
        with (tmp_path / "run.csv").open(encoding="utf-8", newline="") as file:
            (line,) = csv.DictReader(file)

        assert line["subject"] == cell
