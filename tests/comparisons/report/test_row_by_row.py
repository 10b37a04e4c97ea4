"""A run's JSON is read a row at a time: the same rows and pages, in little memory."""

import json
import tracemalloc

import pytest

from comparisons.atlases.data import is_atlas
from comparisons.cli.diff import _differences
from comparisons.report.data import row_by_row
from comparisons.report.data.files import _read_whole, read_json, write_json
from comparisons.report.data.row_by_row import UnlikeError, head_and_rows
from comparisons.report.data.spooled import Spool
from comparisons.report.page.document import write_page

PLAIN = {
    "schema": 1,
    "date": 'with "quotes", \\ and 𝄞',
    "versions": {"a": [1.5e-300, -0, 12345678901234567890], "b": None},
    "rows": [{"n": 1}, {"n": [], "s": "]}, {"}, {}, {"n": True}],
}


def _read(tmp_path, text):
    path = tmp_path / "any.json"
    path.write_text(text, encoding="utf-8")
    with path.open(encoding="utf-8") as file:
        head, rows = head_and_rows(file, float)
        return {**head, "rows": list(rows)}


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64, 10**6])
@pytest.mark.parametrize("indent", [None, 0, 3])
def test_a_document_is_what_json_says_wherever_it_is_cut(tmp_path, monkeypatch, chunk, indent):
    """Chunks end within words, numbers, escapes and pairs of brackets."""
    monkeypatch.setattr(row_by_row, "_CHUNK", chunk)
    for ascii_alone in (True, False):
        text = json.dumps(PLAIN, indent=indent, ensure_ascii=ascii_alone)
        assert _read(tmp_path, text) == PLAIN
        assert _read(tmp_path, f"\n {text}\t\n") == PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"rows": []',
        '{"rows": []} x',
        '{"rows": [], "schema": 1}',
        '{"a": 1, "a": 2, "rows": []}',
        '{"a": 1 "rows": []}',
        '{"rows": [1 2]}',
        '{"rows": [1,]}',
        '{"rows": {}}',
        '{1: 2, "rows": []}',
        '{"rows": [{"a": tru}]}',
        '{"a": 1, "rows": [' + "[" * 10**5,
    ],
)
def test_what_is_unlike_a_run_is_said_to_be(tmp_path, monkeypatch, text):
    """Rows that are not last, names twice, and what is no JSON."""
    monkeypatch.setattr(row_by_row, "_CHUNK", 5)
    with pytest.raises(UnlikeError):
        _read(tmp_path, text)


def _written(rows, path, count):
    """A file of some rows of every kind, and of many comparisons."""
    first = next(r for r in rows if r["kind"] == "comparison")
    write_json(path, [*rows, *({**first, "subject": f"f{i:03}"} for i in range(count))])
    return path


@pytest.fixture
def many(rows, tmp_path):
    """The path of a file of some rows."""
    return _written(rows, tmp_path / "run.json", 60)


def _peak(work):
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_is_read_as_it_is_as_a_whole(many):
    """All that it is of, and every row."""
    assert read_json(many) == _read_whole(many)


def test_rows_of_another_order_of_names_are_read_all_the_same(many, tmp_path):
    """A document that another tool has sorted."""
    found = json.loads(many.read_text(encoding="utf-8"))
    other = tmp_path / "sorted.json"
    other.write_text(json.dumps(found, sort_keys=True), encoding="utf-8")

    assert read_json(other) == found


def test_a_row_that_does_not_fit_is_named_by_its_place(many):
    """As the schema names it in a whole document."""
    found = json.loads(many.read_text(encoding="utf-8"))
    found["rows"][50]["values"] = "many"
    many.write_text(json.dumps(found), encoding="utf-8")

    with pytest.raises(ValueError, match=r"at \$\.rows\[50\]"):
        read_json(many)


@pytest.mark.parametrize("suffix", [".html", ".md"])
@pytest.mark.parametrize("largest", [1, 10**9])
def test_a_page_of_rows_on_the_disk_is_the_page_of_the_rows(many, tmp_path, suffix, largest):
    """To the byte, in one file or in a folder."""
    with Spool() as spool:
        found = {"whole": document_of(many), "read": read_json(many, spool.keep)}
        for name, data in found.items():
            (tmp_path / name).mkdir()
            write_page(tmp_path / name / f"page{suffix}", data, largest=largest)
    pages = [
        {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.*")}
        for name in found
    ]

    assert pages[0] == pages[1]
    assert len(pages[0]) == 1 or (suffix, largest) == (".html", 1)


def document_of(path):
    """The document as a whole, with a row that is there twice."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return {**found, "rows": [*found["rows"], found["rows"][5]]}


def test_a_row_that_is_there_twice_is_kept_once(many, tmp_path):
    """As the page of a document has it once."""
    twice = tmp_path / "twice.json"
    twice.write_text(json.dumps(document_of(many)), encoding="utf-8")

    with Spool() as spool:
        rows = read_json(twice, spool.keep)["rows"]
    assert len(rows) == len(document_of(many)["rows"]) - 1


def _difference(path, _):
    _differences(path, path)


def _page(path, out):
    with Spool() as spool:
        write_page(out / "page.md", read_json(path, spool.keep))


@pytest.mark.parametrize(("work", "of_a_row"), [(_difference, 1500), (_page, 6000)])
def test_a_row_more_takes_little_more_memory(rows, tmp_path, work, of_a_row):
    """Some kilobytes, where one that is held whole takes 40."""
    few, more = (_written(rows, tmp_path / f"{n}.json", n) for n in (200, 500))
    work(few, tmp_path)  # what is made once is made
    peaks = [_peak(lambda path=path: work(path, tmp_path)) for path in (few, more)]

    assert peaks[1] - peaks[0] < 300 * of_a_row


def test_an_atlas_is_told_from_a_run_by_what_comes_first(many, tmp_path):
    """Of a run no row is read; an atlas has none."""
    atlas = tmp_path / "atlas.json"
    atlas.write_text('{"schema": 1, "kind": "atlas", "cells": []}', encoding="utf-8")

    assert is_atlas(atlas)
    assert _peak(lambda: is_atlas(many)) < 8 * row_by_row._CHUNK
    assert not is_atlas(many)
