"""What holds for every test, and for the processes that tests start.

One torch thread a process: two cost 16 ms a call on a busy machine, and xdist has both cores.
Modules are compiled once for all processes: a hundred of them are started, and each would spend
seconds on it where Python is told to keep no bytecode.
"""

import gc
import os
import sys

import pytest
from _pytest.pytester import SysModulesSnapshot

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["pytester"]
gc.disable()  # until everything is collected: nearly all of it stays


def pytest_collection_finish():
    """What is there by now is not searched for garbage again."""
    gc.freeze()
    gc.enable()


@pytest.fixture
def imports_kept(monkeypatch, tmp_path_factory):
    """Runs of pytest within this process forget their test files alone.

    Of themselves they forget all that they import: torch takes seconds, and neither its operators
    nor numba's types can be registered twice.
    """
    own = str(tmp_path_factory.getbasetemp())

    def kept(name):
        return not str(getattr(sys.modules[name], "__dict__", {}).get("__file__")).startswith(own)

    def snapshot(preserve):  # noqa: ARG001 - called by keyword
        return SysModulesSnapshot(kept)

    monkeypatch.setattr("_pytest.pytester.SysModulesSnapshot", snapshot)
