"""The package stands alone: no torch, nothing imported before it is used, nothing unsaid."""

import ast
import subprocess
import sys
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path

import pytest

import symdiff

ROOT = Path(symdiff.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
STUBS = sorted(ROOT.rglob("__init__.pyi"))
FORBIDDEN = {"torch", "comparisons"}

WITHOUT_TORCH = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "comparisons"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def _run(code):
    """The output of a fresh interpreter that runs the code where symdiff is found first."""
    start = f"import sys; sys.path.insert(0, {str(ROOT.parent)!r})\n"
    done = subprocess.run(
        [sys.executable, "-c", start + code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_gelu_is_derived_and_evaluated_without_torch():
    """Where torch cannot be imported, symdiff imports, derives and evaluates gelu'."""
    code = """
import symdiff
f = symdiff.adjoints(symdiff.neuron("gelu")).lambdify()
print(f(w=1.0, x=0.5, b=0.0, t=0.0)["z"] != 0, "torch" in sys.modules)
"""

    assert _run(WITHOUT_TORCH + code) == "True False"


def test_torch_is_missing_there():
    """The test above can fail: in that interpreter importing torch does raise."""
    code = """
try:
    import torch
except ModuleNotFoundError:
    print("missing")
"""

    assert _run(WITHOUT_TORCH + code) == "missing"


@pytest.mark.parametrize("module", ["sympy", "numpy", "mpmath", "scipy", "torch"])
def test_importing_symdiff_imports_nothing_heavy(module):
    """`import symdiff` alone loads neither SymPy nor numpy."""
    assert _run(f"import symdiff; print({module!r} in sys.modules)") == "False"


def test_reading_adjoints_needs_no_scipy():
    """Deriving and printing leaves SciPy alone; only evaluating Φ needs it."""
    code = """
import symdiff
str(symdiff.adjoints(symdiff.neuron("gelu")))
print("scipy" in sys.modules)
"""

    assert _run(code) == "False"


def _imported(source):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_module_imports_torch_or_comparisons(path):
    """Imports go one way: comparisons may know symdiff, never the reverse."""
    assert not FORBIDDEN & set(_imported(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source", ["import torch.nn", "def f():\n    from comparisons.judge.ulp import ulp"]
)
def test_a_forbidden_import_is_seen(source):
    """The walk sees submodules and imports inside functions."""
    assert FORBIDDEN & set(_imported(source))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_executed_from_text(path):
    """No source calls eval, exec or sympify on text of a user's."""
    calls = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    # The ball compiler executes source of its own, in which every name is one it made (v0, t1), and
    # torch code source in which every name of a user's is known to be a name and no more.
    allowed = {"exec"} if path.name in ("source.py", "torch_code.py") else set()
    assert not ({"eval", "exec", "sympify", "parse_expr"} & calls) - allowed


@pytest.mark.parametrize("name", symdiff.__all__)
def test_every_public_name_resolves_and_is_documented(name):
    """Each name of the public API exists; functions and classes have a docstring."""
    value = getattr(symdiff, name)

    assert value is not None
    if callable(value):
        assert value.__doc__


@pytest.mark.parametrize("stub", STUBS, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_face_is_its_stub(stub):
    """What type checkers see in a package is, in order, what it has: each name once, and found."""
    names = [a for n in ast.parse(stub.read_text(encoding="utf-8")).body for a in n.names]
    package = import_module(".".join(stub.parent.relative_to(ROOT.parent).parts))

    assert all(a.asname == a.name for a in names)  # else a type checker takes it for private
    assert sorted(a.name for a in names) == package.__all__ == dir(package)
    assert all(getattr(package, name) is not None for name in package.__all__)


def test_an_unknown_attribute_is_an_attribute_error():
    """A misspelt name is refused as any module does."""
    with pytest.raises(AttributeError, match="No symdiff attribute adjoint_s"):
        symdiff.adjoint_s  # noqa: B018 - the access is the test


def test_the_docstrings_example_is_true():
    """The example in the package's docstring prints what it says."""
    _, _, shown = symdiff.__doc__.partition('symdiff.neuron("tanh")))\n')
    expected = [line.strip() for line in shown.splitlines()[:7]]

    assert expected == str(symdiff.adjoints(symdiff.neuron("tanh"))).splitlines()


def test_types_and_faces_ship():
    """The package says that it is typed, and an installed face finds its stub."""
    settings = ConfigParser()
    settings.read(ROOT.parent / "setup.cfg", encoding="utf-8")

    assert (ROOT / "py.typed").exists()
    assert "*.pyi" in settings["options.package_data"]["*"]
