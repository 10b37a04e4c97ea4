"""Documents that somebody else wrote: whatever stands in them, nothing runs and nothing crashes."""

import copy
import json
import random
import re

import pytest
from hostile import PAYLOADS, all_poisoned, poisoned

from comparisons.report.data.files import SCHEMA, document, read_json
from comparisons.report.data.row import plain_data
from comparisons.report.page.document import Document, write_page
from comparisons.report.page.markdown import code, fenced, shown_as_it_is
from comparisons.report.page.mathml import mathml
from comparisons.report.summaries.differences import differences
from symdiff.notation.printable import printable


@pytest.fixture(scope="module")
def sound(rows):
    """A document without anything bad."""
    return json.loads(json.dumps(document(rows, complete=True)))


@pytest.fixture(scope="module")
def hostile(sound, tmp_path_factory):
    """A file that fits the schema and holds nothing but attacks."""
    path = tmp_path_factory.mktemp("hostile") / "run.json"
    path.write_text(json.dumps(all_poisoned(sound)))
    return read_json(path)


class TestFormulas:
    @pytest.mark.parametrize("latex", [p for p in PAYLOADS if "\n" not in p])
    def test_hold_no_markup_but_mathml(self, latex):
        """What the converter passes through is text, or is left out."""
        try:
            found = mathml(latex)
        except ValueError:
            return
        tags = set(re.findall(r"</?([a-zA-Z]+)", found))

        assert tags <= {"math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "msup"}
        assert not re.search(r"<[^>]*\b(on\w+|href|style|class|src)\s*=", found)

    @pytest.mark.parametrize(
        "latex",
        [
            r"\frac{a}",
            "{" * 50_000,
            r"\sqrt" * 5_000,
            r"\newcommand{\a}{\b\b}\newcommand{\b}{\a}\a",
            r"\def\a{\a\a}\a",
            "x" * 10**6,
            r"\begin{matrix}",
            r"\left(",
        ],
        ids=range(8),
    )
    def test_that_cannot_be_set_are_one_sentence(self, latex):
        """No recursion without end, no definition that doubles itself, no other exception."""
        try:
            found = mathml(latex)
        except ValueError as error:
            found = str(error)

        assert "\n" not in found

    def test_that_cannot_be_set_show_as_text(self, sound):
        """The page has the formula as it stands in the document's other column."""
        spoilt = copy.deepcopy(sound)
        row = next(r for r in spoilt["rows"] if r.get("subject") == "hardsigmoid")
        row["mathematics"]["lines"] = [["y = <b>", r"\left("]]

        assert "<code>y = &lt;b&gt;</code>" in Document(spoilt).render(".html")


class TestMarkdown:
    @pytest.mark.parametrize("payload", PAYLOADS)
    def test_every_field_is_text(self, sound, payload):
        """Whatever a field holds, the page has the lines that it has without, and no markup."""
        plain = Document(poisoned(sound, "x")).render(".md").splitlines()
        found = Document(poisoned(sound, payload)).render(".md").splitlines()
        outside = "\n".join(re.sub(r"(`+).*?\1", "", line) for line in _uncoded(found))

        assert len([*_uncoded(found)]) == len([*_uncoded(plain)])
        assert not re.search(r"<[a-zA-Z/]", outside)
        assert not re.search(r"(?<!\\)\]\(", outside)
        assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2028]", "\n".join(found))
        assert [line.count(" | ") for line in _tables(found)] == [
            line.count(" | ") for line in _tables(plain)
        ]

    @pytest.mark.parametrize("line", ["# a", "- a", "+ a", "---", "===", "1. a", "2) a"])
    def test_a_line_begins_nothing(self, line):
        """Neither heading nor list nor rule."""
        assert "\\" in shown_as_it_is(line)

    @pytest.mark.parametrize("word", ["-0.5", "gelu_tanh", "z = 1.5", "1.25", "−1"])
    def test_what_is_harmless_reads_as_it_is(self, word):
        """Numbers and names are not cluttered."""
        assert shown_as_it_is(word) == word

    def test_code_ends_where_it_ends(self):
        """A fence is longer than any run of backticks in it."""
        assert code("a``b|c") == r"```a``b\|c```"
        assert fenced("x\n````", "python") == "`````python\nx\n````\n`````"


def _uncoded(lines):
    fence = None
    for line in lines:
        mark = re.match("`{3,}", line)
        if fence is None and mark:
            fence = mark[0]
        elif fence is not None:
            fence = None if line == fence else fence
        elif not line.startswith("    "):
            yield line


def _tables(lines):
    return [line for line in _uncoded(lines) if line.startswith("|")]


def test_a_terminal_is_told_nothing(sound, hostile):
    """`diff` prints sentences of one line each, without a control character."""
    old, new = copy.deepcopy(hostile), copy.deepcopy(hostile)
    for row in new["rows"]:
        if row["kind"] == "comparison":
            row["counts"] = {"lost": 1, **row["counts"]}
    told = str(differences(old, new)) + str(differences(sound, new))

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028]", told)
    assert all(re.match("  |Worse:|Better:|Changed:", line) for line in told.splitlines())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb", r"a\nb"),
        ("\x1b[31m", r"\x1b[31m"),
        ("\u202e", r"\u202e"),
        ("\udc80", r"\udc80"),
        ("z̄ é ∞ 𝛼", "z̄ é ∞ 𝛼"),
    ],
)
def test_what_does_not_show_is_an_escape(text, shown):
    """And what shows is left."""
    assert printable(text) == shown
    assert len(printable("a" * 1000, 10)) == 10


def _rows_of(kind):
    return lambda d: next(r for r in d["rows"] if r["kind"] == kind)


COMPARISON, DIFFERENCE = _rows_of("comparison"), _rows_of("difference")


def _with_worst(d):
    return next(r for r in d["rows"] if r["kind"] == "comparison" and r["worst"])


def _with_curve(d):
    return next(r for r in d["rows"] if r["kind"] == "comparison" and r["mathematics"]["curve"])


def _deep(levels):
    value = 0
    for _ in range(levels):
        value = [value]
    return value


# Each either is refused in one sentence, or gives both pages and a diff.
DAMAGE = {
    "a difference alone": lambda d: d.update(rows=[DIFFERENCE(d)]),
    "nothing optional": lambda d: [
        r.pop(name, None) for r in d["rows"] for name in ("place", "identity", "captured")
    ],
    "no rows": lambda d: d.update(rows=[]),
    "no reproduction": lambda d: _with_worst(d)["worst"].pop("reproduction"),
    "no worst": lambda d: _with_worst(d).update(worst=None),
    "no adjoints": lambda d: COMPARISON(d).update(adjoints=[]),
    "no lines": lambda d: COMPARISON(d)["mathematics"].update(lines=[], adjoints=[]),
    "long hex": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="0x1." + "0" * 10**6 + "p+0"),
    "a hex beyond floats": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="0x1.8p+99999"),
    "the largest hex": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="0x1.fffffffffffffp+1023"),
    "a negative error": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="-0x1.8p+2"),
    "an error of NaN": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="nan"),
    "an error of infinity": lambda d: COMPARISON(d)["bulk_ulp"].update(hex="inf"),
    "a curve of no width": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        {"from": plain_data(1.0), "to": plain_data(1.0)}
    ),
    "a curve from right to left": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        {"from": plain_data(1.0), "to": plain_data(-1.0)}
    ),
    "a curve to infinity": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        {"to": plain_data(float("inf"))}
    ),
    "a curve from NaN": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        {"from": plain_data(float("nan"))}
    ),
    "a curve of NaN": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        f=" ".join(["nan"] * 121)
    ),
    "a curve beyond floats": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        f=" ".join(["1e308", "-1e308"] * 60 + ["1e999"])
    ),
    "a curve of nearly nothing": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        f=" ".join(["1e-322"] * 121), slope=" ".join(["0"] * 121)
    ),
    "a short curve": lambda d: _with_curve(d)["mathematics"]["curve"].update(f="1 2"),
    "a curve of words": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        f=" ".join(["up"] * 121)
    ),
    "numbers with two points": lambda d: _with_curve(d)["mathematics"]["curve"].update(
        f=" ".join(["1.2.3"] * 121)
    ),
    "a profile of three bins": lambda d: _with_curve(d)["profile"].update(above="1 2 3"),
    "a profile of infinities": lambda d: _with_curve(d)["profile"].update(
        above=" ".join(["inf"] * 131), below=" ".join(["-inf"] * 131)
    ),
    "a name of a million letters": lambda d: COMPARISON(d).update(subject="a" * 10**6),
    "a name of 4,000 letters": lambda d: COMPARISON(d).update(subject="𝒜" * 4000),
    "no name": lambda d: COMPARISON(d).update(subject=""),
    "a name that leads out": lambda d: COMPARISON(d).update(subject="../../../etc/passwd"),
    "a half of a character": lambda d: COMPARISON(d).update(subject="\udc80"),
    "a NUL": lambda d: COMPARISON(d).update(subject="a\x00b"),
    "an unknown verdict": lambda d: COMPARISON(d).update(verdict="fine"),
    "an unknown status": lambda d: COMPARISON(d)["counts"].update(fine=1),
    "an unknown type": lambda d: COMPARISON(d).update(dtype="int8"),
    "an unknown engine": lambda d: COMPARISON(d).update(engine="steam"),
    "more values than there are": lambda d: COMPARISON(d).update(values=10**400),
    "a negative count": lambda d: COMPARISON(d)["counts"].update(faithful=-1),
    "a count of a half": lambda d: COMPARISON(d)["counts"].update(faithful=0.5),
    "a row of no kind": lambda d: COMPARISON(d).pop("kind"),
    "a row of another kind": lambda d: COMPARISON(d).update(kind="rumour"),
    "a row that is none": lambda d: d["rows"].append(None),
    "rows that are none": lambda d: d.update(rows={}),
    "a row a thousand times": lambda d: d.update(rows=[COMPARISON(d)] * 1000),
    "a deep value": lambda d: COMPARISON(d).update(code=_deep(500)),
    "a deep formula": lambda d: COMPARISON(d)["mathematics"].update(lines=[["y", "{" * 10**4]]),
    "a kink of three numbers": lambda d: COMPARISON(d)["mathematics"].update(
        kinks=[["0", "0", "1"]]
    ),
    "no versions": lambda d: d.update(versions={}),
    "no commit": lambda d: d.update(commit=None),
    "a commit of one letter": lambda d: d.update(commit="a"),
    "a date that is none": lambda d: d.update(date="yesterday"),
    "a machine of nothing": lambda d: d.update(machine={}),
    "more fields": lambda d: d.update(more=1),
    "schema two": lambda d: d.update(schema=2),
    "a schema of a megabyte": lambda d: d.update(schema="a" * 10**6),
    "a kink at NaN": lambda d: _rows_of("convention")(d).update(at=plain_data(float("nan"))),
    "nobody caught it": lambda d: _rows_of("detection")(d).update(caught_by={}),
    "a cost of nothing": lambda d: _rows_of("cost")(d).update(sizes=[], lines=[]),
    "a cost without lines": lambda d: _rows_of("cost")(d).update(lines=[]),
    "a cost at other sizes": lambda d: _rows_of("cost")(d).update(sizes=[7]),
    "an error of a cost that is none": lambda d: _rows_of("cost")(d)["lines"][0].update(
        ulp=plain_data(float("nan"))
    ),
    "a time of 0": lambda d: _rows_of("cost")(d)["lines"][0].update(
        nanoseconds=[[1000, plain_data(0.0)], [100000, plain_data(float("-inf"))]]
    ),
    "a time that is none": lambda d: _rows_of("cost")(d)["lines"][0].update(
        nanoseconds=[[1000, plain_data(float("nan"))], [100000, plain_data(float("nan"))]]
    ),
    "caught by a number": lambda d: _rows_of("detection")(d).update(caught_by={"symdiff": 1}),
}

TEXTS = {
    "nothing": b"",
    "half": b'{"schema": 1, "complete"',
    "deep": b"[" * 10**5,
    "deep in a row": b'{"schema": 1, "rows": ' + b'{"a":' * 10**5,
    "NaN": b'{"schema": NaN}',
    "Infinity": b'{"schema": -Infinity}',
    "a number of 5,000 digits": b'{"schema": ' + b"9" * 5000 + b"}",
    "no UTF-8": b'{"schema": "\xff\xfe"}',
    "UTF-16": '{"schema": 1}'.encode("utf-16"),
    "a picture": b"\x89PNG\r\n\x1a\n\x00\x00",
    "null": b"null",
    "a list": b"[1]",
    "a text": b'"schema"',
    "an escape": b'{"schema": "\\u001b[2J"}',
}


def _comes_to_an_end(path, folder):
    """None if pages and a diff are made of the file, else the sentence that refuses it."""
    try:
        found = read_json(path)
    except ValueError as error:
        return str(error)
    for suffix in (".html", ".md"):
        write_page(folder / f"page{suffix}", found)
    write_page(folder / "folder.html", found, largest=1)
    str(differences(found, found))
    return None


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_document_is_a_page_or_a_sentence(sound, damage, tmp_path):
    """Never another exception."""
    spoilt = copy.deepcopy(sound)
    damage(spoilt)
    (tmp_path / "run.json").write_text(json.dumps(spoilt))
    refused = _comes_to_an_end(tmp_path / "run.json", tmp_path)

    if refused is not None:
        assert str(tmp_path / "run.json") in refused
        assert "\n" not in refused
        assert len(refused) < 700 + len(str(tmp_path))
    assert not (tmp_path.parent / "etc").exists()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_another_file_is_a_sentence(text, tmp_path):
    """Whatever its bytes are."""
    (tmp_path / "run.json").write_bytes(text)
    refused = _comes_to_an_end(tmp_path / "run.json", tmp_path)

    assert refused is not None
    assert printable(refused) == refused


def _spoilt_somewhere(value, draw):
    """The value with one thing in it taken away, doubled, or put in another's place."""
    if isinstance(value, dict | list) and value and draw.random() < 0.9:
        key = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        value[key] = _spoilt_somewhere(value[key], draw)
        if draw.random() < 0.1:
            del value[key]
        return value
    others = [None, True, 0, -1, 2**60, 1.5, "", "inf", "-", "a b", [], {}, [[]], PAYLOADS[0]]
    others += [plain_data(float("nan")), plain_data(-1e300), {"decimal": 0, "hex": "0x0.0p+0"}]
    return draw.choice(others)


@pytest.mark.parametrize("seed", range(30))
def test_a_document_spoilt_at_random_is_a_page_or_a_sentence(sound, seed, tmp_path):
    """Three places of a row or of the head; a `read_json` that lets it through has its page."""
    draw = random.Random(seed)  # noqa: S311 - it makes tests, no secrets
    spoilt = copy.deepcopy(sound)
    spoilt["rows"] = draw.sample(spoilt["rows"], 3)
    for _ in range(draw.randint(1, 3)):
        _spoilt_somewhere(spoilt, draw)
    (tmp_path / "run.json").write_text(json.dumps(spoilt))

    refused = _comes_to_an_end(tmp_path / "run.json", tmp_path)
    assert refused is None or "\n" not in refused


def test_what_the_schema_does_not_ask_for_may_be_missing(sound, tmp_path):
    """A document of an older symdiff has no power and no place."""
    schema = SCHEMA.definition["$defs"]
    old = copy.deepcopy(sound)
    for row in old["rows"]:
        for kind in ("comparison", "difference"):
            if row["kind"] == kind:
                _strip(row, schema[kind])
        for adjoint in row.get("adjoints", []):
            _strip(adjoint, schema["adjoint"])
    SCHEMA.require(old, tmp_path)
    write_page(tmp_path / "old.html", old)
    write_page(tmp_path / "old.md", old)

    assert old != sound
    assert "tanh" in (tmp_path / "old.html").read_text()


def _strip(part, schema):
    """Take out all that is not required."""
    for name in set(schema["properties"]) - set(schema["required"]):
        part.pop(name, None)
