"""The report as a page."""

import json
import re
from html.parser import HTMLParser

import pytest

from comparisons.report.data.files import document, read_json, write_json
from comparisons.report.page.document import Document, write, write_page
from comparisons.report.page.templates import _cited, anchor


@pytest.fixture(scope="module")
def report(rows):
    """The page's questions, answered."""
    return Document(document(rows, complete=True))


class _Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given["href"]] if tag == "a" else []


class TestHtml:
    def test_is_one_offline_file(self, report):
        """Nothing is loaded: no picture, no script and no style sheet from elsewhere."""
        text = report.render(".html")

        assert not {"img", "iframe"} & set(_Page(text).tags)
        assert not {"src=", "@import", "url(http", "https://"} & set(text.split())
        assert text.count("url(") == 1 + text.count("url(#hatch)")
        assert "url(data:font/woff2;base64," in text

    def test_every_link_lands(self, report):
        """Each anchor exists, and no two elements have one id."""
        page = _Page(report.render(".html"))

        assert len(page.ids) == len(set(page.ids))
        papers = {link for link in page.links if link.startswith("https://arxiv.org/abs/")}
        assert {link[1:] for link in {*page.links} - papers} <= set(page.ids)

    def test_papers_are_links(self, report):
        """By their number at arXiv; what else a source says is text."""
        text = report.render(".html")

        assert '<a href="https://arxiv.org/abs/1606.08415">arXiv:1606.08415</a>' in text
        assert str(_cited('<b> arXiv:1/"> arXiv:2009.04759')) == (
            '&lt;b&gt; arXiv:1/&#34;&gt; <a href="https://arxiv.org/abs/2009.04759">'
            "arXiv:2009.04759</a>"
        )

    def test_mathematics_is_mathml(self, report):
        """Formulas are marked up, not pictures and not source."""
        assert _Page(report.render(".html")).tags.count("math") >= 10

    def test_says_what_disagrees_with_its_reproduction(self, report):
        """The findings stand before the matrix."""
        text = report.render(".html")

        assert text.index('id="findings"') < text.index('id="matrix"')
        assert "0.16666667163" in text

    def test_says_where_engines_differ(self, report):
        """Over the whole run, and in the function's section with the point of most."""
        text = report.render(".html")
        summary = text[text.index('id="engines"') : text.index('id="kinks"')]

        assert "reverse, jvp" in summary
        assert "1 of 2 comparisons" in summary  # tanh's two engines agree bit for bit
        assert "reverse, " in summary.split("nearer the truth")[-1]
        section = text[text.index('id="f-silu"') :]
        assert "Where engines differ" in section
        assert "z = " in section[section.index("furthest apart") :]

    def test_says_what_torch_takes_at_kinks(self, report):
        """Where ways to write a function disagree; elu's two agree, and are not there."""
        text = report.render(".html")
        kinks = text[text.index('id="kinks"') : text.index('id="detections"')]

        assert "NaN <strong>outside</strong>" in kinks
        assert "torch.sqrt(z * z)" in kinks
        assert "[−1, 1]" in kinks
        assert "elu" not in kinks

    def test_has_the_envelope_of_a_sweep(self, report):
        """All values of a block in one plot and one line of counts."""
        text = report.render(".html")
        section = text[text.index('id="f-sigmoid"') :]

        assert 'class="sound" d="M' in section[: section.index("Verdicts")]
        assert "2,097,152" not in section  # its counts by status, which are these together
        (row,) = report.of("sigmoid")
        assert sum(row["counts"].values()) == row["values"] == 2**21

    def test_what_was_compared_twice_is_there_once(self, rows):
        """A test of its own and one of engines may compare the same."""
        once, twice = (Document(document(r, complete=True)) for r in (rows, [*rows, *rows]))

        assert len(twice.comparisons) == len(once.comparisons)

    def test_what_is_too_large_becomes_a_folder(self, rows, tmp_path):
        """An index and a file a function; every link lands in one of them."""
        write_page(tmp_path / "r.html", document(rows, complete=True), largest=1)
        pages = {path: _Page(path.read_text("utf-8")) for path in tmp_path.rglob("*.html")}

        assert len(pages) == 1 + len(Document(document(rows, complete=True)).titles)
        for path in pages.keys() - {tmp_path / "r.html"}:  # the font is in the style they share
            assert path.stat().st_size < 40_000
            assert 'href="style.css"' in path.read_text("utf-8")
        assert (tmp_path / "r" / "style.css").stat().st_size > 60_000
        for path, page in pages.items():
            for link in (to for to in page.links if not to.startswith("https://arxiv.org/")):
                if link == "style.css":
                    continue
                target, _, fragment = link.partition("#")
                file = (path.parent / target).resolve() if target else path
                assert file in pages
                assert not fragment or fragment in pages[file].ids


class TestMarkdown:
    def test_has_a_table_of_verdicts(self, report):
        """One row a function and engine."""
        text = report.render(".md")

        assert "| tanh | agrees |" in text
        assert "| tanh, jvp | agrees |" in text
        assert "| relu | – | – | accurate | 0 ulp |" in text

    def test_has_engines_and_kinks(self, report):
        """As tables and lines."""
        text = report.render(".md")

        assert "| reverse, jvp | 1 of 2 |" in text
        assert "silu, float32, z̄: reverse and jvp, most at z = " in text
        assert r"| absolute | 0 | \[−1, 1\] | NaN, outside | `torch.sqrt(z * z)` |" in text

    def test_says_who_catches_what(self, report):
        """The detections, with totals."""
        text = report.render(".md")

        assert "symdiff ✓, gradcheck ✗" in text
        assert "| *gradcheck in all* | 0/1 | 2/2 |" in text


class TestCosts:
    """What a gradient costs: one table, one plot, the same numbers in both."""

    def test_the_fastest_and_the_rightest_of_a_depth_are_bold(self, report):
        """At each size; what was not measured is empty."""
        text = report.render(".html")
        section = text[text.index('id="costs"') : text.index('id="detections"')]

        assert [*re.findall(r"<strong>([^<]*)</strong>", section)][1:] == [
            *("40.5", "4.5", "8.5"),
            *("∞", "900", "85"),
            *("18.2", "42.5"),
            *("10.2", "50.5"),
        ]
        assert "99 operations" in section
        assert "it swells &lt;beyond&gt; reach" in section
        assert '<a href="#costs">' in text

    def test_each_point_of_the_plot_has_its_number_in_the_table(self, report):
        """A method that is only counted has none."""
        (costs,) = report.costs
        section = report.render(".html").partition('<svg class="cost"')[2].partition("</svg>")[0]

        assert [line.number for line in costs.lines] == [1, 2, 0, 3]
        assert section.count("<circle") == len(costs.points) == 3

    def test_narrow_rows_are_a_table_and_what_was_out_of_reach_is_not_in_it(self, report):
        """By the entries of a row, each method beside the others with the same rows."""
        (costs,) = report.costs
        text = report.render(".html").partition("With narrow rows")[2].partition("</table>")[0]

        assert [(line.width, line.method) for line in costs.by_width] == [
            (2, "SymPy <diff>"),
            (2, "closed form"),
            (4, "closed form"),
        ]
        row = text.partition("SymPy &lt;diff&gt;")[2].partition("<tr>")[0]
        assert re.findall(r'<td class="n">([^<\n]*)', row) == ["2", "34.5", "61.5", "32", "250"]
        assert "50 operations" in row

    def test_in_markdown_it_is_a_table(self, report):
        """The same figures."""
        text = report.render(".md")

        assert "| closed form | 4 | 10.2 | 50.5 | 42 | 250 | 46 operations |" in text
        table = text.partition("### softsign")[2].strip().partition("\n\n")[0]
        assert [line[0] for line in table.splitlines()] == ["|"] * 6
        assert "| closed form | 1 | 7.12 | 40.5 | 30.2 | 24 | 250 | 12 operations |" in text
        assert "\n## What a gradient costs\n" in text

    def test_a_report_without_it_says_nothing_of_it(self, rows):
        """No heading, no link."""
        others = [row for row in rows if row["kind"] != "cost"]

        assert "costs" not in Document(document(others, complete=True)).render(".html").lower()


class TestTitle:
    def test_tells_parameters_apart(self, rows):
        """The same function at two settings has two sections."""
        elu = next(r for r in rows if r["subject"] == "elu")
        other = json.loads(json.dumps(elu))
        other["mathematics"]["parameters"]["alpha"] = 0.5
        report = Document(document([elu, other], complete=True))

        assert report.titles == ["elu (α = 0.5)", "elu (α = 1)"]
        assert len({report.anchor(t) for t in report.titles}) == 2


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_names_are_text(report, suffix):
    """A subject called <script> shows as text, and is never markup but in a block of code."""
    text = report.render(suffix)
    outside = "".join(text.split("```")[::2])

    assert "<script>alert" not in outside
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in outside


def test_rows_are_plain_values(rows):
    """What xdist can send and JSON can hold: no numpy scalar, no enum, no path."""
    assert all(repr(json.loads(json.dumps(row))) == repr(row) for row in rows)  # NaN and all


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_two_renderings_are_identical(rows, suffix, tmp_path, monkeypatch):
    """The page is a function of the rows, in whatever order they came; dates aside."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    for name, order in (("a", rows), ("b", rows[::-1])):
        write(tmp_path / f"{name}{suffix}", order)

    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_the_page_is_made_of_the_json_alone(rows, suffix, tmp_path, monkeypatch):
    """Remade from the file it is the page of the run."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    write(tmp_path / f"a{suffix}", rows)
    write_json(tmp_path / "run.json", rows)
    write_page(tmp_path / f"b{suffix}", read_json(tmp_path / "run.json"))

    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_run_that_compared_nothing_has_a_page_too(suffix):
    """Zero rows render."""
    assert "0" in Document(document([], complete=True)).render(suffix)


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_an_interrupted_run_says_so(rows, suffix):
    """What it has is there, marked incomplete."""
    assert "Incomplete" in Document(document(rows, complete=False)).render(suffix)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("fails at ∞", "fails-at-infinity"), ("kink, inside", "kink-inside"), ("<>", "unnamed")],
)
def test_an_anchor_is_one_word(name, expected):
    """Fit for an id, a class and a file's name."""
    assert anchor(name) == expected
