"""The bar: on a terminal, for what takes a second, and on stderr alone."""

import io
import time

import pytest

from comparisons.cli import measuring
from comparisons.cli.measuring import measure
from comparisons.report.jobs import Job


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """As a terminal answers."""
        return True


@pytest.fixture
def jobs(monkeypatch):
    """Three jobs of a given length, that compare nothing."""

    def of(seconds):
        monkeypatch.setattr(measuring, "_add", lambda *_: time.sleep(seconds))
        return [Job("relu, float32", dict)] * 3

    return of


@pytest.mark.parametrize(
    ("stream", "seconds", "shown"),
    [(Terminal(), 0.6, True), (Terminal(), 0.01, False), (io.StringIO(), 0.6, False)],
    ids=["long on a terminal", "short on a terminal", "long elsewhere"],
)
def test_a_bar_is_shown_where_it_helps(jobs, monkeypatch, capsys, stream, seconds, shown):
    """With what is being compared, and never on stdout."""
    monkeypatch.setattr("sys.stderr", stream)
    measure(jobs(seconds))

    assert ("relu, float32" in stream.getvalue()) == shown
    assert capsys.readouterr().out == ""
