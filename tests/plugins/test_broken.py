"""A plugin that is broken costs what it provides and nothing else."""

import subprocess
import sys

import pytest
from plugins.broken import BREAKS_LATER, BROKEN, PRINTS
from plugins.installed import BUILT_IN, GOOD, install

pytestmark = pytest.mark.slow

RAISE = {"raises at import", "missing module", "exits at import", "hook raises", "hook exits"}
RAISE |= {"imports torch", "hook imports torch", "bad name"}
"""By their own code, so that a traceback tells where."""

HEAVY = """
import sys
from ganzoo.cli.app import main
sys.argv = ["ganzoo", "list"]
try:
    main()
except SystemExit:
    pass
print("heavy", *(name for name in ("torch", "numpy", "pydantic") if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("name", BROKEN)
def test_it_is_reported_and_all_others_work(site, ganzoo, name):
    broken = BROKEN[name]
    install(site, "bad", broken.source, broken.requires)
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    assert ganzoo.variants() == sorted([*BUILT_IN, "newgan"])
    records = ganzoo.records()
    assert records["bad"]["status"] == broken.status
    assert broken.reason in records["bad"]["reason"]
    assert {record["status"] for name, record in records.items() if name != "bad"} == {"ok"}
    listed = ganzoo("list")
    assert listed.returncode == 0
    assert listed.stderr.splitlines() == [
        f"plugin 'bad' is not used ({broken.status}): `ganzoo plugins doctor bad` says why"
    ]
    assert ganzoo("info", "dcgan").stderr == ""
    told = ganzoo("plugins", "doctor", "bad")
    assert told.returncode == 1
    shown = " ".join(told.stdout.split())
    assert " ".join(broken.reason.split()) in shown
    assert "what to do" in shown
    assert ("Traceback" in shown) == (name in RAISE)
    assert ("bad.py" in shown) == (name in RAISE or name == "syntax error")
    assert "importlib" not in shown
    assert told.stderr == ""


def test_what_is_printed_at_import_is_not_in_the_output(site, ganzoo):
    install(site, "bad", PRINTS)
    assert "bad" in ganzoo.variants()
    assert ganzoo.records()["bad"]["status"] == "ok"
    listed = ganzoo("list")
    assert "hello" not in listed.stdout
    assert listed.stderr == "plugin 'bad' prints while it is imported ('hello'), and must not\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (
            GOOD.replace("@hookimpl", ""),
            "has ganzoo_variants without a mark, so it is not used: write @hookimpl above it",
        ),
        ("", "provides nothing: no function of bad has the mark @hookimpl"),
    ],
)
def test_a_forgotten_mark_is_noticed(site, ganzoo, source, said):
    install(site, "bad", source.format(variant="bad", module="bad"))
    assert ganzoo("list").stderr == f"plugin 'bad' {said}\n"
    told = ganzoo("plugins", "doctor", "bad")
    assert told.returncode == 1
    assert said in told.stdout
    assert "what to do" in told.stdout


def test_one_that_cannot_be_built_says_so_when_it_is_built(site, ganzoo):
    install(site, "bad", BREAKS_LATER)
    assert "bad" in ganzoo.variants()
    assert ganzoo("info", "bad").returncode == 0
    failed = ganzoo("train", "bad", "--images", "100")
    assert failed.returncode == 1
    assert failed.stderr == (
        "error: variant 'bad' could not be built: KeyError: 'generator'. This is a bug in its plugin: `ganzoo plugins "
        "doctor bad` shows where\n"
    )
    told = ganzoo("plugins", "doctor", "bad")
    assert told.returncode == 1
    assert 'return {}["generator"]' in told.stdout
    assert "what to do" in told.stdout
    assert told.stderr == ""
    assert not list((ganzoo.folder / "runs").glob("*/checkpoints/*"))


def test_all_at_once_cost_nobody_a_training(site, ganzoo):
    for number, broken in enumerate(BROKEN.values()):
        install(site, f"bad{number}", broken.source.replace("'bad'", f"'bad{number}'"), broken.requires)
    assert ganzoo.variants() == BUILT_IN
    listed = ganzoo("list")
    assert len(listed.stderr.splitlines()) == len(BROKEN)
    trained = ganzoo("train", "vanilla", "--images", "300", "--quiet")
    assert (trained.returncode, trained.stderr) == (0, "")
    sampled = ganzoo("sample", "-n", "4")
    assert (sampled.returncode, sampled.stderr) == (0, "")


@pytest.mark.slow
def test_none_of_them_makes_a_command_import_anything_large(site, ganzoo):
    for number, broken in enumerate(BROKEN.values()):
        install(site, f"bad{number}", broken.source, broken.requires)
    done = subprocess.run(
        [sys.executable, "-c", HEAVY], cwd=ganzoo.folder, env=ganzoo.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == "heavy"


@pytest.mark.parametrize("third_parties", [2, 3])
def test_strangers_of_one_name_lose_it_all_and_each_is_told(site, ganzoo, third_parties):
    names = ("one", "three", "two")[:third_parties]
    for name in names:
        install(site, name, GOOD.format(variant="samegan", module=name))
    assert ganzoo.variants() == BUILT_IN
    records = ganzoo.records()
    for name in names:
        assert records[name]["status"] == "conflict"
        assert "variant 'samegan' is also provided by" in records[name]["reason"]
        assert f"by '{name}'" not in records[name]["reason"]
    failed = ganzoo("train", "samegan")
    assert failed.returncode == 1
    assert "its plugin is not used (conflict): variant 'samegan' is also provided by" in failed.stderr
    # One of them left out, the other has the name.
    if third_parties == 2:
        assert "samegan" in ganzoo.variants(GANZOO_PLUGINS="one")


def test_training_a_variant_whose_plugin_failed_says_why(site, ganzoo):
    install(site, "bad", "1 / 0")
    failed = ganzoo("train", "bad")
    assert failed.returncode == 1
    assert failed.stderr == (
        "error: variant 'bad': its plugin is not used (failed): import raised ZeroDivisionError: division by zero. "
        "`ganzoo plugins doctor bad` tells more\n"
    )


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("METADATA", None),
        ("METADATA", "\x00"),
        ("entry_points.txt", "[ganzoo]\nthis is no entry point\n"),
        ("entry_points.txt", "[ganzoo]\nbad = 1 + 1\n"),
    ],
)
def test_a_broken_installation_costs_nobody_else_anything(site, ganzoo, file, text):
    install(site, "bad", GOOD.format(variant="bad", module="bad"))
    install(site, "newgan", GOOD.format(variant="newgan", module="newgan"))
    path = site / "ganzoo_bad-1.5.dist-info" / file
    path.unlink() if text is None else path.write_text(text)
    assert {*BUILT_IN, "newgan"} <= set(ganzoo.variants())
    record = ganzoo.records().get("bad")
    assert record is None or record["status"] == "failed" or file == "METADATA"


def test_a_wheel_as_pip_installs_it(site, ganzoo, tmp_path):
    source = tmp_path / "ganzoo-bad"
    source.mkdir()
    (source / "bad.py").write_text("import torch\n")
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "ganzoo-bad"\nversion = "1.5"\ndependencies = ["torch-ganzoo>=0.1,<1"]\n'
        '[project.entry-points.ganzoo]\nbad = "bad"\n'
        '[tool.hatch.build.targets.wheel]\nonly-include = ["bad.py"]\n'
    )
    pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-build-isolation", "--no-deps", "-w", str(tmp_path / "dist"), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    [wheel] = (tmp_path / "dist").glob("*.whl")
    subprocess.run(
        [*pip, "install", "--no-deps", "--no-index", "--target", str(site), str(wheel)], check=True, capture_output=True
    )
    assert ganzoo.variants() == BUILT_IN
    record = ganzoo.records()["bad"]
    assert (record["distribution"], record["version"], record["status"]) == ("ganzoo-bad", "1.5", "failed")
    assert "must not import torch" in record["reason"]
    assert len(ganzoo("list").stderr.splitlines()) == 1
