"""What the documentation shows is what happens: every example on every page is run.

Blocks of one page share their names, as a reader's session would. A `>>>` session is compared line
by line, a console session command by command, and a block with tests is run by pytest.
"""

import doctest
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from comparisons.cli.command import main

DOCS = Path(__file__).parent.parent / "docs"
README = DOCS.parent / "README.md"
PAGES = sorted(DOCS.glob("*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SESSION, TESTS, CONSOLE = "session", "tests", "console"


def kind(language, block):
    """How a block is run; a language that is not shown as run is a mistake in the page."""
    if language == "console":
        return CONSOLE
    assert language == "python", f"a block in {language!r} is not run"
    return SESSION if block.startswith(">>>") else TESTS


def blocks(page, wanted):
    """The page's blocks of a kind."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [text for language, text in found if kind(language, text) == wanted]


def failures(session, name="a session"):
    """What a `>>>` session gives that it does not show."""
    test = doctest.DocTestParser().get_doctest(session, {}, name, None, 0)
    said = []
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=said.append)
    return "".join(said)


def commands(console):
    """Each command of a console session with the output shown under it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield shlex.split(command), shown


def agrees(shown, given):
    """Whether the output is what is shown, `...` standing for anything."""
    return doctest.OutputChecker().check_output(shown, given, FLAGS)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_each_session_goes_as_shown(page):
    """Every `>>>` line gives the lines under it."""
    assert failures("\n".join(blocks(page, SESSION)), page.name) == ""


@pytest.mark.parametrize(
    "page", [p for p in [README, *PAGES] if blocks(p, CONSOLE)], ids=lambda p: p.stem
)
def test_each_command_prints_what_is_shown(page, capsys):
    """stdout and stderr together, as a terminal has them."""
    for block in blocks(page, CONSOLE):
        for (program, *arguments), shown in commands(block):
            assert program == "symdiff"
            main(arguments)
            out, err = capsys.readouterr()
            assert agrees(shown, out + err), f"{arguments} printed\n{out}{err}"


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, TESTS)], ids=lambda p: p.stem)
@pytest.mark.usefixtures("imports_kept")
def test_each_test_shown_passes(page, pytester):
    """The page's test file, as a reader would write it."""
    shown = blocks(page, TESTS)
    pytester.makepyfile("\n\n".join(shown))

    passed = sum(block.count("def test_") for block in shown)
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=passed)


def test_a_session_that_goes_otherwise_is_seen():
    """The runner can fail: 1 + 1 is not 3."""
    assert "Expected:\n    3" in failures(">>> 1 + 1\n3\n")
    assert not agrees("tanh agrees\n", "tanh disagrees\n")


def test_the_pages_build_without_a_warning(tmp_path):
    """Docstrings included: what Sphinx cannot read, a reader of the page cannot either."""
    build = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "dummy", str(DOCS), str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_every_page_is_in_the_table_of_contents():
    """A page that nothing leads to is not read."""
    index = (DOCS / "index.md").read_text(encoding="utf-8").splitlines()

    assert {p.stem for p in PAGES} - {"index"} <= set(index)
