"""Every reproduction of a report of the whole catalogue is run, and prints what the page says."""

import contextlib
import io
import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

# How a kernel adds up depends on where its array begins in memory.
AS_ADDED = {"float64": 1e-12, "float32": 1e-4, "bfloat16": 2e-2, "float16": 4e-3}
ROOT = Path(__file__).parents[3]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of torch's own code, which a reader may see too
def test_every_reproduction_of_a_report_prints_what_the_page_says(tmp_path):
    """Some eight hundred statements, each in a namespace of its own."""
    page = tmp_path / "index.html"
    subprocess.run(
        [sys.executable, "-m", "tools.report", str(page)], cwd=ROOT, check=True, capture_output=True
    )
    rows = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))["rows"]
    known = [(row, row["worst"]) for row in rows if isinstance(row.get("worst"), dict)]
    stated = [(r["dtype"], p["reproduction"], float(p["computed"])) for r, p in known]
    wrong = []
    for dtype, code, computed in stated:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, {})  # noqa: S102 - what the page tells its reader to run
        found = float(printed.getvalue())
        nan = math.isnan(found) and math.isnan(computed)
        if not nan and not math.isclose(found, computed, rel_tol=AS_ADDED[dtype]):
            wrong.append((code, found, computed))

    assert len(stated) > 500
    assert wrong == []
