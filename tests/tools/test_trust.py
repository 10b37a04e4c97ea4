"""The page of what can be trusted is what its record says, and the record is true."""

from __future__ import annotations

import pytest

from tools.trust import PAGE, PASSED, REJECTED, TOOLS, entries, key, measured, page, said

ROWS = measured()
# one of each table, quick ones
_SLICE = (
    ("wrong", "abs(z): 3 at zero, outside [-1, 1]", "float64"),
    ("wrong", "sin(z): 0 at zero", "float64"),
    (
        "wrong, arrays",
        "sum of squares: the first is right, the second 3/2 of what it is",
        "float64",
    ),
)  # fmt: skip


def test_the_page_is_written_from_the_record():
    """`python -m tools.trust` after measuring."""
    assert PAGE.read_text(encoding="utf-8") == page(ROWS)


def test_every_wrong_function_is_rejected_and_no_honest_one():
    """In the record; no row is there twice."""
    assert len({key(row) for row in ROWS}) == len(ROWS)
    for row in ROWS:
        wanted = REJECTED if row["group"].startswith("wrong") else PASSED
        assert row[TOOLS[0]] == wanted, row


def test_a_slice_of_the_record_is_measured_again():
    """By all three tools; the other rows are for `measure`."""
    known = {(row["group"], row["name"], row["type"]): row for row in ROWS}
    again = 0
    for row, judges in entries():
        if (row["group"], row["name"], row["type"]) in _SLICE:
            found = {**row, **{tool: said(judge) for tool, judge in judges.items()}}
            assert known[row["group"], row["name"], row["type"]] == found
            again += 1
    assert again == len(_SLICE)


@pytest.mark.slow
def test_the_whole_record_is_measured_again():
    """An hour on a busy machine."""
    known = {key(row): row for row in ROWS}
    for row, judges in entries():
        if key(row) in known:
            found = {**row, **{tool: said(judge) for tool, judge in judges.items()}}
            assert known[key(row)] == found
