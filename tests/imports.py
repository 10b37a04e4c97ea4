"""Which module of a package imports which, wherever it is written, and what runs against an order.

Every import counts: at the top, for types only, inside functions, and what a package's face lists
in its stub.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One import of one module by another of the same package."""

    importer: str
    imported: str
    names: tuple[str, ...]
    file: Path
    line: int

    def said(self, files: Mapping[str, list[Path]]) -> str:
        """Both files, and the names."""
        where = files[self.imported][0]
        return f"{self.file}:{self.line} imports {', '.join(self.names)} from {where}"


def files_of(package: str, root: Path) -> dict[str, list[Path]]:
    """Each module of the package and its files: the source, and the stub of a face."""
    files: dict[str, list[Path]] = {}
    for pattern in ("*.py", "*.pyi"):
        for path in sorted((root / package).rglob(pattern)):
            short = path.relative_to(root)
            module = ".".join(short.with_suffix("").parts).removesuffix(".__init__")
            files.setdefault(module, []).append(short)
    return files


def imports_of(package: str, root: Path) -> Iterator[Import]:
    """Every import within the package."""
    files = files_of(package, root)
    for module, sources in files.items():
        for source in sources:
            text = (root / source).read_text(encoding="utf-8")
            for imported, name, line in _imports_in(text, module, source):
                home = _home(imported, files)
                if home is not None and home != module:
                    yield Import(module, home, (name,), source, line)


@cache  # each test reads every file, and this is what takes its time
def _imports_in(text: str, module: str, source: Path) -> tuple[tuple[str, str, int], ...]:
    """What is imported in a file: from where, under what name, in which line."""
    return tuple(
        (imported, name, node.lineno)
        for node in ast.walk(ast.parse(text))
        for imported, name in _imported(node, module, source)
    )


def _imported(node: ast.AST, module: str, source: Path) -> Iterator[tuple[str, str]]:
    """What a statement may name as a module, and the name that it imports."""
    if isinstance(node, ast.Import):
        yield from ((a.name, a.name) for a in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = module.split(".") if source.stem == "__init__" else module.split(".")[:-1]
        up = base[: len(base) - node.level + 1] if node.level else []
        start = ".".join([*up, *([node.module] if node.module else [])])
        yield from ((f"{start}.{a.name}", a.name) for a in node.names)


def _home(name: str, files: Mapping[str, object]) -> str | None:
    """The module that a dotted name is, or is a name of; None for one of another package."""
    if name in files:
        return name
    above = name.rpartition(".")[0]
    return above if above in files else None


def room(module: str, depth: int = 1) -> str:
    """The room of a module, at so many steps inside; the package's own name for its face."""
    return ".".join(module.split(".")[1 : depth + 1]) or module


def against_the_order(package: str, rooms: Sequence[str], root: Path) -> list[str]:
    """The imports that run up, and the modules that are in no room."""
    files = files_of(package, root)
    homeless = [f"{p[0]} is in no room" for m, p in files.items() if room(m) not in rooms]
    return homeless + upwards(package, rooms, root)


def upwards(package: str, rooms: Sequence[str], root: Path) -> list[str]:
    """The imports that run up through rooms such as `graph`, or such as `graph.kinds`."""
    files, order = files_of(package, root), {name: place for place, name in enumerate(rooms)}
    depth = rooms[0].count(".") + 1
    between = (
        (o, room(o.importer, depth), room(o.imported, depth)) for o in imports_of(package, root)
    )
    return [
        f"{one.said(files)}, and {importer} is below {imported}"
        for one, importer, imported in between
        if {importer, imported} <= order.keys() and order[importer] < order[imported]
    ]


def circle(package: str, root: Path) -> list[str]:
    """The imports of one circle, if there is any."""
    files, found = files_of(package, root), list(imports_of(package, root))
    needs: dict[str, set[str]] = {}
    for one in found:
        needs.setdefault(one.importer, set()).add(one.imported)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        steps = [*zip(error.args[1][1:], error.args[1], strict=False)]
        return [one.said(files) for one in found if (one.importer, one.imported) in steps]
    return []
