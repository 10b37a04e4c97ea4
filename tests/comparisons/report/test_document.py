"""The report as a page."""

import json
from html.parser import HTMLParser

import pytest
import torch

import comparisons
from comparisons.report.data import document
from comparisons.report.document import Report, write
from comparisons.report.rows import comparison_row, detection_row


@pytest.fixture(scope="module")
def rows():
    """A comparison that holds, one that does not, a cut graph, and a name that is markup."""

    def evil(z):
        return torch.tanh(z) * 2

    evil.__name__ = "<script>alert(1)</script>"
    found = [
        comparisons.compare("tanh"),
        comparisons.compare("hardsigmoid"),
        comparisons.compare("relu", dtype="float32"),
        comparisons.compare(comparisons.linear_layer(cut="detach()")),
        comparisons.compare(evil, "tanh"),
    ]
    detections = [
        detection_row("tanh", "sign flipped", {"symdiff": True, "gradcheck": True}),
        detection_row("tanh", "factor 1.0009", {"symdiff": True, "gradcheck": False}),
        detection_row("relu", "sign flipped", {"symdiff": True, "gradcheck": True}),
    ]
    return [*map(comparison_row, found), *detections]


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.open = [], set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        self.ids |= {given["id"]} if "id" in given else set()
        self.links += [given["href"]] if "href" in given else []


class TestHtml:
    def test_is_one_offline_file(self, rows):
        """No script, no style sheet, no picture from elsewhere."""
        page = _Page(Report(document(rows)).render(".html"))

        assert not {"script", "link", "img", "iframe"} & set(page.tags)
        assert all(link.startswith("#") for link in page.links)

    def test_every_link_lands(self, rows):
        """Each anchor exists."""
        page = _Page(Report(document(rows)).render(".html"))

        assert page.links
        assert {link[1:] for link in page.links} <= page.ids

    def test_names_are_text(self, rows):
        """A subject called <script> shows as text."""
        text = Report(document(rows)).render(".html")

        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text

    def test_mathematics_is_mathml(self, rows):
        """Formulas are marked up, not pictures and not source."""
        page = _Page(Report(document(rows)).render(".html"))

        assert page.tags.count("math") >= 10

    def test_says_what_disagrees_with_its_reproduction(self, rows):
        """The findings stand before the matrix."""
        text = Report(document(rows)).render(".html")

        assert text.index('id="findings"') < text.index('id="matrix"')
        assert "0.16666667163" in text


class TestMarkdown:
    def test_has_a_table_of_verdicts(self, rows):
        """One row a function."""
        text = Report(document(rows)).render(".md")

        assert "| tanh | agrees |" in text
        assert "| relu | – | – | accurate | 0 |" in text

    def test_says_who_catches_what(self, rows):
        """The detections, with totals."""
        text = Report(document(rows)).render(".md")

        assert "symdiff ✓, gradcheck ✗" in text
        assert "| *gradcheck in all* | 0/1 | 2/2 |" in text


def test_rows_are_plain_values(rows):
    """What xdist can send and JSON can hold: no numpy scalar, no enum, no path."""
    assert json.loads(json.dumps(rows)) == rows


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_two_renderings_are_identical(rows, suffix, tmp_path):
    """The page is a function of the rows, in whatever order they came."""
    for name, order in (("a", rows), ("b", rows[::-1])):
        write(tmp_path / f"{name}{suffix}", order)

    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_run_that_compared_nothing_has_a_page_too(suffix):
    """Zero rows render."""
    assert "0" in Report(document(())).render(suffix)
