"""The way through the house that one comparison takes."""

from pathlib import Path

from fresh_process import run_fresh

ROOT = Path(__file__).parents[1]

WALK = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
import comparisons

comparisons.compare("gelu", dtype="float32")  # imports, and what is kept
entered = set()

def enter(frame, event, _):
    code = frame.f_code
    if event == "call" and code.co_name != "<module>":
        entered.add(code.co_filename)

sys.setprofile(enter)
comparisons.compare("gelu", dtype="float32")
sys.setprofile(None)
for package in ("symdiff", "comparisons"):
    print(sum(file.startswith(f"{ROOT}/{{package}}/") for file in entered))
"""


def test_the_walk_grows_no_longer(tmp_path):
    """A file has one idea, and none is entered without need: 77 of 540."""
    done = run_fresh(WALK, tmp_path)
    assert done.returncode == 0, done.stderr
    symdiff, comparisons = map(int, done.stdout.split())

    assert 40 <= symdiff <= 46
    assert 25 <= comparisons <= 31
