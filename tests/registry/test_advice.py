"""Commands in messages can be typed as they stand, whatever a name in them says."""

import json
import shlex

import pytest
from registry import forge

from ganzoo.plugins.record import PluginRecord
from ganzoo.registry.opening import missing_variant
from ganzoo.registry.packages.manifest import parse_manifest


def commands(text):
    """Between backticks, as a shell splits them."""
    return [shlex.split(part, comments=True) for part in text.split("`")[1::2]]


@pytest.mark.parametrize(
    ("distribution", "likely"),
    [("ganzoo-novel", "ganzoo-novel"), ("", "ganzoo-novel"), ("torch-ganzoo", "ganzoo-novel"), ("A.b_c-9", "A.b_c-9")],
)
def test_what_is_missing_is_installed_by_one_name(distribution, likely):
    values = {**forge.manifest("novel"), "plugin": {"distribution": distribution, "version": "1.0rc1.post2.dev3+g1"}}
    files = {name: {"size": 1, "sha256": "0" * 64} for name in ("config.json", "model.safetensors")}
    said = missing_variant(parse_manifest(json.dumps({**values, "files": files}).encode()))
    assert commands(said) == [["pip", "install", likely]]


@pytest.mark.parametrize("name", ["x; curl e | sh", "--debug x", "$(id)", "a b"])
def test_plugins_of_any_name(name):
    record = PluginRecord(name, status="failed", reason="it raised")
    assert commands(record.complaint) == [["ganzoo", "plugins", "doctor", name]]
