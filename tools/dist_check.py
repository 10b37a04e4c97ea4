"""Build wheel and sdist, install each in a fresh environment, and run a slice from elsewhere.

    python -m tools.dist_check [PYTHON …]

The wheel is installed with the oldest versions that setup.cfg allows, the sdist with the newest
that pip finds; neither is editable, and nothing is run in the checkout. By default every Python
from 3.11 on that is on the path. torch is the version of requirements.lock, whose CPU build a user
without a GPU takes; its oldest is not tried. Prints what each environment said and had installed.
"""
# ruff: noqa: T201, S603 - a script prints, and runs what it has installed

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")

_OF_TORCH = ("filelock", "fsspec", "networkx", "typing-extensions")  # what it imports at once

# Where there is no build of torch without CUDA's libraries, as for some Pythons of some indices.
ALONE = """
import sys, symdiff
assert "site-packages" in symdiff.__file__
print(symdiff.adjoints(symdiff.neuron("gelu")))
print(symdiff.adjoints(symdiff.neuron("gelu")).enclose(w=0.5, x=1.0, b=0.0, t=1.0)["w"])
assert "torch" not in sys.modules
"""
SLICE = """
import pathlib, torch, comparisons, symdiff
assert "site-packages" in comparisons.__file__ and "site-packages" in symdiff.__file__
print(symdiff.adjoints(symdiff.neuron("gelu")))
assert str(comparisons.check("relu").verdict) == "accurate"
a, b = torch.randn(3, 4), torch.randn(3, 4)
comparisons.check(lambda a, b: torch.nn.functional.silu(a) * b, a, b)
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): ctx.save_for_backward(x); return torch.sin(x)
    @staticmethod
    def backward(ctx, v): return 1.001 * v * torch.cos(ctx.saved_tensors[0])
try: comparisons.check(Wrong.apply, "sin(z)")
except comparisons.GradientMismatch as mismatch: print(str(mismatch).splitlines()[0])
else: raise SystemExit("a wrong backward passed")
"""
TEST = """
def test_it(compare_gradients):
    compare_gradients("silu", dtype="float32")
"""


class Failed(Exception):
    """Raised where a command exits with another code than 0."""


def oldest() -> list[str]:
    """Every requirement at the lowest version that setup.cfg allows."""
    read = configparser.ConfigParser()
    read.read(_ROOT / "setup.cfg")
    lines = read["options"]["install_requires"].split()
    return [line.replace(">=", "==") for line in lines] + ["pytest==8.0"]


def torch_pinned() -> str:
    """The torch of requirements.lock."""
    lock = (_ROOT / "requirements.lock").read_text(encoding="utf-8")
    (found,) = re.findall(r"^torch==\S+", lock, flags=re.MULTILINE)
    return str(found)


def run(command: Sequence[str | Path], folder: Path) -> str:
    """Run a command: the text that it prints.

    Raises: Failed, once what it said is printed, if it fails.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
        raise Failed(f"{' '.join(map(str, command[:6]))} … exited with {done.returncode}")
    return done.stdout


def without_torch(python: Path, folder: Path) -> None:
    """Run what symdiff does by itself."""
    (folder / "alone.py").write_text(ALONE, encoding="utf-8")
    print(run([python, "alone.py"], folder), end="")
    run([python.with_name("symdiff"), "derive", "gelu"], folder)


def slice_of(python: Path, folder: Path) -> None:
    """Run a little of everything that needs a file of the package: pages, fonts, schema, plugin."""
    (folder / "use.py").write_text(SLICE, encoding="utf-8")
    (folder / "test_use.py").write_text(TEST, encoding="utf-8")
    print(run([python, "use.py"], folder), end="")
    symdiff = python.with_name("symdiff")
    run([symdiff, "compare", "relu", "gelu", "--dtype", "float32"], folder)
    run([python, "-m", "pytest", "-q", "--symdiff-report=r.html", "--symdiff-json=r.json"], folder)
    run([symdiff, "report", "--from", "r.json", "--output", "again.html"], folder)
    assert (folder / "again.html").stat().st_size > 7 * 10**4  # noqa: S101 - the page holds its font


def check(python: str, built: Path, requirements: Sequence[str], work: Path) -> None:
    """Check one environment."""
    venv, elsewhere = work / "venv", work / "elsewhere"
    elsewhere.mkdir(parents=True)
    run([python, "-m", "venv", venv], work)
    own = venv / "bin" / "python"
    pip: list[str | Path] = [own, "-m", "pip", "install", "-q", "--prefer-binary"]
    run([*pip, built, *requirements, *_OF_TORCH], work)
    run([*pip, "--no-deps", torch_pinned()], work)  # which asks for a newer SymPy than symdiff does
    without_torch(own, elsewhere)
    try:
        run([own, "-c", "import torch"], elsewhere)
    except Failed:
        print("  this build of torch cannot be imported: symdiff alone was run")
    else:
        slice_of(own, elsewhere)
    listed = run([own, "-m", "pip", "list", "--format=freeze"], work).split()
    print(f"  with {', '.join(p for p in listed if not p.startswith('nvidia'))}")
    shutil.rmtree(venv)


def main(pythons: Sequence[str]) -> None:
    """Build, then check every environment."""
    found = [p for p in pythons or _PYTHONS if shutil.which(p)]
    wrong: list[str] = []
    print(f"Pythons at hand: {', '.join(found)}")
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        copy = work / "source"
        kept = subprocess.run(
            ["git", "archive", "HEAD"],  # noqa: S607 - whichever git there is
            cwd=_ROOT,
            capture_output=True,
            check=True,
        )
        copy.mkdir()
        subprocess.run(["tar", "x"], cwd=copy, input=kept.stdout, check=True)  # noqa: S607
        run([found[0], "-m", "venv", work / "build"], work)
        builder = work / "build" / "bin" / "python"
        run([builder, "-m", "pip", "install", "-q", "build"], work)
        run([builder, "-m", "build", "--outdir", work / "dist", copy], work)
        (wheel,) = (work / "dist").glob("*.whl")
        (sdist,) = (work / "dist").glob("*.tar.gz")
        for python in found:
            cases = ("wheel, oldest", wheel, oldest()), ("sdist, newest", sdist, ["pytest"])
            for name, built, requirements in cases:
                print(f"{python}, {name}:", flush=True)
                place = work / f"{Path(python).name}-{name.split(',')[0]}"
                try:
                    check(python, built, requirements, place)
                except Failed as failed:
                    wrong.append(f"{python}, {name}")
                    print(f"  {failed}", flush=True)
                else:
                    print("  works", flush=True)
    if wrong:
        raise SystemExit(f"does not work: {'; '.join(wrong)}")


if __name__ == "__main__":
    main(sys.argv[1:])
