import pytest
from plugins.installed import Command


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site"
    path.mkdir()
    return path


@pytest.fixture
def ganzoo(site, tmp_path):
    return Command(site, tmp_path)
