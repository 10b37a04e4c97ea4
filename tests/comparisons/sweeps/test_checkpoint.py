"""What a sweep has finished survives the process."""

import pytest

from comparisons.judge.vocabulary import Status
from comparisons.sweeps.checkpoint import Checkpoint
from comparisons.sweeps.tally import Tally

KEY = {"name": "relu", "blocks": 256}
ONE, TWO = Tally({Status.CORRECT: 1}), Tally({Status.CORRECT: 2})


@pytest.fixture
def path(tmp_path):
    """A checkpoint with two finished blocks."""
    path = tmp_path / "deep" / "sweep.jsonl"
    checkpoint = Checkpoint(path, KEY)
    checkpoint.add(3, ONE)
    checkpoint.add(1, TWO)
    return path


def test_what_was_added_is_read_again(path):
    """Both blocks, with their tallies."""
    assert Checkpoint(path, KEY).done == {3: ONE, 1: TWO}


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_line_cut_by_death_is_done_again(path, cut):
    """The last line, half written, is ignored; the next one is whole."""
    path.write_bytes(path.read_bytes()[:-cut])
    again = Checkpoint(path, KEY)
    survivors = {3: ONE, 1: TWO} if cut == 1 else {3: ONE}

    assert again.done == survivors
    again.add(7, TWO)
    assert Checkpoint(path, KEY).done == survivors | {7: TWO}


def test_garbage_is_never_believed(path):
    """Lines that are not a tally are skipped."""
    with path.open("ab") as file:
        file.write(b'\xff\x00garbage\n{"block": 5}\n{"block": 5, "tally": {"counts": []}}\nnull\n')

    assert Checkpoint(path, KEY).done == {3: ONE, 1: TWO}


def test_another_sweep_s_file_is_refused_and_left(path):
    """One sentence, and the file keeps its bytes."""
    before = path.read_bytes()
    with pytest.raises(ValueError, match="another sweep"):
        Checkpoint(path, KEY | {"name": "gelu"})

    assert path.read_bytes() == before
