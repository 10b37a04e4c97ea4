"""A temporary folder of its own a test: no run finds there what another run left."""

import tempfile

import pytest


@pytest.fixture(autouse=True)
def own_temporary_folder(imports_kept, pytester, tmp_path_factory, monkeypatch):  # noqa: ARG001
    """The runs that a test starts look there for killed ones, and leave theirs there."""
    folder = str(tmp_path_factory.mktemp("temporary"))
    monkeypatch.setenv("TMPDIR", folder)
    monkeypatch.setattr(tempfile, "tempdir", folder)  # of runs within this process
    # Hypothesis would be imported by each process, in seconds; pytester unsets this at its start.
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
