"""The rooms of `comparisons`, from the ground up: a room imports from those before it alone."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = (
    "dtypes",
    "inputs",
    "capture",
    "subjects",
    "engines",
    "judge",
    "results",
    "case",
    "sweeps",
    "verbs",
    "report",
    "cli",
    "pytest_plugin",
    "__main__",
)
FACE = ROOT / "comparisons" / "__init__.pyi"
# What pytest and the command line call by the public names: the face of the package is above all.
THROUGH_THE_FACE = {"cli", "pytest_plugin"}


def sources() -> list[Path]:
    """Every source of the package but its face."""
    found = sorted((ROOT / "comparisons").rglob("*.py"))
    return [path for path in found if path.parent != FACE.parent or path.name != "__init__.py"]


def module(path: Path) -> str:
    """comparisons/judge/ulp.py → comparisons.judge.ulp."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imported(source: str) -> Iterator[tuple[str, str]]:
    """Each module of the package and the name that is imported, wherever the statement stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "comparisons":
            for alias in node.names:
                inner = ROOT / f"{node.module}.{alias.name}".replace(".", "/")
                is_module = inner.with_suffix(".py").exists() or inner.is_dir()
                yield f"{node.module}.{alias.name}" if is_module else node.module, alias.name
        elif isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.split(".")[0] == "comparisons")


def room(name: str) -> str:
    """comparisons.judge.ulp → judge; the package itself is its face."""
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "the face"


def upwards(path: Path, source: str) -> list[str]:
    """The imports of a file that go up, in words."""
    here = room(module(path))
    wrong = []
    for name, what in imported(source):
        there = room(name)
        if there == "the face":
            if here not in THROUGH_THE_FACE:
                wrong.append(f"{path.name} imports {what} from the package's face")
        elif ROOMS.index(there) > ROOMS.index(here):
            wrong.append(f"{path.name} imports {what} from {name}, which is above {here}")
    return wrong


@pytest.mark.parametrize("path", sources(), ids=module)
def test_a_room_imports_from_those_below_it(path):
    """Imports for types, and within functions, count as any other."""
    assert not upwards(path, path.read_text(encoding="utf-8"))


def test_no_files_import_each_other_in_a_circle():
    """Neither in two rooms nor within one."""
    uses = {
        module(path): {name for name, _ in imported(path.read_text(encoding="utf-8"))}
        for path in sources()
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " → ".join((*way[way.index(name) :], name))
        if name not in done:
            for other in uses.get(name, ()):
                visit(other, (*way, name))
            done.add(name)

    for name in uses:
        visit(name, ())


def test_every_folder_is_a_room():
    """A new one is put into the order."""
    folders = {p.name for p in (ROOT / "comparisons").iterdir() if (p / "__init__.py").exists()}

    assert folders <= set(ROOMS)


@pytest.mark.parametrize(
    "source",
    [
        "from comparisons.report.rows import result_row",
        "def f():\n    from comparisons.verbs import compare",
        "if TYPE_CHECKING:\n    from comparisons.sweeps.sweep import Sweep",
        "from comparisons import compare",
        "import comparisons.cli.command",
    ],
    ids=["above", "in a function", "for types", "the face", "a whole module"],
)
def test_an_import_upwards_is_found(source):
    """A record that imports what renders it, however it does."""
    assert upwards(ROOT / "comparisons" / "results" / "comparison.py", source)


def test_an_import_downwards_is_none():
    """And neither is one from another package."""
    source = "from comparisons.judge.ulp import ulp_error\nimport numpy"
    assert not upwards(ROOT / "comparisons" / "results" / "comparison.py", source)


@pytest.mark.parametrize("path", sources(), ids=module)
def test_a_file_holds_one_idea(path):
    """At most 400 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
