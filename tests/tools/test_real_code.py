"""docs/real_code.md shows what its answers say."""

import shutil
from pathlib import Path

from tools.real_code.page import PACKAGES, Answers, write

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_is_that_of_its_answers(tmp_path):
    """Nobody edited a table; the section below them is kept."""
    path = tmp_path / "real_code.md"
    shutil.copy(DOCS / "real_code.md", path)
    write(path, Answers(DOCS / "real_code.jsonl"))

    assert path.read_text(encoding="utf-8") == (DOCS / "real_code.md").read_text(encoding="utf-8")
    assert "\n## What was found\n" in path.read_text(encoding="utf-8")


def test_a_row_is_whole(tmp_path):
    """A function is in its table once each type is answered."""
    path = tmp_path / "real_code.jsonl"
    path.write_text('["timm", "1.0", "swish", "float64", "accurate 1", ""]\n', encoding="utf-8")
    (page,) = Answers(path).tables()

    assert "timm" in PACKAGES
    assert "swish" not in page
