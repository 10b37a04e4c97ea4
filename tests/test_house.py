"""The house of each package: imports run down through its rooms, and never in a circle."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from imports import against_the_order, circle, files_of, room, upwards

ROOT = Path(__file__).parents[1]

# A room imports only from those before it. The package's own name stands for its face.
ROOMS: Mapping[str, Sequence[str]] = {
    "symdiff": (
        "suggestion",
        "array_types",
        "trees",
        "functions",
        "expression",
        "kinks",
        "notation",
        "graph",
        "programs",
        "balls",
        "float_balls",
        "double_doubles",
        "float_blocks",
        "bridge",
        "oracle",
        "rounding",
        "definition",
        "application",
        "catalogue",
        "adjoint",
        "symdiff",
    ),
    "comparisons": (
        "dtypes",
        "inputs",
        "capture",
        "subjects",
        "engines",
        "frameworks",
        "judge",
        "diagnosis",
        "results",
        "cases",
        "careful",
        "sweeps",
        "verbs",
        "report",
        "atlases",
        "costs",
        "comparisons",
        "pytest_plugin",
        "cli",
        "__main__",
    ),
}

# The rooms within a room, in order. Files beside them are open to all of them.
INNER_ROOMS: Mapping[str, Sequence[str]] = {
    "symdiff.graph": ("arrays", "kinds", "composed", "reading", "adjoints"),
    "symdiff.oracle": (
        "enclosures",
        "limits",
        "points",
        "tables",
        "programs",
        "neighbourhood",
        "borders",
    ),
    "comparisons.capture": ("arrays", "running", "calls", "rules"),
    "comparisons.subjects": ("own", "catalogue"),
    "comparisons.engines": ("modes", "layouts"),
    "comparisons.frameworks": ("libraries",),
    "comparisons.judge": ("points", "graphs", "power"),
    "comparisons.results": ("views", "code"),
    "comparisons.careful": ("running", "circumstances", "numbers"),
    "comparisons.report": ("data", "summaries", "page"),
}


@pytest.mark.parametrize("package", ROOMS)
def test_no_modules_import_each_other_in_a_circle(package):
    """Each module can be understood with only those that it imports."""
    assert circle(package, ROOT) == []


@pytest.mark.parametrize("package", ROOMS)
def test_imports_run_down_through_the_rooms(package):
    """No room knows of one that is built on it, and no module is in none."""
    assert against_the_order(package, ROOMS[package], ROOT) == []


@pytest.mark.parametrize("home", INNER_ROOMS)
def test_imports_run_down_within_a_room(home):
    """The rooms of one room are ordered too, and each is there."""
    package, _, outer = home.partition(".")
    rooms = [f"{outer}.{inner}" for inner in INNER_ROOMS[home]]
    files = files_of(package, ROOT)

    assert upwards(package, rooms, ROOT) == []
    assert {room(module, 2) for module in files} >= set(rooms)
    assert {room(m, 2) for m in files if room(m) == outer and m.count(".") > 2} == set(rooms)


@pytest.mark.parametrize("package", ROOMS)
def test_each_room_is_there(package):
    """The list names no room that is gone."""
    assert {room(module) for module in files_of(package, ROOT)} == set(ROOMS[package])


def test_no_file_is_longer_than_400_lines():
    """One idea a file, in the packages, the tests, the tools and the benchmarks."""
    folders = ("symdiff", "comparisons", "tests", "tools", "benchmarks")
    files = (file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    lines = {str(f.relative_to(ROOT)): f.read_text(encoding="utf-8").count("\n") for f in files}

    assert {file: n for file, n in lines.items() if n > 400} == {}


def test_no_room_holds_more_than_16_modules():
    """Beyond that it has rooms of its own; the kinds of nodes alone are a list."""
    beside = Counter(
        p.parent.relative_to(ROOT)
        for package in ROOMS
        for p in (ROOT / package).rglob("*.py")
        if p.name != "__init__.py"
    )

    assert {str(room) for room, n in beside.items() if n > 16} <= {"symdiff/graph/kinds"}


def test_no_two_test_files_have_one_name():
    """pytest imports them by it, and runs one of the two alone."""
    files = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))

    assert [name for name, n in files.items() if n > 1] == []


@pytest.mark.parametrize(
    "stub",
    [stub for package in ROOMS for stub in sorted((ROOT / package).rglob("__init__.pyi"))],
    ids=lambda p: str(p.parent.relative_to(ROOT)),
)
def test_no_public_name_is_that_of_a_module(stub):
    """Once the module is imported its name would be the module's: lazy_loader 0.4 has it so."""
    names = {
        alias.asname or alias.name
        for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }

    assert names & {p.stem for p in stub.parent.iterdir()} == set()


@pytest.mark.parametrize("package", ROOMS)
def test_no_two_classes_have_one_name(package):
    """One word, one meaning."""
    found: dict[str, list[str]] = {}
    for file in sorted((ROOT / package).rglob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(str(file.relative_to(ROOT)))

    assert {name: files for name, files in found.items() if len(files) > 1} == {}


@pytest.mark.parametrize("package", ROOMS)
def test_what_is_raised_is_said_where_it_is(package):
    """`Raises: as f` sends the reader elsewhere, and `Args: as f` does."""
    elsewhere = re.compile(r"(Raises|Args): as [a`]|: those of `_")
    sources = (ROOT / package).rglob("*.py")

    assert [f for f in sources if elsewhere.search(f.read_text(encoding="utf-8"))] == []


def test_a_file_that_a_text_names_is_there():
    """Also in docstrings and on pages, which no import follows."""
    texts = (f for home in (*ROOMS, "docs", "tools") for f in (ROOT / home).rglob("*.[pm][yd]"))
    named = {
        f"{text.relative_to(ROOT)}: {path}"
        for text in texts
        for path in re.findall(
            r"\b(?:symdiff|comparisons|tests|tools)/[\w/]+\.py\b", text.read_text(encoding="utf-8")
        )
        if not (ROOT / path).exists()
    }

    assert named == set()


def test_the_page_shows_the_rooms():
    """docs/house.md has each room of symdiff, in order, and each of comparisons."""
    page = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
    rows = [line[4:] for line in page.splitlines() if line.startswith("    ")][1:]
    left = [row[:50].split()[0] for row in rows if row[:50].strip()]
    right = {row[50:].split()[0] for row in rows if row[50:]}

    assert left == [*ROOMS["symdiff"][:-1]]
    assert right == {*ROOMS["comparisons"]} - {"comparisons", "__main__"}


@pytest.fixture
def house(tmp_path):
    """A small package of two rooms, `below` and `above`, in which each file can be replaced."""

    def build(**sources):
        for name, text in {
            "__init__.py": "",
            "__init__.pyi": "from .above.roof import tile as tile\n",
            "below/__init__.py": "",
            "below/floor.py": "board = 1\n",
            "below/cellar.py": "",
            "above/__init__.py": "",
            "above/roof.py": "from pack.below.floor import board\ntile = board\n",
            **{k.replace("__", "/") + ".py": v for k, v in sources.items()},
        }.items():
            path = tmp_path / "pack" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path

    return build


ORDER = ("below", "above", "pack")


class TestTheCheckItself:
    """What it must reject, and what it must not."""

    def test_a_house_in_order_is_accepted(self, house):
        """Imports down, and of other packages, are right."""
        root = house(below__cellar="import numpy\nfrom pack.below import floor\n")

        assert circle("pack", root) == against_the_order("pack", ORDER, root) == []

    @pytest.mark.parametrize(
        "source",
        [
            "from pack.above.roof import tile\n",
            "import pack.above.roof\n",
            "from pack.above import roof\n",
            "from ..above.roof import tile\n",
            "def f():\n    from pack.above.roof import tile\n",
            "import typing\nif typing.TYPE_CHECKING:\n    from pack.above import roof\n",
        ],
    )
    def test_an_import_upwards_is_seen_wherever_it_stands(self, house, source):
        """Both files and the name are told."""
        (told,) = against_the_order("pack", ORDER, house(below__cellar=source))

        assert told.startswith("pack/below/cellar.py:")
        assert "from pack/above/roof.py, and below is below above" in told

    def test_an_import_upwards_within_a_room_is_seen(self, house):
        """The order of inner rooms binds; what stands beside them is free."""
        sources = {"below__a__one": "from pack.below.b.two import x\n", "below__b__two": "x = 1\n"}
        root = house(**sources, below__a____init__="", below__b____init__="")

        assert upwards("pack", ("below.b", "below.a"), root) == []
        assert upwards("pack", ("below.a", "below.b"), root) == [
            "pack/below/a/one.py:1 imports x from pack/below/b/two.py, and below.a is below below.b"
        ]

    def test_the_face_is_above_all(self, house):
        """What a room takes from its own package's face comes from above."""
        root = house(below__floor="board = 1\n", below__cellar="from pack import tile\n")

        (told,) = against_the_order("pack", ORDER, root)
        assert told == (
            "pack/below/cellar.py:1 imports tile from pack/__init__.py, and below is below pack"
        )

    def test_a_circle_within_a_room_is_seen(self, house):
        """The two imports that close it are told."""
        root = house(
            below__floor="def f():\n    from pack.below.cellar import deep\n",
            below__cellar="from pack.below.floor import f\n",
        )

        assert against_the_order("pack", ORDER, root) == []
        assert sorted(circle("pack", root)) == [
            "pack/below/cellar.py:1 imports f from pack/below/floor.py",
            "pack/below/floor.py:2 imports deep from pack/below/cellar.py",
        ]

    def test_a_circle_through_a_stub_is_seen(self, house):
        """The face names the roof, which asks the face."""
        root = house(above__roof="from pack import tile\n")

        assert sorted(circle("pack", root)) == [
            "pack/__init__.pyi:1 imports tile from pack/above/roof.py",
            "pack/above/roof.py:1 imports tile from pack/__init__.py",
        ]

    def test_a_module_in_no_room_is_told(self, house):
        """Whoever adds a room says where it stands."""
        root = house(attic="")

        assert against_the_order("pack", ORDER, root) == ["pack/attic.py is in no room"]
