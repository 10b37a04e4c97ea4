"""The page in a real browser."""

import json
import shutil

import pytest
from axe_core_python.sync_playwright import Axe
from hostile import all_poisoned
from playwright.sync_api import sync_playwright

from comparisons.report.data.files import document
from comparisons.report.page.document import write_page

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_QUIET += ["--disable-component-update", "--disable-sync"]
BROWSER = next(filter(None, map(shutil.which, _BROWSERS)), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed to look with")


@pytest.fixture(scope="module")
def browser():
    """The system's own."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER, args=_QUIET)
        yield found
        found.close()


@pytest.fixture(scope="module")
def address(rows, tmp_path_factory):
    """The report's file."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(path, document(rows, complete=True))
    return path.as_uri()


@pytest.fixture
def page(browser, address):
    """The report, opened; what it requested and complained of is kept beside it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.heard = []
    opened.on("console", lambda message: opened.heard.append(message.text))
    opened.on("pageerror", lambda error: opened.heard.append(str(error)))
    opened.on("dialog", lambda dialog: opened.heard.append(dialog.message))
    opened.on("request", lambda r: opened.heard.append(r.url) if _outside(r.url, address) else None)
    opened.goto(address)
    yield opened
    context.close()


def _outside(url, address):
    beside = address.rpartition("/")[0] + "/style.css"  # the pages of a folder share it
    return url not in (address, beside) and not url.startswith("data:")


def _names(page):
    return page.locator("#matrix tbody tr:visible th a").all_text_contents()


def test_loads_alone_and_in_silence(page):
    """No request but for the file itself, no console message; <script> in a name runs nothing."""
    page.wait_for_load_state("networkidle")

    assert page.heard == []
    assert page.get_by_role("heading", name="<script>alert(1)</script> as tanh").count()


def test_the_pages_of_a_folder_share_their_style(browser, rows, tmp_path):
    """It is loaded, from the file too, and nothing is complained of."""
    write_page(tmp_path / "r.html", document(rows, complete=True), largest=1)
    page, heard = browser.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.goto(next((tmp_path / "r").glob("*.html")).as_uri())
    fonts = page.evaluate("[...document.fonts].map(f => f.family)")
    page.close()

    assert heard == []
    assert fonts  # of the style's @font-face


class TestMatrix:
    def test_search_leaves_what_has_the_words(self, page):
        """In any order, whatever their case; and says how many are left."""
        page.get_by_label("Search").fill("TANH gelu")

        assert _names(page) == ["gelu_tanh"]
        assert page.locator("output").text_content() == "1 of 11 shown"

    def test_verdict_and_type_filter(self, page):
        """tanh agrees in bfloat16 too, in one of its two engines."""
        page.get_by_role("combobox", name="Verdict").select_option("agrees")
        both = _names(page)
        page.get_by_role("combobox", name="Type").select_option("bfloat16")

        assert both == ["sigmoid", "tanh", "tanh"]
        assert _names(page) == ["tanh"]

    def test_engine_filters(self, page):
        """Only the rows of that engine are left."""
        page.get_by_role("combobox", name="Engine").select_option("jvp")

        assert sorted(_names(page)) == ["silu", "tanh"]

    def test_sorts_by_a_type_from_the_worst(self, page):
        """Once for the worst first, again for the best; by name as well; the state is announced."""
        button = page.locator("#matrix thead button", has_text="float64")
        button.click()
        worst = _names(page)
        header = page.locator("#matrix thead th", has_text="float64")
        assert header.get_attribute("aria-sort") == "descending"
        button.press("Enter")
        best = _names(page)
        page.locator("#matrix thead button", has_text="function").click()

        assert worst[:2] == ["<script>alert(1)</script> as tanh", "hardsigmoid"]
        assert best[-2:] == worst[1::-1]
        assert _names(page) == sorted(_names(page), key=str.lower)

    def test_a_cell_leads_to_its_section(self, page):
        """By the keyboard."""
        page.locator("#matrix td a").nth(0).press("Enter")

        assert page.url.endswith("#f-script-alert-1-script-as-tanh")


def test_every_link_lands(page):
    """Each has its target in the document."""
    lost = page.eval_on_selector_all(
        "a[href]",
        "links => links.map(a => a.getAttribute('href'))"
        ".filter(h => !h.startsWith('https://arxiv.org/abs/'))"
        ".filter(h => !h.startsWith('#') || !document.getElementById(h.slice(1)))",
    )

    assert lost == []


def test_mathematics_has_height_and_braces_stretch(page):
    """The brace of elu's cases is as high as its two lines, in the font that came with the page."""
    heights = page.eval_on_selector_all(
        "math", "all => all.map(m => m.offsetHeight || m.getBoundingClientRect().height)"
    )
    brace, table = page.evaluate(
        "() => { const cases = document.querySelector('#f-elu mtable').parentElement;"
        "const height = e => e.getBoundingClientRect().height;"
        "return [height(cases.querySelector('mo')), height(cases.querySelector('mtable'))]; }"
    )

    assert page.evaluate("document.fonts.check('16px \"STIX Two Math\"')")
    assert min(heights) > 8
    assert brace > 0.9 * table > 25


@pytest.mark.parametrize(("width", "height"), [(1400, 900), (800, 1000), (390, 844)])
def test_the_first_screen_says_what_to_worry_about(page, width, height):
    """A function of torch's own, how far off it is and near which input, before any scrolling.

    No table's column of names is narrower than eight letters, and nothing is wider than the screen.
    """
    page.set_viewport_size({"width": width, "height": height})
    worst = page.locator("table.overview tbody tr").first

    assert page.get_by_role("heading", name="What to worry about").is_visible()
    assert " at " in worst.inner_text()
    box = worst.bounding_box()
    assert box["y"] + box["height"] <= height
    for cell in page.locator("table tbody th:visible").all():
        assert cell.bounding_box()["width"] >= 8 * 7  # a letter is 7 pixels and more
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "lines"), [(1400, 1), (800, 1), (390, 3)])
def test_the_counts_of_verdicts_stand_together(page, width, lines):
    """All five in one row where there is room; on a phone two by two, each number by its word."""
    page.set_viewport_size({"width": width, "height": 900})
    boxes = [cell.bounding_box() for cell in page.locator(".verdicts > div").all()]

    assert len(boxes) == 5
    assert len({round(box["y"]) for box in boxes}) == lines
    assert max(box["x"] + box["width"] for box in boxes) <= width
    others = [cell.bounding_box()["y"] for cell in page.locator(".figures > div").all()][:4]
    assert len(set(map(round, others))) == (1 if width == 1400 else 2)


@pytest.mark.parametrize(
    ("scheme", "width"),
    [
        ("light", 1400),
        ("dark", 390),
        *(
            pytest.param(*other, marks=pytest.mark.slow)
            for other in (("dark", 1400), ("light", 390))
        ),
    ],
)
def test_is_accessible(page, scheme, width):
    """axe-core finds no violation, on a desk and on a phone; nothing is wider than the screen."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
    found = Axe().run(page)

    assert [(v["id"], v["nodes"][0]["html"][:200]) for v in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_prints_dark_on_light(page):
    """Also from a dark screen, and without the controls."""
    page.emulate_media(media="print", color_scheme="dark")
    colours = (
        "() => [getComputedStyle(document.body).color, getComputedStyle(document.body).background]"
    )

    ink, ground = page.evaluate(colours)
    assert ink == "rgb(27, 31, 36)"
    assert ground.startswith("rgb(255, 255, 255)")
    assert not page.get_by_label("Search").is_visible()


def test_reads_without_scripts(browser, address):
    """Everything is there but the controls, which would do nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)

    assert page.locator("#matrix tbody tr").count() == 11
    assert not page.get_by_label("Search").is_visible()
    context.close()


class TestHostileDocument:
    """A document that is full of scripts; `hacked` is what they would call the page."""

    @staticmethod
    def look(browser, file, event):
        """The page of a file, opened and clicked on, with what it asked for and did."""
        page = browser.new_page()
        page.heard = []
        page.on("dialog", lambda dialog: page.heard.append(dialog.message))
        page.on("pageerror", lambda error: page.heard.append(str(error)))
        page.on(event, lambda r: page.heard.append(r.url) if _outside(r.url, file) else None)
        page.goto(file)
        page.locator("details").evaluate_all("all => all.forEach(d => d.open = true)")
        return page

    def test_runs_nothing(self, browser, rows, tmp_path):
        """In one page and in every page of a folder: no script, no request, no handler."""
        kept = {(row["kind"], row.get("verdict")): row for row in rows}
        sound = json.loads(json.dumps(document(kept.values(), complete=True)))
        found = all_poisoned(sound)
        write_page(tmp_path / "one.html", found)
        write_page(tmp_path / "many.html", found, largest=1)
        files = [tmp_path / "one.html", *sorted(tmp_path.rglob("many*.html"))]
        files += sorted((tmp_path / "many").glob("*.html"))[::12]

        for file in files:
            page = self.look(browser, file.as_uri(), "request")
            elements = page.evaluate(
                "[...document.querySelectorAll('*')].filter(e => e.localName == 'iframe' ||"
                " e.localName == 'img' || (e.localName == 'script' && e.parentElement.localName"
                " != 'body') || (e.getAttribute('href') ?? '').startsWith('javascript') ||"
                " [...e.attributes].some(a => a.name.startsWith('on'))).length"
            )
            assert page.title() != "hacked"
            assert page.heard == []
            assert elements == 0
            page.close()

    def test_whose_text_was_not_escaped_runs_nothing_either(self, browser, rows, tmp_path):
        """The page's policy stands behind the escapes; its own script runs."""
        path = tmp_path / "page.html"
        write_page(path, document(rows[:2], complete=True))
        sound = path.read_text(encoding="utf-8")
        attack = (
            "<script>document.title = 'hacked'</script>"
            "<img src=x onerror=\"document.title = 'hacked'\">"
            "<iframe srcdoc='<script>top.document.title = 1</script>'></iframe>"
            "<link rel=stylesheet href='https://example.org/a.css'>"
        )
        path.write_text(sound.replace("<main>", f"<main>{attack}"), encoding="utf-8")
        page = self.look(browser, path.as_uri(), "requestfinished")
        page.wait_for_load_state("networkidle")

        assert page.title() == "How right are the gradients?"
        assert page.heard == []
        assert page.get_by_label("Search").is_visible()
        page.close()
