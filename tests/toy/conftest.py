from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _own_home(home):
    """Each test has a ganzoo home of its own."""
