"""A temporary folder of its own a test: no run finds there what another run left."""

import pytest


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path_factory, monkeypatch):
    """The runs that a test starts look there for killed ones, and leave theirs there."""
    monkeypatch.setenv("TMPDIR", str(tmp_path_factory.mktemp("temporary")))
