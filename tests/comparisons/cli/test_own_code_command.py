"""`symdiff compare` and `derive` of a user's own code: module:function with its arguments."""

import re

import pytest

from comparisons.cli.command import main
from comparisons.report.data.files import read_json

KERNELS = '''
import torch
from torch import nn


class Scaled(torch.autograd.Function):
    """2 x s, wrong in s."""

    @staticmethod
    def forward(ctx, x, s):
        ctx.save_for_backward(x, s)
        return 2 * x * s

    @staticmethod
    def backward(ctx, v):
        x, s = ctx.saved_tensors
        return 2 * v * s, (v * x).sum_to_size(s.shape)


def rows(x, index, scale=1.0, mode="sum"):
    h = torch.tanh(x[index] * scale)
    return h.sum() if mode == "sum" else h


def scaled(x, s):
    return Scaled.apply(x, s)


def plain(x, s):
    return 2 * x * s


def in_order_only(x, s):
    class InOrder(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return 2 * v * x.as_strided(x.shape, (x.shape[1], 1))

    return InOrder.apply(x) + s


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, width)

    def forward(self, x):
        h = self.inner(x)
        return x + torch.tanh(h)


made = Block(3)
number = 3
'''


@pytest.fixture(autouse=True)
def _somewhere(tmp_path, monkeypatch):
    """A folder with a package and a file."""
    (tmp_path / "ours_a").mkdir()
    (tmp_path / "ours_a" / "__init__.py").touch()
    (tmp_path / "ours_a" / "kernels.py").write_text(KERNELS, encoding="utf-8")
    (tmp_path / "loose_b.py").write_text(KERNELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["ours_a.kernels:rows", "--input", "x: 4 3", "--input", "index: 2 int 0..3"], 0),
        (
            [
                "loose_b.py:rows",
                "--input",
                "x: 4 3",
                "--input",
                "index: 2 int 0..3",
                "--set",
                "scale=0.5",
            ],
            0,
        ),
        (["loose_b.py:made", "--input", "x: 2 3"], 0),
        (
            ["ours_a.kernels:Block", "--set", "width=4", "--input", "x: 2 4", "--dtype", "float32"],
            0,
        ),
        (["loose_b.py:Scaled", "--input", "x: 4 3", "--input", "s:"], 1),
        (
            [
                "loose_b.py:scaled",
                "--input",
                "x: 4 3",
                "--input",
                "s: 3",
                "--reference",
                "loose_b.py:plain",
            ],
            1,
        ),
        (["loose_b.py:plain", "--input", "x: 4 3", "--input", "s: 3 0.5..2", "--order", "2"], 0),
        (["loose_b.py:plain", "--input", "x: 4", "--input", "s: 4", "--accept", "accurate"], 0),
        (["loose_b.py:plain", "--input", "x: 4", "--input", "s: 4", "--strict"], 0),
        (["loose_b.py:Scaled", "--input", "x: 4 3", "--input", "s:", "--strict"], 1),
        (
            ["torch:logsumexp", "--input", "input: 4 3", "--input", "dim=1"],
            2,
        ),  # a builtin has no names
    ],
    ids=lambda value: str(value[0]) if isinstance(value, list) else str(value),
)
def test_own_code_is_judged(arguments, code, capsys):
    """A function, a Function, a class with its settings, a made module; right and wrong."""
    assert main(["compare", *arguments]) == code
    out, err = capsys.readouterr()

    if code < 2:
        assert out.startswith("function")
        assert err == ""
    assert ("reproduce" in out) == (code == 1)


def test_the_worst_entry_is_named_by_its_place(capsys):
    """In the failure, under a table whose number is the one that the verdict was taken from."""
    main(["compare", "loose_b.py:Scaled", "--input", "x: 4 3", "--input", "s: 4 3"])
    out, _ = capsys.readouterr()

    assert re.search(r"^  worst entry  [xs]\.grad\[\d, \d\], where x = ", out, re.MULTILINE)
    assert re.match(r"function +float64 *\nScaled +disagrees \S+ × allowed *\n", out)


def test_what_a_careful_person_would_ask_is_asked(capsys):
    """A backward right for contiguous tensors alone; an engine that is named is the only one."""
    given = ["compare", "loose_b.py:in_order_only", "--input", "x: 4 3", "--input", "s: 4 3"]

    assert main(given) == 1
    assert "noncontiguous" in capsys.readouterr().out
    assert main([*given, "--engine", "reverse"]) == 0


def test_rows_are_written(capsys):
    """--json, by the function's name and place."""
    given = ["--input", "x: 4 3", "--input", "s: 3", "--json", "run.json", "--report", "run.html"]
    assert main(["compare", "loose_b.py:plain", *given]) == 0
    (row,) = read_json("run.json")["rows"]

    assert (row["subject"], row["place"].rpartition(":")[0]) == ("plain", "loose_b.py")
    assert "plain" in capsys.readouterr().out


def test_derive_reads_the_code_aloud(capsys):
    """In the names of the code."""
    assert main(["derive", "loose_b.py:Block", "--set", "width=3", "--input", "x: 2 3"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "h = x inner_weightᵀ + inner_bias",
        "y = tanh(h) + x",
        "",
        "ȳ = v",
        "h̄ = v ∘ sech²(h)",
        "x̄ = h̄ inner_weight + v",
        "īnner_weight = h̄ᵀ x",
        "īnner_bias = Σ_i h̄",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere_c:f", "--input", "x: 3"], "there is no module nowhere_c"),
        (["nowhere_c.py:f", "--input", "x: 3"], "there is no file nowhere_c.py"),
        (
            ["loose_b.py:nothing", "--input", "x: 3"],
            "there is no nothing in loose_b.py; it has Scaled",
        ),
        (
            ["loose_b.py:number", "--input", "x: 3"],
            "is of type int; a function or a module is expected",
        ),
        (["loose_b.py:plain"], "needs its arguments; give each by --input"),
        (
            ["loose_b.py:plain", "--input", "x 3"],
            "--input 'x 3' cannot be read; expected NAME: LENGTHS",
        ),
        (["loose_b.py:plain", "--input", "x: 3 florid"], "has 'florid'; expected NAME: LENGTHS"),
        (["loose_b.py:plain", "--input", "x: 3"], "missing a required argument: 's'"),
        (["loose_b.py:Block", "--input", "x: 3"], "cannot be made: "),
        (["gelu", "--input", "x: 3"], "are for code of your own, MODULE:FUNCTION"),
        (["gelu", "loose_b.py:plain", "--input", "x: 3"], "are compared one by one"),
        (["loose_b.py:plain", "--input", "x: 3", "--accept", "perfect"], "perfect"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_one_sentence(arguments, said, capsys):
    """What was given, what was expected."""
    assert main(["compare", *arguments]) == 2
    out, err = capsys.readouterr()

    assert out == ""
    assert said in err
    assert len(err.splitlines()) == 1
