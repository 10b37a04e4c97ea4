"""All values of float32, a few blocks at a time."""

import json
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from sampled import in_turns

import comparisons
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from comparisons.engines.modes.reverse import Reverse
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.results.code.reproduction import reproduction
from comparisons.results.envelope import LAST
from comparisons.subjects.choose import subject_of
from comparisons.sweeps import blocks
from comparisons.sweeps import sweep as module
from comparisons.sweeps.blocks import CHUNK, prepared
from comparisons.sweeps.recipe import Recipe
from comparisons.sweeps.tally import Tally

BLOCKS = [0, 63, 64, 127, 190]  # with ±0, kinks, and a half that is not finite


def sweep(name, **options):
    """A sweep of some blocks in float32."""
    how = {"dtype": FLOAT_TYPES["float32"], "engine": ENGINES["reverse"]}
    return module.swept(subject_of(name, None, {}), **how, **options)


class Serial(Executor):
    """Runs what it is given at once; dies after so many."""

    def __init__(self, lives=10**9):
        self.lives = lives

    def submit(self, fn, /, *args, **kwargs):
        """A future that is done, or that has died."""
        self.lives -= 1
        future = Future()
        if self.lives < 0:
            future.set_exception(KeyboardInterrupt())
        else:
            future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture(scope="module")
def whole():
    """relu over the blocks, serially."""
    return sweep("relu", executor=Serial(), blocks=BLOCKS)


def test_every_pattern_is_counted(whole):
    """Five blocks of 2²⁴; half of one is NaN, and ∞, where relu' is 1; ±0 is the kink."""
    assert whole.values == len(BLOCKS) * 2**24
    assert whole.counts()[Status.NAN_IGNORED] == 2**23 - 1
    assert Status.NON_FINITE_INPUT not in whole.counts()
    assert whole.counts()[Status.KINK_INSIDE] == 1  # +0; −0 is in block 128
    assert whole.verdict is comparisons.Verdict.ACCURATE


def test_killed_and_started_again_it_ends_with_the_same_numbers(whole, tmp_path):
    """Death after two blocks; the rest is done later, and nothing twice."""
    path = tmp_path / "relu.jsonl"
    with pytest.raises(KeyboardInterrupt):
        sweep("relu", executor=Serial(lives=2), checkpoint=path, blocks=BLOCKS)
    assert len(path.read_text().splitlines()) == 3

    second = Serial(lives=3)
    resumed = sweep("relu", executor=second, checkpoint=path, blocks=BLOCKS)
    assert second.lives == 0
    assert resumed.tally == whole.tally


def test_a_process_killed_outright_loses_no_finished_block(whole, tmp_path):
    """SIGKILL as soon as a block is on disk; the next run takes it from there."""
    path = tmp_path / "relu.jsonl"
    more = [*BLOCKS, *range(1, 60)]  # enough to be busy still when the first is done
    script = f"""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from comparisons.dtypes import float_type
from comparisons.engines.every import ENGINES
from comparisons.subjects.choose import subject_of
from comparisons.sweeps.sweep import swept
with ThreadPoolExecutor(1) as one:
    swept(
        subject_of("relu", None, {{}}),
        dtype=float_type("float32"),
        engine=ENGINES["reverse"],
        executor=one,
        checkpoint=Path({str(path)!r}),
        blocks={more},
    )
"""
    process = subprocess.Popen([sys.executable, "-c", script])
    while not path.exists() or path.read_bytes().count(b"\n") < 2:
        assert process.poll() is None, "it ended before a block was done"
        time.sleep(0.05)
    process.kill()
    process.wait()

    second = Serial()
    resumed = sweep("relu", executor=second, checkpoint=path, blocks=BLOCKS)
    assert second.lives > 10**9 - len(BLOCKS)  # fewer than all were left
    assert resumed.tally == whole.tally


def test_what_was_swept_before_ctrl_c_is_not_lost():
    """The interrupt has it, as a sweep of the values that were done."""
    with pytest.raises(KeyboardInterrupt) as stopped:
        sweep("relu", executor=Serial(lives=2), blocks=[0, 64, 127])

    assert stopped.value.found.values == 2 * 2**24


WORKS = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from comparisons.sweeps.sweep import _begin_worker

def work(path):
    open(path, "w").write(str(os.getpid()))
    time.sleep(1000)

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin_worker)
    pool.submit(work, sys.argv[1]).result()
"""


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_no_worker_outlives_its_parent(tmp_path, name):
    """Though it is at work, and the parent could say nothing."""
    (tmp_path / "works.py").write_text(WORKS)
    told = tmp_path / "pid"
    parent = subprocess.Popen([sys.executable, str(tmp_path / "works.py"), str(told)])
    while not (told.exists() and told.read_text()):
        assert parent.poll() is None
        time.sleep(0.1)
    worker = int(told.read_text())
    parent.send_signal(getattr(signal, name))
    parent.wait()

    until = time.monotonic() + 60
    while _lives(worker) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _lives(worker)


def _lives(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_progress_is_silent_where_there_is_no_terminal(capsys):
    """The bar is for people; nothing goes to a file or a pipe."""
    sweep("relu", executor=Serial(), blocks=[127])

    assert capsys.readouterr() == ("", "")


def test_processes_give_the_same_numbers(whole):
    """Blocks travel by name and are rebuilt in the workers; the pool is left running."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        parallel = sweep("relu", executor=pool, blocks=BLOCKS)

        assert parallel.tally == whole.tally
        assert pool.submit(abs, -1).result() == 1


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_dask_gives_the_same_numbers(whole):
    """`Client.get_executor()` is an executor like any other."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        parallel = sweep("relu", executor=client.get_executor(), blocks=BLOCKS)

    assert parallel.tally == whole.tally


@pytest.mark.parametrize(
    ("name", "start"),
    in_turns(["gelu", "sigmoid", "hardsigmoid"], [0x3F800000, 0xC1000000, 0x00000000]),
)
def test_a_chunk_has_the_statuses_of_a_comparison(name, start):
    """The first pass changes the speed and nothing else: every status count is `compare`'s."""
    chunk = prepared(Recipe(name, (), "float32", "reverse", Budget())).chunk(start)
    patterns = np.arange(start, start + CHUNK, dtype=np.uint32)
    slow = comparisons.compare(
        name, dtype="float32", inputs={"z": patterns.view(np.float32).astype(np.float64)}
    )

    assert dict(chunk.counts) == slow.counts()
    assert chunk.uncertified == 0


def test_what_was_recorded_is_read_as_it_was_measured():
    """benchmarks/data holds six sweeps: every value counted, the envelope in every bin."""
    path = Path(__file__).parents[3] / "benchmarks" / "data" / "float32_sweeps.json"
    for recorded in json.loads(path.read_text(encoding="utf-8"))["sweeps"]:
        tally = Tally.from_json(recorded["tally"])

        assert tally.values == 2**32
        assert str(tally.verdict) == recorded["verdict"]
        assert tally.envelope.keys() == set(range(-LAST, LAST + 1))
        assert tally.uncertified == tally.wrong == 0


def test_a_parameter_may_be_infinite():
    """It travels by name, and a block has the statuses of a comparison there."""
    recipe = Recipe(
        "hardtanh", (("max_val", "oo"), ("min_val", "-1")), "float32", "reverse", Budget()
    )
    chunk = prepared(recipe).chunk(0x40000000)

    assert chunk.counts == {Status.CORRECT: CHUNK}  # 2 and above: the slope is 1


class TestVerb:
    def test_a_sweep_is_checked_as_a_comparison_is(self, monkeypatch):
        """gelu_tanh where z² overflows: wrong, with the worst points and how to see it."""
        monkeypatch.setattr(blocks, "BLOCKS", 2**32 // CHUNK)  # of one chunk each
        part = partial(module.swept, blocks=[0x60000000 // CHUNK])
        monkeypatch.setattr(module, "swept", part)
        asked = {"accept": "fails at ∞", "executor": Serial()}
        assert comparisons.sweep("relu", **asked).values == CHUNK
        with pytest.raises(comparisons.GradientMismatch) as caught:
            comparisons.sweep("gelu_tanh", **asked)

        message = str(caught.value)
        assert f"of {CHUNK} points" in message
        assert "spurious non-finite" in message
        assert "reproduce    import torch; " in message
        assert comparisons.sweep("gelu_tanh", executor=Serial()).verdict is Verdict.DISAGREES

    def test_the_reproduction_of_a_sweep_s_worst_point_is_its_gradient(self):
        """The line, executed, prints what torch computed there."""
        found = sweep("sigmoid", executor=Serial(), blocks=[64])
        printed = []
        exec(reproduction(found), {"print": printed.append})  # noqa: S102 - that it runs is tested

        assert printed == [found.worst.computed]

    @pytest.mark.parametrize(
        ("call", "match"),
        [
            (lambda: comparisons.compare("relu", points="all"), "16-bit type"),
            (
                lambda: comparisons.compare("relu", dtype="float32", points="all"),
                "comparisons.sweep takes",
            ),
            (lambda: comparisons.sweep("relu", dtype="float64"), "all values of float32"),
            (lambda: comparisons.sweep("mse"), "one variable"),
            (lambda: comparisons.sweep("softmax"), "takes a catalogue name"),
            (lambda: comparisons.sweep("relu", engine=Own()), "takes an engine's name"),
            (lambda: comparisons.compare("relu", points="some"), "unknown points"),
        ],
    )
    def test_what_cannot_be_swept_is_refused_in_a_sentence(self, call, match):
        """Before anything runs."""
        with pytest.raises(ValueError, match=match):
            call()


class Own(Reverse):
    """An engine that other processes do not have."""

    name = "own"
