"""A store in a folder, and packages for it."""

import pytest
from registry.forge import make

from ganzoo.registry.packages.package import Package
from ganzoo.registry.stores.directory import DirectoryStore


@pytest.fixture
def zoo(tmp_path):
    (tmp_path / "zoo").mkdir()
    return DirectoryStore(tmp_path / "zoo", "lab/")


@pytest.fixture
def package(tmp_path):
    """`package(seed)`: a valid one; another seed is another revision."""

    def made(seed=0, **options):
        return Package.open(make(tmp_path / f"package-{seed}", seed=seed, **options))

    return made
