"""What is wrong, in words."""

from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.report.data.files import document
from comparisons.report.data.row import read
from comparisons.report.page.document import Document
from comparisons.report.page.glossary import STATUSES, VERDICTS


def test_torchs_own_come_first(rows):
    """hardsigmoid is torch's; the function called <script> is a user's."""
    found = Document(document(rows, complete=True)).findings

    assert [f.title for f in found] == ["hardsigmoid", "<script>alert(1)</script> as tanh"]


def test_a_finding_says_where_and_how_much(rows):
    """The worst input, torch's number, the truth, and how many are wrong."""
    (first, _) = Document(document(rows, complete=True)).findings

    assert first.kinds == [("6,816", "inaccurate")]
    assert "0.1666666716337204" in first.sentences[0]
    assert "1.79e8 ulp off" in first.sentences[0]


def test_every_word_is_defined():
    """Each verdict and status has its sentence, with the budget's number where it needs one."""
    assert list(STATUSES) == [str(s) for s in Status]
    assert list(VERDICTS) == [str(v) for v in Verdict]
    assert all(text.endswith(".") for text in (*STATUSES.values(), *VERDICTS.values()))
    assert STATUSES["within budget"] == f"At most {Budget().accurate:g} conditioned ulp off."


def test_a_row_survives_the_document(rows):
    """What a page reads of a document is what was measured."""
    made = document(rows, complete=True)

    assert len(read(made["rows"])) == len(rows)
    found = set(map(repr, read(made["rows"])))  # as text, in which one NaN is like another
    assert all(repr(row) in found for row in rows)
