"""The table of a terminal: what comes first, what is left out, what is coloured how."""

import pytest

from comparisons.report.summaries.terminal_table import table


def row(subject, verdict="accurate", bulk=0.5, dtype="float32", engine="reverse"):
    """A comparison, as far as the table reads it."""
    names = ("subject", "verdict", "decided_by", "dtype", "engine")
    error = {"error": bulk, "unit": "conditioned ulp"}
    return dict(zip(names, (subject, verdict, error, dtype, engine), strict=True))


def first_column(rows, most=None):
    """What each line of the table begins with, without the head."""
    return [line[0][0].strip() for line in table(rows, most)][1:]


def test_the_worst_come_first():
    """By verdict, then by error, then by name."""
    rows = [row("b"), row("a"), row("c", bulk=3), row("d", "agrees", 1), row("e", "disagrees", 0)]

    assert first_column(rows) == ["e", "d", "c", "a", "b"]


def test_the_columns_are_aligned_and_the_widest_type_first():
    """Each column begins at one place in every line; what was not compared is a dash."""
    rows = [row("tanh", dtype="float16"), row("relu", "disagrees", 1e9, "float64")]
    lines = ["  ".join(text for text, _ in line) for line in table(rows)]

    assert [line.split() for line in lines] == [
        ["function", "float64", "float16"],
        ["relu", "disagrees", "1e9", "ulp", "–"],
        ["tanh", "–", "accurate", "0.5", "ulp"],
    ]
    assert len({len(line) for line in lines}) == 1


def test_of_several_in_one_cell_the_worst_shows():
    """A function compared twice is one line."""
    (_, line) = table([row("f", "agrees", 2.0), row("f", "disagrees", 1.0), row("f", bulk=9.0)])

    assert ("disagrees 1 ulp", "disagrees") == line[1]


def test_another_engine_has_a_line_of_its_own():
    """And says which."""
    assert first_column([row("f"), row("f", engine="forward", bulk=9)]) == ["f, forward", "f"]


@pytest.mark.parametrize(("most", "shown"), [(1, 2), (3, 3), (None, 4)])
def test_a_long_list_is_cut_but_for_what_disagrees(most, shown):
    """Two disagree and are shown whatever the limit; the last line counts what is left out."""
    rows = [row("a", "disagrees"), row("b", "disagrees"), row("c"), row("d")]
    names = first_column(rows, most)

    left = 4 - shown
    assert names[:shown] == ["a", "b", "c", "d"][:shown]
    assert names[shown:] == ([f"and {left} more, none of which disagrees"] if left else [])
