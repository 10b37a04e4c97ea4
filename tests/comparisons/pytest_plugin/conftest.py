"""A temporary folder of its own a test: no run finds there what another run left.

Runs of pytest within this process find everything imported: torch takes seconds, and what a run
imports itself is forgotten after it.
"""

import pkgutil
import tempfile
from importlib import import_module

import pytest

import comparisons
import symdiff


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory, monkeypatch):
    """The runs that a test starts look there for killed ones, and leave theirs there."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setattr(tempfile, "tempdir", folder)  # of runs within this process
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")  # seconds of imports a process


@pytest.fixture(scope="session", autouse=True)
def everything_imported():
    """Each module of both packages, but for what starts a program or needs another framework."""
    for package in (symdiff, comparisons):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not {"__main__", "frameworks", "apart"} & set(found.name.split(".")):
                import_module(found.name)
