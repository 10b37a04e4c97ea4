"""Every message of the command line that no other test reads, after the command's own name."""

import pytest

from comparisons.cli.command import main

FORM = (
    'expected NAME: LENGTHS [TYPE] [LOW..HIGH], such as "x: 4 8" or "target: 4 int 0..9", or '
    'NAME=VALUE, such as "dim=-1"'
)
MESSAGES = {
    "a depth": (
        ["cost", "gelu", "--depth", "0"],
        (
            "symdiff cost: Invalid value for '--depth': '0' is no list of whole numbers from 1, "
            "such as 1,8 (symdiff cost --help has examples)"
        ),
    ),
    "an input of a name": (
        ["derive", "tanh", "--input", "x: 3"],
        "symdiff derive: --input is for code of your own, MODULE:FUNCTION",
    ),
    "an input of the catalogue": (
        ["compare", "tanh", "--input", "x: 3"],
        "symdiff compare: --input, --reference and --order are for code of your own",
    ),
    "a word in an input": (
        ["compare", "torch:sin", "--input", "x: wide"],
        f"symdiff compare: --input 'x: wide' has 'wide'; {FORM}",
    ),
    "a range that is no number": (
        ["compare", "torch:sin", "--input", "x: 3 1e..2"],
        f"symdiff compare: --input 'x: 3 1e..2' has no number '1e'; {FORM}",
    ),
    "no code to refer to": (
        ["compare", "torch:sin", "--input", "x: 3", "--reference", "cosine"],
        (
            "symdiff compare: 'cosine' names no code; expected package.module:function or "
            "file.py:function"
        ),
    ),
    "no name of code": (
        ["compare", "no_such.py:sin", "--input", "x: 3"],
        "symdiff compare: there is no file no_such.py",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_it_says_what_was_given_and_what_to_do(case, capsys):
    """On stderr, in one line, and the process is told that it was used wrongly."""
    arguments, said = MESSAGES[case]

    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(said)
    assert err.count("\n") == 1
