import pytest
from plugins.installed import Command


@pytest.fixture
def ganzoo(site, tmp_path):
    return Command(site, tmp_path)
