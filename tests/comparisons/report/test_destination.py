"""A place for a report is tried before the work, and left as it was."""

import pytest

from comparisons.report.destination import PAGES, checked


def test_a_new_file_leaves_nothing_behind(tmp_path):
    """The folder is made, the file is not: a run that stops leaves no empty report."""
    path = tmp_path / "new" / "report.html"

    assert path == checked(path, PAGES, "--report")
    assert path.parent.is_dir()
    assert not path.exists()


def test_a_file_of_before_is_kept(tmp_path):
    """Its content stands until there is something to replace it by."""
    path = tmp_path / "report.md"
    path.write_text("of before")

    assert path == checked(path, PAGES, "--report")
    assert path.read_text() == "of before"


@pytest.mark.parametrize("name", ["report.pdf", "report", "report.html.gz"])
def test_another_suffix_is_refused(tmp_path, name):
    """The sentence names the option, the path and the suffixes there are."""
    with pytest.raises(
        ValueError, match=r"--report .*: the file's name should end in .html or .md"
    ):
        checked(tmp_path / name, PAGES, "--report")


@pytest.mark.parametrize("place", ["file/report.md", "folder.md"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path, place):
    """Under a file, or where a folder is."""
    (tmp_path / "file").touch()
    (tmp_path / "folder.md").mkdir()

    with pytest.raises(ValueError, match="cannot be written"):
        checked(tmp_path / place, PAGES, "--report")
