"""Rows that no report has brought yet, and what becomes of them when the run dies."""

import json
import os
import subprocess
import sys
import tempfile

import pytest

from comparisons.report import journal
from comparisons.report.data.files import read_json
from comparisons.report.journal import Journal, LiveRun, dead_runs, kept, recover


@pytest.fixture(autouse=True)
def _a_temporary_directory_of_its_own(tmp_path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)


class TestKept:
    def test_rows_are_by_test_and_the_last_run_of_one_counts(self, tmp_path):
        """A test that begins again starts anew; processes do not meet."""
        one, two = Journal(tmp_path, "gw0"), Journal(tmp_path, "gw1")
        one.begin("test_a")
        one.add({"n": 1})
        two.begin("test_b")
        one.begin("test_c")
        one.add({"n": 2, "x": float("inf")})
        one.begin("test_a")
        one.add({"n": 3})

        assert kept(tmp_path) == {
            "test_a": [{"n": 3}],
            "test_b": [],
            "test_c": [{"n": 2, "x": float("inf")}],
        }

    def test_a_line_that_was_cut_is_left_out(self, tmp_path):
        """A process may die while it writes: in a row, or in its test's name."""
        whole = Journal(tmp_path, "gw0")
        whole.begin("test_a")
        whole.add({"n": 1})
        with (tmp_path / "gw0.jsonl").open("a") as file:
            file.write('{"row": {"n": ')
        (tmp_path / "gw1.jsonl").write_text('{"tes')

        assert kept(tmp_path) == {"test_a": [{"n": 1}]}

    def test_a_folder_that_is_not_there_is_no_failure(self, tmp_path):
        """A worker on another machine has none: its tests go on."""
        away = Journal(tmp_path / "elsewhere", "gw0")
        away.begin("test_a")
        away.add({})

        assert kept(tmp_path) == {}

    def test_a_forked_child_doubles_nothing(self, tmp_path):
        """Its rows are its own; the parent's stand once."""
        one = Journal(tmp_path, "main")
        one.begin("test_a")
        child = os.fork()
        if child == 0:
            one.add({"n": 1})
            os._exit(0)
        os.waitpid(child, 0)
        one.add({"n": 1})

        assert kept(tmp_path) == {"test_a": [{"n": 1}]}


DIES = """
import json, os, sys
from pathlib import Path
from comparisons.report.journal import Journal, LiveRun
run = LiveRun({"json": Path(sys.argv[1])} if sys.argv[1] else {})
mine = Journal(run.folder, "main")
mine.begin("test_a")
for row in json.load(sys.stdin):
    mine.add(row)
os._exit(9)
"""


def die(path, rows):
    """A run that measured rows, and died."""
    given = json.dumps(rows)
    command = [sys.executable, "-c", DIES, str(path)]
    assert subprocess.run(command, input=given, text=True, check=False).returncode == 9


@pytest.fixture
def detections(rows):
    """Rows that are quickly made and read."""
    return [row for row in rows if row["kind"] == "detection"]


class TestRecover:
    def test_a_dead_run_is_written_where_it_was_to_be(self, tmp_path, detections):
        """Marked incomplete, and nothing is left of it; a second time there is nothing to do."""
        die(tmp_path / "run.json", detections)
        (told,) = recover()

        found = read_json(tmp_path / "run.json")
        assert "3 rows of a run that was killed" in told
        assert len(found["rows"]) == 3
        assert not found["complete"]
        assert recover() == []
        assert list((tmp_path / "temporary").iterdir()) == []

    def test_a_file_that_is_newer_is_left(self, tmp_path, detections):
        """What was recovered is put beside it."""
        die(tmp_path / "run.json", detections)
        (tmp_path / "run.json").write_text("of a later run")
        os.utime(tmp_path / "run.json", (2**32, 2**32))
        (told,) = recover()

        assert (tmp_path / "run.json").read_text() == "of a later run"
        assert "run.recovered.json has the 3 rows" in told
        assert read_json(tmp_path / "run.recovered.json")

    def test_a_run_without_files_leaves_nothing(self, tmp_path, detections):
        """Nobody asked for its rows."""
        die("", detections)

        assert recover() == []
        assert list((tmp_path / "temporary").iterdir()) == []

    def test_what_cannot_be_written_is_kept(self, tmp_path, detections):
        """Until it can be."""
        (tmp_path / "away").mkdir()
        die(tmp_path / "away" / "run.json", detections)
        (tmp_path / "away").rmdir()
        (told,) = recover()
        assert "for a week, not recovered: " in told

        (tmp_path / "away").mkdir()
        assert len(recover()) == 1
        assert read_json(tmp_path / "away" / "run.json")

    def test_a_run_that_lives_is_left(self, tmp_path):
        """In this process or in another, until its end."""
        run = LiveRun({"json": tmp_path / "run.json"})
        Journal(run.folder, "main").add({"kind": "detection"})

        assert list(dead_runs()) == []
        assert recover() == []
        run.end()
        assert list((tmp_path / "temporary").iterdir()) == []

    def test_a_folder_is_read_by_its_user_alone(self):
        """Whatever the umask is."""
        run = LiveRun({})

        assert run.folder.stat().st_mode & 0o777 == 0o700
        run.end()

    @pytest.mark.parametrize(
        "head", ["", "[]", '{"json": 1}', '{"json": "zz"}', "null", "[" * 10**5]
    )
    def test_what_others_put_there_is_left(self, tmp_path, head):
        """A folder whose head is none of ours, a link, a file."""
        place = tmp_path / "temporary"
        strange = place / "symdiff-run-strange"
        strange.mkdir()
        (strange / "run.json").write_text(head)
        (place / "symdiff-run-file").touch()
        (place / "symdiff-run-link").symlink_to(tmp_path)

        assert recover() == []
        assert (tmp_path / "temporary").exists()
        assert len(list(place.iterdir())) == 3

    def test_without_locks_nothing_is_taken_for_dead(self, tmp_path, detections, monkeypatch):
        """As on Windows."""
        die(tmp_path / "run.json", detections)
        monkeypatch.setattr(journal, "fcntl", None)

        assert recover() == []
        assert not (tmp_path / "run.json").exists()
