"""Every message about a file that no other test reads: which, what is amiss, what to do."""

import pytest

from comparisons.atlases.data import read_document
from comparisons.report.data.files import read_json
from comparisons.report.destination import checked
from comparisons.report.page.mathml import mathml
from comparisons.sweeps.checkpoint import Checkpoint

DEEP = "[" * 300 + "]" * 300
MESSAGES = {
    "nested too deeply": (read_json, "[" * 100_000, "is nested too deeply for a symdiff report"),
    "beyond its schema": (
        read_json,
        f'{{"schema": 1, "rows": {DEEP}}}',
        "is nested too deeply for its schema",
    ),
    "no JSON": (read_json, "{", "is not JSON (Expecting property name enclosed in double quotes"),
    "how a run is written": (read_json, "{", "; write one with --json"),
    "no file": (read_json, None, "cannot be read (No such file or directory)"),
    "an atlas that is no JSON": (read_document, "{", "; symdiff atlas --json writes one"),
    "no atlas": (read_document, "{}", "is no atlas; symdiff atlas --json writes one"),
    "a folder for a page": (
        lambda path: checked(path.parent.rename(path.parent.with_suffix(".html")), [".html"], "-r"),
        "",
        "cannot be written (Is a directory); choose another place",
    ),
    "a folder for a checkpoint": (
        lambda path: Checkpoint(path.parent, {}, 1),
        "",
        "is no file; name another",
    ),
}


@pytest.mark.parametrize("case", MESSAGES)
def test_it_names_the_file_and_what_to_do(case, tmp_path):
    """In one sentence."""
    read, content, said = MESSAGES[case]
    folder = tmp_path / "given"
    folder.mkdir()
    path = folder / "file.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is what is asked
        read(path)

    assert said in str(raised.value)
    assert "given" in str(raised.value)


@pytest.mark.parametrize(
    ("latex", "said"),
    [
        ("x" * 100_000, "a formula of 100,000 characters is too long to be set"),
        (r"\newcommand{\a}{b}", "a formula that defines commands is not set"),
        ("{" * 500 + "}" * 500, "a formula nested so deeply is not set"),
        (r"\left( x", "the formula cannot be set: "),
    ],
)
def test_a_formula_that_is_not_set_says_why(latex, said):
    """The page shows its text in its place."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - its text is what is asked
        mathml(latex)

    assert str(raised.value).startswith(said)
