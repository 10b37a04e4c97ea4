"""What docs/atlas shows is what its JSON says, and what a finding shows is what happens."""

import json
import math
import re
import subprocess
import sys
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

from comparisons.atlases.atlas import Atlas
from comparisons.atlases.data import read_document
from comparisons.atlases.pages import pages
from comparisons.costs.chain import expression_of
from comparisons.dtypes import float_type
from comparisons.frameworks.every import FRAMEWORKS

FOLDER = Path(__file__).parents[3] / "docs" / "atlas"
FINDINGS = sorted((FOLDER / "findings").glob("*.md"))
SHOWN = re.compile(r"^```python\n(.*?)^```\n\nIt prints `([^`]+)`", re.DOTALL | re.MULTILINE)
IMPORTS = {f.name: re.compile(rf"\b{f.name}\b") for f in FRAMEWORKS.values()}


def test_the_pages_are_those_of_the_json():
    """Nobody edited them, and none is left over."""
    made = pages(Atlas(read_document(FOLDER / "atlas.json")))
    there = {
        str(path.relative_to(FOLDER))
        for kind in ("*.md", "functions/*.md", "plots/*.svg")
        for path in FOLDER.glob(kind)
    }

    assert there == made.keys()
    for name, text in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, name


@pytest.mark.parametrize("page", FINDINGS, ids=lambda p: p.stem)
def test_a_finding_shows_code_and_what_it_prints(page):
    """At least one block, of a framework that is known."""
    blocks = SHOWN.findall(page.read_text(encoding="utf-8"))

    assert blocks
    assert all(any(word.search(code) for word in IMPORTS.values()) for code, _ in blocks)


@pytest.mark.slow
@pytest.mark.parametrize("page", FINDINGS, ids=lambda p: p.stem)
def test_a_finding_prints_what_it_says(page):
    """In that framework alone, where it is installed."""
    ran = 0
    for code, shown in SHOWN.findall(page.read_text(encoding="utf-8")):
        needed = [f for f in FRAMEWORKS.values() if IMPORTS[f.name].search(code)]
        if any(f.missing() for f in needed):
            continue
        told = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True
        )
        printed, expected = float(told.stdout.split()[-1]), float(shown)
        assert printed == expected or (math.isnan(printed) and math.isnan(expected))
        ran += 1
    if not ran:
        pytest.skip("none of its frameworks is installed")


@pytest.fixture(scope="module")
def wrong():
    """The cells that disagree."""
    atlas = Atlas(read_document(FOLDER / "atlas.json"))
    return [c for c in atlas.cells if not c["absent"] and c["verdict"] == "disagrees"]


def test_each_cell_that_disagrees_is_on_a_page_of_findings(wrong):
    """And no page is about one that does not: its last paragraph names them."""
    titles = {f.name: f.title for f in FRAMEWORKS.values()}
    found = {(c["function"], titles[c["framework"]]) for c in wrong}
    told = set()
    for page in FINDINGS:
        *_, last = page.read_text(encoding="utf-8").strip().split("\n\n")
        assert last.startswith("In the atlas: "), page.name
        for function, who in re.findall(r"\[(\w+)\]\(\S+\)\s\(([^)]*)\)", last):
            told |= {(function, " ".join(name.split())) for name in who.split(",")}

    assert told == found


def test_each_truth_is_mpmaths(wrong):
    """Of every cell that disagrees, at its worst point: a difference quotient in a thousand digits.

    It knows the documented formula alone, and no derivative of it.
    """
    assert len(wrong) > 100
    for cell in wrong:
        at = _read(cell["framework"], cell["dtype"], cell["worst"]["at"])
        truth, slope = cell["worst"]["truth"], _slope(cell["framework"], cell["function"], at)
        # As far as it needs to be enclosed: a part of an ulp of the type.
        digits = 50 if cell["dtype"] == "float64" else 40
        least = max(float_type(cell["dtype"]).smallest_subnormal / 16, 2**-1073)
        off = abs(mpmath.mpf(truth) - slope)
        assert off <= 2**-digits * abs(slope) + least, (cell["worst"], slope)


def _read(name, dtype, at):
    """The number that the framework's kernels read."""
    engine = FRAMEWORKS[name].engine("reverse")
    return engine.read({"z": np.array([at])}, float_type(dtype))["z"][0]


def _slope(name, function, at):
    """(f(z + h) − f(z − h))/2h of the formula in plain SymPy; h is so small that 60 digits hold."""
    plain = expression_of(FRAMEWORKS[name].own(function).definition(function), 1)
    (argument,) = plain.free_symbols
    f = sympy.lambdify(argument, plain, "mpmath")
    with mpmath.workdps(1500):
        at = mpmath.mpf(float(at))
        h = min(abs(at) or 1, 1) * mpmath.mpf(10) ** -70
        return (f(at + h) - f(at - h)) / (2 * h)


PRINTING = """
import json, math, sys
wrong = []
for line, hexadecimal in json.load(sys.stdin):
    said = []
    exec(line, {"print": lambda value: said.append(float(value))})
    value = float.fromhex(hexadecimal)
    if not (said == [value] or math.isnan(value) and math.isnan(said[0])):
        wrong.append((line, said, value))
print(json.dumps(wrong))
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FRAMEWORKS])
def test_each_printed_line_gives_the_printed_value(name, wrong):
    """Of every cell that disagrees, run in that framework alone, at the versions of the atlas."""
    framework, document = FRAMEWORKS[name], read_document(FOLDER / "atlas.json")
    if framework.missing() or framework.version != document["versions"].get(name):
        pytest.skip(f"{framework.title} {document['versions'].get(name)} is not installed")
    points = [c[p] for c in wrong if c["framework"] == name for p in ("worst", "usual") if c[p]]
    lines = [(point["reproduction"], float(point["computed"]).hex()) for point in points]
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRINTING],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=True,
    )

    assert lines
    assert json.loads(told.stdout.splitlines()[-1]) == []
