"""What a test took is told in processor time, by one process and by several."""

import re
from pathlib import Path

import pytest

from tools.times_of_tests import END, LONGEST, START, renewed, tables

_TESTS = """
import time

def test_that_takes_its_time():
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass

def test_that_waits():
    time.sleep(0.3)
"""


@pytest.mark.parametrize("several", [(), ("-n", "2")], ids=["one process", "two"])
def test_the_time_is_the_processor_s(several, pytester, monkeypatch):
    """Waiting costs nothing."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    page = pytester.makefile(".md", f"before\n{START}\nearlier\n{END}\nafter")
    pytester.makepyfile(_TESTS)
    asked = ("-p", "tools.times_of_tests", "--times", str(page), *several)
    pytester.runpytest_subprocess(*asked).assert_outcomes(passed=2)

    text = page.read_text(encoding="utf-8")
    took = dict(re.findall(r"`(test_that_\w+)` \| (\d+\.\d)", text))
    assert text.startswith("before\n")
    assert text.endswith(f"{END}\nafter")
    assert "earlier" not in text
    assert float(took["test_that_takes_its_time"]) >= 0.3
    assert float(took["test_that_waits"]) < 0.2


def test_the_longest_are_told_and_all_are_counted():
    """Folder by folder."""
    times = {f"tests/symdiff/oracle/points/test_a.py::test[{i}]": float(i) for i in range(30)}
    found = tables({**times, "tests/test_docs.py::test": 100.0})

    assert "| tests/symdiff | 30 | 435 |" in found
    assert "| all | 31 | 535 |" in found
    assert found.count("`, `") == LONGEST
    assert found.index("| 100.0 |") < found.index("| 29.0 |")


def test_without_a_place_for_them_it_says_so():
    """In one sentence."""
    with pytest.raises(ValueError, match="the text has no lines"):
        renewed("nothing", {})
