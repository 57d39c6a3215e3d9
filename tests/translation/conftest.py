"""The plugin of these tests: in this process, and in processes that are started."""

from pathlib import Path

import pytest
from plugins.installed import describe

from ganzoo.plugins import registry

HERE = Path(__file__).parent


@pytest.fixture
def translators(monkeypatch, home):
    """The two variants, registered in this process."""
    monkeypatch.setenv("GANZOO_PLUGINS", "")
    monkeypatch.syspath_prepend(str(HERE))
    registry.cache_clear()
    import ganzoo_translator

    registry().register(ganzoo_translator, "translator")
    yield {variant.source: variant for variant in ganzoo_translator.ganzoo_variants()}
    registry.cache_clear()


@pytest.fixture
def ganzoo(ganzoo, site):
    """As everywhere, in processes that see the plugin."""
    describe(site, "ganzoo-translator", "translator", "ganzoo_translator")

    def run(*arguments, **options):
        environment = {"PYTHONPATH": f"{site}:{HERE}"} | options.pop("environment", {})
        return ganzoo(*arguments, environment=environment, **options)

    return run
