"""Which plugins are used is the user's choice, made before one is imported."""

import json

import pytest
from plugins.installed import BUILT_IN, GOOD, install

pytestmark = pytest.mark.slow

MARK = "from pathlib import Path; Path('imported').touch()\n"


@pytest.fixture
def imported(site, ganzoo):
    """Installs `newgan` and `other`; says whether newgan was imported since it was last asked."""
    install(site, "newgan", MARK + GOOD.format(variant="newgan", module="newgan"))
    install(site, "other", GOOD.format(variant="other", module="other"))
    mark = ganzoo.folder / "imported"

    def imported():
        there = mark.exists()
        mark.unlink(missing_ok=True)
        return there

    return imported


def test_all_are_used(ganzoo, imported):
    assert ganzoo.variants() == sorted([*BUILT_IN, "newgan", "other"])
    assert imported()
    record = ganzoo.records()["newgan"]
    assert record == {
        "name": "newgan", "distribution": "ganzoo-newgan", "version": "1.5", "package": "newgan", "builtin": False,
        "status": "ok", "reason": "", "note": "", "hooks": ["ganzoo_variants"], "variants": ["newgan"],
        "provides": {"ganzoo_variants": ["newgan"]},
    }  # fmt: skip


@pytest.mark.parametrize("name", ["newgan", "ganzoo-newgan", "Ganzoo_Newgan"])
@pytest.mark.parametrize(
    "way",
    [("--no-plugin", "{}", "plugins", "--json"), ("plugins", "--no-plugin={}", "--json")],
    ids=["before", "behind"],
)
def test_no_plugin(ganzoo, imported, way, name):
    shown = ganzoo(*(word.format(name) for word in way))
    record = next(record for record in json.loads(shown.stdout) if record["name"] == "newgan")
    assert record["status"] == "disabled"
    assert "--no-plugin" in record["reason"]
    assert not imported()
    listed = ganzoo("list", "--no-plugin", name)
    assert listed.stderr == ""
    assert "newgan" not in listed.stdout
    assert "other" in listed.stdout
    refused = ganzoo("train", "newgan", "--no-plugin", name)
    assert refused.returncode == 1
    assert "variant 'newgan': its plugin is not used (disabled): --no-plugin leaves it out" in refused.stderr


def test_a_built_in_variant_may_be_left_out_and_its_name_stays_its_own(site, ganzoo):
    install(site, "mine", GOOD.format(variant="dcgan", module="mine"))
    listed = json.loads(ganzoo("list", "--no-plugin", "dcgan", "--json").stdout)
    assert "dcgan" not in [variant["name"] for variant in listed["variants"]]
    records = ganzoo.records("--no-plugin", "dcgan")
    assert [records[name]["status"] for name in ("dcgan", "mine")] == ["disabled", "conflict"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--no-plugin", "nope", "list"), "--no-plugin nope: no plugin is called that; there are bigan, cgan"),
        (("list", "--no-plugin"), "--no-plugin needs the name of a plugin"),
        (("list", "--no-plugin="), "--no-plugin needs the name of a plugin"),
        (("--no-plugin", "standard", "list"), "ganzoo's own data and metrics, and cannot be left out"),
        (("plugins", "disable", "standard"), "ganzoo's own data and metrics, and cannot be disabled"),
        (("plugins", "disable", "newgam"), "no plugin is called 'newgam': did you mean newgan?"),
        (("plugins", "doctor", "torch-ganzoo"), "no plugin is called 'torch-ganzoo'"),
    ],
)
def test_a_wrong_name_is_one_sentence(ganzoo, imported, arguments, said):
    done = ganzoo(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


@pytest.mark.parametrize(
    ("given", "used"), [("", []), ("other", ["other"]), (" ganzoo_other , newgan", ["newgan", "other"])]
)
def test_the_variable_names_the_strangers_that_are_used(ganzoo, imported, given, used):
    assert ganzoo.variants(GANZOO_PLUGINS=given) == sorted([*BUILT_IN, *used])
    assert imported() == ("newgan" in used)
    if "newgan" not in used:
        record = ganzoo.records(GANZOO_PLUGINS=given)["newgan"]
        assert record["status"] == "disabled"
        assert f"GANZOO_PLUGINS {f'(={given}) does not name it' if given else 'is empty'}" in record["reason"]


def test_the_variable_with_a_name_that_is_not_there_is_no_error(ganzoo, imported):
    listed = ganzoo("list", GANZOO_PLUGINS="other,gone")
    assert listed.returncode == 0
    assert listed.stderr == "GANZOO_PLUGINS names 'gone', and no plugin is called that\n"


def test_disable_and_enable(ganzoo, imported):
    config = ganzoo.home / "config.toml"
    config.parent.mkdir()
    config.write_text('# mine\n[registries]\nlab = "hf://lab"\n')
    assert ganzoo("plugins", "disable", "ganzoo-newgan").stdout == "newgan is now disabled\n"
    # Its name is looked for in the metadata alone.
    assert not imported()
    assert ganzoo.records()["newgan"]["status"] == "disabled"
    assert not imported()
    assert ganzoo("plugins", "disable", "newgan").stdout == "newgan was disabled already\n"
    told = ganzoo("plugins", "doctor", "newgan")
    assert told.returncode == 0
    assert "ganzoo plugins enable newgan" in told.stdout
    assert ganzoo("plugins", "enable", "newgan").stdout == "newgan is now enabled\n"
    assert "newgan" in ganzoo.variants()
    assert config.read_text().startswith('# mine\n[registries]\nlab = "hf://lab"\n')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[plugins", "is no TOML"),
        ("plugins = 3", "plugins (=3) must be a table, as [plugins]"),
        ("[plugins]\ndisabled = 'newgan'", "plugins.disabled (='newgan') must be a list of names"),
        ("[plugins]\ndisabled = [1]", "plugins.disabled (=[1]) must be a list of names"),
    ],
)
def test_a_broken_file_is_one_sentence_and_loads_nothing(ganzoo, imported, text, said):
    ganzoo.home.mkdir()
    (ganzoo.home / "config.toml").write_text(text)
    done = ganzoo("list")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert str(ganzoo.home / "config.toml") in done.stderr
    assert not imported()


def test_what_is_disabled_and_no_longer_installed_is_nobodys_trouble(ganzoo, imported):
    ganzoo.home.mkdir()
    (ganzoo.home / "config.toml").write_text('[plugins]\ndisabled = ["gone"]\n')
    assert ganzoo("list").stderr == ""


def test_trace(ganzoo, imported):
    traced = ganzoo("list", "--json", GANZOO_TRACE_PLUGINS="1")
    json.loads(traced.stdout)
    lines = [line.split() for line in traced.stderr.splitlines()]
    assert all(line[:2] == ["ganzoo", "plugins:"] and line[-2] == "ms" for line in lines)
    seen = {(line[2], line[3]) for line in lines}
    assert {("import", "newgan"), ("ganzoo_variants", "newgan"), ("ganzoo_metrics", "standard")} <= seen
    assert ganzoo("list", GANZOO_TRACE_PLUGINS="0").stderr == ""


def test_trace_of_one_that_raises(site, ganzoo):
    install(site, "bad", "1 / 0")
    traced = ganzoo("list", GANZOO_TRACE_PLUGINS="1").stderr
    assert any(line.split()[2:4] == ["import", "bad"] and line.endswith("raised") for line in traced.splitlines())
