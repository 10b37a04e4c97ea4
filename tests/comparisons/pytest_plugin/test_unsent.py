"""Rows that no report has brought yet."""

from comparisons.pytest_plugin.unsent import Unsent, unsent


def test_the_rows_of_the_last_test_of_each_process(tmp_path):
    """A test that begins takes the place of the one before; processes do not meet."""
    one, two = Unsent(tmp_path, "gw0"), Unsent(tmp_path, "gw1")
    one.begin("test_a")
    one.add({"n": 1})
    two.begin("test_b")
    one.begin("test_c")
    one.add({"n": 2, "x": float("inf")})
    one.add({"n": 3})

    assert unsent(tmp_path) == {"test_b": [], "test_c": [{"n": 2, "x": float("inf")}, {"n": 3}]}


def test_a_line_that_was_cut_is_left_out(tmp_path):
    """A process may die while it writes: in a row, or in its test's name."""
    Unsent(tmp_path, "gw0").begin("test_a")
    with (tmp_path / "gw0.jsonl").open("a") as file:
        file.write('{"n": 1}\n{"n": ')
    (tmp_path / "gw1.jsonl").write_text('"tes')

    assert unsent(tmp_path) == {"test_a": [{"n": 1}]}


def test_a_folder_that_is_not_there_is_no_failure(tmp_path):
    """A worker on another machine has none: its tests go on."""
    away = Unsent(tmp_path / "elsewhere", "gw0")
    away.begin("test_a")
    away.add({})

    assert unsent(tmp_path) == {}
