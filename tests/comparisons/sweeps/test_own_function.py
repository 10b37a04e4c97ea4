"""A user's own function at the values of float32, some blocks or a chunk at a time."""

import importlib
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
import torch

import comparisons
from comparisons.dtypes import FLOAT_TYPES
from comparisons.engines.every import ENGINES
from comparisons.judge.budget import Budget
from comparisons.judge.vocabulary import Status, Verdict
from comparisons.subjects.choose import subject_of
from comparisons.sweeps import sweep as module
from comparisons.sweeps.blocks import CHUNK, prepared
from comparisons.sweeps.code_digest import digest
from comparisons.sweeps.own import OwnFunction

SOURCE = """
import torch

SCALE = 0.5

def scaled(x):
    return SCALE * x

def gate(x):
    return scaled(x) * (1 + torch.tanh(x))

class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.where(x > 0, x, 0.0)

    @staticmethod
    def backward(ctx, y_bar):
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, y_bar, 0.0)

class Wrong(Relu):
    @staticmethod
    def backward(ctx, y_bar):
        (x,) = ctx.saved_tensors
        return torch.where(x > 6e-29, y_bar, 0.0)
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A module of the user's."""
    (tmp_path / "own_kernels.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "own_kernels", raising=False)
    yield importlib.import_module("own_kernels")
    sys.modules.pop("own_kernels", None)


@pytest.fixture
def one_block(monkeypatch):
    """Of a sweep, the values from 2.5e-29 to 1e-28 only."""
    monkeypatch.setattr(module, "swept", partial(module.swept, blocks=[0x10]))


def arrived(sent):
    """What another process makes of it."""
    return pickle.loads(sent)  # noqa: S301 - the test's own


def recipe(function, definition=None):
    """What travels of a sweep of it."""
    subject = subject_of(function, definition, {})
    return module._recipe(subject, FLOAT_TYPES["float32"], ENGINES["reverse"], Budget())


@pytest.mark.usefixtures("one_block")
class TestSweep:
    def test_a_wrong_backward_is_caught_in_other_processes(self, own):
        """Found there by its import, judged by its own forward, which is right."""
        wrong = comparisons.sweep(own.Wrong.apply)

        assert wrong.verdict is Verdict.DISAGREES
        assert wrong.values == 2**24
        assert str(wrong.subject) == "Wrong"
        assert wrong.worst.truth == 1.0
        assert wrong.worst.computed == 0.0

    def test_a_lambda_is_swept_in_this_process(self):
        """No import finds it, and nothing has to."""
        found = comparisons.sweep(lambda x: torch.where(x > 0, x, 0.0))

        assert found.verdict is Verdict.ACCURATE
        assert found.counts() == {Status.CORRECT: 2**24}

    def test_a_lambda_goes_to_threads_and_not_to_processes(self):
        """The refusal of processes is one sentence that says what to do."""
        with ThreadPoolExecutor(1) as threads:
            found = comparisons.sweep(lambda x: 2 * x, "2*z", executor=threads)
        assert found.verdict is Verdict.ACCURATE
        with pytest.raises(ValueError, match=r"cannot travel .*top of a module, or pass executor="):
            pickle.dumps(recipe(lambda x: 2 * x))

    def test_another_function_s_checkpoint_is_refused(self, own, tmp_path):
        """Though it has the same name, and only a number that it calls for was changed."""
        path = tmp_path / "gate.jsonl"
        with ThreadPoolExecutor(1) as threads:
            ask = partial(comparisons.sweep, executor=threads, checkpoint=path)
            first = ask(own.gate, "z*(1 + tanh(z))/2")
            assert ask(own.gate, "z*(1 + tanh(z))/2").tally == first.tally
            own.SCALE = 0.25
            with pytest.raises(ValueError, match=r"another sweep: code \w{16}, not \w{16}"):
                ask(own.gate, "z*(1 + tanh(z))/2")
            with pytest.raises(ValueError, match=r"another sweep: .*formula"):
                ask(own.gate)


@pytest.mark.parametrize("start", [0x3F800000, 0xC1000000, 0x00000000], ids=hex)
def test_a_chunk_has_the_statuses_of_a_comparison(own, start):
    """The definition read off the code is the one that is written."""
    chunk = prepared(recipe(own.gate)).chunk(start)
    values = np.arange(start, start + CHUNK, dtype=np.uint32).view(np.float32).astype(np.float64)
    beside = comparisons.compare(
        own.gate, "z*(1 + tanh(z))/2", dtype="float32", inputs={"z": values}
    )

    assert dict(chunk.counts) == beside.counts()


def test_what_arrives_elsewhere_is_the_same_function(own):
    """By import; a function that was changed since is refused there."""
    sent = pickle.dumps(OwnFunction.of(subject_of(own.gate, None, {})))
    assert arrived(sent).subject.forward is own.gate
    own.SCALE = 0.25
    with pytest.raises(ValueError, match="gate is another function in a fresh process"):
        _ = arrived(sent).subject
    del own.gate
    with pytest.raises(ValueError, match="gate is not found in a fresh process"):
        _ = arrived(sent).subject


class TestDigest:
    def test_is_of_the_code_whatever_it_is_called(self):
        """And of what it holds."""

        def holding(number):
            return lambda x: x * number

        assert digest(holding(2)) == digest(holding(2))
        assert digest(holding(2)) != digest(holding(3))
        assert digest(holding(torch.ones(2))) != digest(holding(torch.zeros(2)))

    def test_is_of_modules_as_their_numbers_are(self):
        """Parameters of torch's own, and the settings that they hold."""
        assert digest(torch.nn.ELU()) == digest(torch.nn.ELU())
        assert digest(torch.nn.ELU()) != digest(torch.nn.ELU(0.5))

    def test_is_of_a_backward_and_of_what_it_inherits(self, own):
        """An `autograd.Function` goes by all its methods."""
        before = digest(own.Wrong.apply)
        assert before != digest(own.Relu.apply)
        own.Relu.forward = staticmethod(lambda _, x: x)
        assert digest(own.Wrong.apply) != before


def _branches(x):
    return x if x.sum() > 0 else -x


class TestWhatCannotBeSwept:
    @pytest.mark.parametrize(
        ("function", "match"),
        [
            (_branches, "depends on a number taken from a tensor"),
            (lambda x: x - x.mean(), "is not entry by entry"),
            (lambda x: x.sum(), "is not entry by entry"),
            (lambda x: x / x.numel(), "depends on how many entries"),
            (lambda x: x / (x.abs() + torch.finfo(x.dtype).eps), "depends on its tensor's type"),
            (lambda x: x * torch.rand_like(x), "depends on a random draw"),
            (lambda x: x * x.detach(), "is not entry by entry"),
            (lambda x: x.half() * x, "in float16"),
            (lambda x, y: x * y, "missing 1 required positional argument"),
            (torch.nn.Linear(3, 3), "a function of one tensor"),
        ],
    )
    def test_by_its_code_is_refused_with_what_to_do(self, function, match):
        """One sentence; the definition would do, of some."""
        with pytest.raises(ValueError, match=match) as refusal:
            comparisons.sweep(function)

        assert "give its definition in z" in str(refusal.value)
        assert "\n" not in str(refusal.value)

    def test_has_no_values_in_half_of_the_numbers(self):
        """Each would take microseconds, all of them hours."""
        with pytest.raises(ValueError, match=r"no value at -.* and \d+ more"):
            comparisons.sweep(torch.log)

    def test_a_parameter_needs_a_definition(self):
        """What is read off the code has its numbers."""
        with pytest.raises(TypeError, match="beta would be of a definition"):
            comparisons.sweep(lambda x: x, beta=2)
