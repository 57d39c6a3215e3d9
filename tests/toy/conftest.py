from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory, monkeypatch):
    """Each test has a ganzoo home of its own."""
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GANZOO_HOME", str(path))
    return path
