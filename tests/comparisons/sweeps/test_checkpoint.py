"""What a sweep has finished survives the process."""

import json
import os

import pytest

from comparisons.judge.vocabulary import Status
from comparisons.sweeps.checkpoint import Checkpoint
from comparisons.sweeps.tally import Tally

KEY = {"name": "relu", "blocks": 256}
VALUES = 4  # of a block
ONE, TWO = Tally({Status.CORRECT: 4}), Tally({Status.CORRECT: 3, Status.FAITHFUL: 1})


def opened(path, sweep=None):
    """The checkpoint in a file."""
    return Checkpoint(path, sweep or KEY, VALUES)


@pytest.fixture
def path(tmp_path):
    """A checkpoint with two finished blocks."""
    path = tmp_path / "deep" / "sweep.jsonl"
    checkpoint = opened(path)
    checkpoint.add(3, ONE)
    checkpoint.add(1, TWO)
    return path


def test_what_was_added_is_read_again(path):
    """Both blocks, with their tallies."""
    assert opened(path).done == {3: ONE, 1: TWO}


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_line_cut_by_death_is_done_again(path, cut):
    """The last line, half written, is ignored; the next one is whole."""
    path.write_bytes(path.read_bytes()[:-cut])
    again = opened(path)
    survivors = {3: ONE, 1: TWO} if cut == 1 else {3: ONE}

    assert again.done == survivors
    again.add(7, TWO)
    assert opened(path).done == survivors | {7: TWO}


def test_garbage_is_never_believed(path):
    """Lines that are not a tally are skipped."""
    with path.open("ab") as file:
        file.write(b'\xff\x00garbage\n{"block": 5}\n{"block": 5, "tally": {"counts": []}}\nnull\n')

    assert opened(path).done == {3: ONE, 1: TWO}


def test_another_sweep_s_file_is_refused_and_left(path):
    """One sentence, and the file keeps its bytes."""
    before = path.read_bytes()
    with pytest.raises(ValueError, match="another sweep"):
        opened(path, KEY | {"name": "gelu"})

    assert path.read_bytes() == before


class TestWhatDiffers:
    @pytest.mark.parametrize(
        ("other", "words"),
        [
            ({"name": "gelu"}, "name relu, not gelu"),
            ({"versions": {"torch": "2.12"}}, "torch not said, not 2.12"),
            ({"processor": "x86_64 AVX512"}, "processor not said, not x86_64 AVX512"),
        ],
    )
    def test_is_said(self, path, other, words):
        """By its name, as it is in the file and as it should be."""
        with pytest.raises(ValueError, match=words):
            opened(path, KEY | other)

    @pytest.mark.parametrize(
        "text", [b"no JSON\n", b"null\n", b"[" * 10**5, b"\xff\xfe\x00", b"\n"]
    )
    def test_of_what_is_no_checkpoint_nothing_is_believed(self, path, text):
        """And the file is left as it is."""
        path.write_bytes(text)
        with pytest.raises(ValueError, match="no checkpoint of a sweep") as refusal:
            opened(path)

        assert "\n" not in str(refusal.value)
        assert path.read_bytes() == text


def _edit(change):
    def edited(line):
        data = json.loads(line)
        change(data)
        return json.dumps(data)

    return edited


EDITS = {
    "empty": _edit(lambda d: d["tally"].update(counts={})),
    "negative": _edit(lambda d: d["tally"].update(counts={"correctly rounded": 5, "lost": -1})),
    "all correct": _edit(lambda d: d["tally"].update(counts={"correctly rounded": 4})),
    "infinite": lambda line: line.replace("4", "Infinity"),
    "another block": _edit(lambda d: d.update(block=7)),
    "no block": _edit(lambda d: d.pop("block")),
    "a block that is true": _edit(lambda d: d.update(block=True)),
    "no checksum": _edit(lambda d: d.pop("checksum")),
    "a deep line": lambda _: '{"block": ' * 10**5,
    "a smaller error": _edit(lambda d: d["tally"].update(bulk_ulp="0x0.0p+0", by_ball=1)),
    "a line of nothing": lambda _: "",
    "a line of NULs": lambda line: "\0" * len(line),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_an_edited_tally_is_not_believed(path, edit):
    """Its block is done again; the other one stands."""
    head, first, second = path.read_text().splitlines()
    path.write_text("\n".join([head, first, edit(second)]) + "\n")

    assert opened(path).done == {3: ONE}


def test_a_tally_that_does_not_count_every_value_is_not_believed(tmp_path):
    """Though its checksum is right."""
    whole = opened(tmp_path / "a.jsonl")
    whole.add(1, Tally({Status.CORRECT: 3}))

    assert opened(tmp_path / "a.jsonl").done == {}


@pytest.mark.parametrize("place", ["folder", "pipe", "dangling", "file/under", "a" * 300])
def test_what_cannot_be_used_is_a_sentence_before_the_work(tmp_path, place):
    """A folder, a pipe (which nobody waits at), a link to nowhere, a place under a file."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to(tmp_path / "gone" / "away")

    with pytest.raises(ValueError, match=r"is no file|cannot be used") as refusal:
        opened(tmp_path / place)

    assert "\n" not in str(refusal.value)
