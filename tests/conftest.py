"""What holds for every test, and for the processes that tests start.

One torch thread a process: two cost 16 ms a call on a busy machine, and xdist has both cores.
Modules are compiled once for all processes: a hundred of them are started, and each would spend
seconds on it where Python is told to keep no bytecode.
"""

import os
import pkgutil
import sys
from importlib import import_module

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["pytester"]


@pytest.fixture(scope="session")
def everything_imported():
    """Each module of both packages, but for what starts a program or needs another framework.

    Runs of pytest within this process find everything imported: torch takes seconds, and what a
    run imports itself is forgotten after it.
    """
    for package in map(import_module, ("symdiff", "comparisons")):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"__main__", "frameworks", "apart"} & set(found.name.split(".")):
                import_module(found.name)
