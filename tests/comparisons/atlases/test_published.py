"""What docs/atlas shows is what its JSON says, and what a finding shows is what happens."""

import math
import re
import subprocess
import sys
from pathlib import Path

import pytest

from comparisons.atlases.atlas import Atlas
from comparisons.atlases.data import read_document
from comparisons.atlases.pages import pages
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


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FRAMEWORKS])
def test_each_printed_line_gives_the_printed_value(name):
    """Of every cell that disagrees, run in that framework alone, at the versions of the atlas."""
    framework, document = FRAMEWORKS[name], read_document(FOLDER / "atlas.json")
    if framework.missing() or framework.version != document["versions"].get(name):
        pytest.skip(f"{framework.title} {document['versions'].get(name)} is not installed")
    lines = [
        (c["worst"]["reproduction"], c["worst"]["computed"]["hex"])
        for c in document["cells"]
        if c["framework"] == name and not c["absent"] and c["verdict"] == "disagrees"
    ]
    code = (
        "import json, math, sys\n"
        "wrong = []\n"
        "for line, hexadecimal in json.load(sys.stdin):\n"
        "    said = []\n"
        "    exec(line, {'print': said.append})\n"
        "    value = float.fromhex(hexadecimal)\n"
        "    if not (said == [value] or math.isnan(value) and math.isnan(said[0])):\n"
        "        wrong.append((line, said, value))\n"
        "print(wrong)"
    )
    import json

    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        input=json.dumps(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.splitlines()[-1] == "[]"
