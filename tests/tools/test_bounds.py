"""Every engine beside what it was recorded to do at its worst."""

import copy
import json

import pytest

import symdiff
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from tools.bounds import records
from tools.bounds.measure import measured
from tools.bounds.records import beside_record, elsewhere, recorded, write

NAMES = list(symdiff.activations)
SOME = NAMES[::18]  # from each family; all of them in test-all


def _held(name):
    """Fails with what got worse; what got better is told and passes."""
    reason = elsewhere()
    if reason:
        pytest.skip(reason)
    found = beside_record(name, measured(name))
    for sentence in found.better:
        print(f"better than its record: {sentence}; `make bounds` records it")  # noqa: T201 - told
    assert not found.worse, "\n".join(found.worse)


@pytest.mark.parametrize("name", SOME)
def test_no_engine_is_worse_than_its_record(name):
    """Verdict, error in bulk and conditioned error in each type, for each engine."""
    _held(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in NAMES if n not in SOME])
def test_no_engine_is_worse_than_its_record_for_the_others(name):
    """The rest of the catalogue."""
    _held(name)


@pytest.mark.parametrize("name", NAMES)
def test_every_activation_has_a_record_of_every_type_and_engine(name):
    """None is missing but noncontiguous, which is for matrices."""
    found = recorded(name)
    assert list(found) == list(FLOAT_TYPES)
    for dtype, groups in found.items():
        engines = {engine for group in groups for engine in group["engines"]}
        assert engines == set(ENGINES) - {"noncontiguous"}, dtype


class TestBesideARecord:
    @pytest.fixture
    def run(self):
        """A record as if it were a run."""
        return copy.deepcopy(recorded("tanh"))

    def test_the_same_run_changes_nothing(self, run):
        """A record beside itself."""
        assert str(beside_record("tanh", run)) == "No difference."

    @pytest.mark.parametrize("what", ["bulk_ulp", "conditioned_ulp"])
    def test_a_larger_error_is_worse_and_a_smaller_one_better(self, run, what):
        """It says of which engine, in which type, and by how much."""
        group = run["float32"][0]
        group[what] *= 1.5
        found = beside_record("tanh", run)

        assert len(found.worse) == len(group["engines"])
        assert found.worse[0].startswith("float32, reverse: the largest")
        group[what] /= 1.6
        assert beside_record("tanh", run).better
        assert not beside_record("tanh", run).worse

    def test_an_engine_that_is_gone_is_worse(self, run):
        """And one that is there for the first time is better."""
        run["float16"][0]["engines"].remove("jvp")
        assert beside_record("tanh", run).worse == ["float16, jvp: no longer there"]

        run["float16"][0]["engines"] += ["jvp", "another"]
        assert beside_record("tanh", run).better == ["float16, another: there for the first time"]

    def test_a_verdict_that_got_worse_is_worse(self, run):
        """agrees became disagrees."""
        run["bfloat16"][0]["verdict"] = "disagrees"

        assert "was agrees, now disagrees" in beside_record("tanh", run).worse[0]


def test_a_record_is_written_as_it_is_read(tmp_path, monkeypatch):
    """A line a measure; the same bytes again."""
    found = recorded("gelu")
    text = (records.FOLDER / "gelu.json").read_text(encoding="utf-8")
    monkeypatch.setattr(records, "FOLDER", tmp_path)
    write("gelu", found)

    assert (tmp_path / "gelu.json").read_text(encoding="utf-8") == text
    assert json.loads(text) == found


def test_another_machine_is_not_held_against_the_records(monkeypatch):
    """The reason names what differs."""
    monkeypatch.setattr(records, "about", lambda: {**records.recorded_about(), "simd": "NEON"})

    assert "simd NEON instead of" in elsewhere()


def test_an_activation_without_a_record_says_how_to_make_one():
    """One sentence."""
    with pytest.raises(ValueError, match="nothing has no record; `make bounds` makes one"):
        recorded("nothing")
