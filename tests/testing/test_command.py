"""`ganzoo plugins check` in real processes: names, folders, wheels, and what is no plugin."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from plugins.installed import describe
from testing.wrong import PLUGINS, lay_out

from ganzoo.testing import CHECKS, check_plugin

pytestmark = pytest.mark.slow

QUICK = ("--check", "import", "--check", "requirement", "--check", "hooks", "--check", "public-names")


@pytest.fixture
def check(tmp_path):
    """`check("./ganzoo-mygan", ..., code=0)`: run it in `tmp_path`."""

    def run(*arguments, code=0, site=None):
        command = [sys.executable, "-P", "-W", "error", "-c", "from ganzoo.cli.app import main; main()"]
        environment = {**os.environ, "GANZOO_HOME": str(tmp_path / "home"), "GANZOO_PLUGINS": ""}
        if site:
            environment["PYTHONPATH"] = str(site)
        done = subprocess.run(
            [*command, "plugins", "check", *map(str, arguments)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def install(site, root, version="1.5"):
    """What pip would lay out for a source folder."""
    site.mkdir(exist_ok=True)
    (package,) = (root / "src").iterdir()
    package.rename(site / package.name)
    own = package.name.removeprefix("ganzoo_")
    describe(site, f"ganzoo-{own}", own, package.name, version)


def test_a_sound_folder_that_is_not_installed_passes_everything(tmp_path, check):
    before = sorted(lay_out(tmp_path).rglob("*"))
    report = json.loads(check("ganzoo-mygan", "--json").stdout)
    assert report["passed"] is True
    assert (report["distribution"], report["version"], report["ganzoo"]) == ("ganzoo-mygan", "1.5", "0.1.0")
    assert [row["name"] for row in report["checks"]] == [check.name for check in CHECKS]
    assert {row["status"] for row in report["checks"]} == {"passed"}
    counts = {row["name"]: row["count"] for row in report["checks"]}
    # Two presets for 8 pixels; 8, 28 and 32 pixels in gray and color, and 8 pixels of five channels.
    assert counts["import"] == counts["descriptor"] == counts["onnx"] == 1
    assert (counts["shapes"], counts["training"], counts["sizes"]) == (2, 2, 7)
    assert len(report["results"]) == sum(counts.values())
    assert {(result["subject"], result["seen"]) for result in report["results"] if result["check"] == "state"} == {
        ("mygan-paper-8x8x1", ""), ("mygan-laptop-8x8x1", ""),
    }  # fmt: skip
    assert sorted((tmp_path / "ganzoo-mygan").rglob("*")) == before


def test_a_wrong_one_is_shown_with_reason_and_mending(tmp_path, check):
    lay_out(tmp_path, wrong=PLUGINS["private-name"])
    done = check("./ganzoo-mygan", *QUICK, code=1)
    lines = done.stdout.splitlines()
    assert lines[0] == "ganzoo-mygan 1.5, from ./ganzoo-mygan"
    rows = {line.split()[0]: line.split()[1:] for line in lines[2:6]}
    assert {name: (row[0], row[1]) for name, row in rows.items()} == {
        "import": ("passed", "1"), "requirement": ("passed", "1"), "hooks": ("passed", "1"),
        "public-names": ("failed", "1"),
    }  # fmt: skip
    why = next(check.why for check in CHECKS if check.name == "public-names")
    assert f"public-names: {why}" in lines
    assert "ganzoo_mygan/model.py line 8 uses ganzoo._HOME, which is private: take" in done.stdout
    assert lines[-1] == "1 of 4 cases failed"


def test_a_plugin_that_cannot_be_loaded_fails_whatever_was_asked(tmp_path, check):
    lay_out(tmp_path, wrong=PLUGINS["raises"])
    report = json.loads(check("./ganzoo-mygan", "--json", "--check", "shapes", code=1).stdout)
    status = {row["name"]: row["status"] for row in report["checks"]}
    assert status == {
        "import": "failed", "requirement": "passed", "hooks": "failed", "public-names": "passed", "shapes": "not run",
    }  # fmt: skip


def test_a_plugin_that_ends_the_process_is_found(tmp_path):
    root = lay_out(tmp_path)
    file = root / "src" / "ganzoo_mygan" / "model.py"
    file.write_text(file.read_text().replace("    size, adam", "    import os; os._exit(9)\n    size, adam"))
    report = check_plugin(root, ["shapes"])
    (result,) = report.results
    assert (result.check.name, result.subject, result.status) == ("shapes", "mygan-paper-8x8x1", "failed")
    assert "ended the process of the kit with exit code 9" in result.seen


def test_installed_ones_by_plugin_distribution_and_package_though_disabled(tmp_path, check):
    install(tmp_path / "site", lay_out(tmp_path / "source"))
    for name in ("mygan", "ganzoo-mygan", "Ganzoo_MyGAN", "ganzoo_mygan"):
        report = json.loads(check(name, "--json", *QUICK, site=tmp_path / "site").stdout)
        assert (report["distribution"], report["version"]) == ("ganzoo-mygan", "1.5")
    (tmp_path / "home").mkdir(exist_ok=True)
    (tmp_path / "home" / "config.toml").write_text('[plugins]\ndisabled = ["mygan"]\n')
    assert json.loads(check("mygan", "--json", *QUICK, site=tmp_path / "site").stdout)["passed"]


def test_a_folder_goes_before_an_installed_one_of_the_same_name(tmp_path, check):
    install(tmp_path / "site", lay_out(tmp_path, wrong=PLUGINS["prints"]), "1.0")
    assert "printed 'hello'" in check("mygan", *QUICK, code=1, site=tmp_path / "site").stdout
    lay_out(tmp_path / "new")
    done = check(tmp_path / "new" / "ganzoo-mygan", *QUICK, site=tmp_path / "site")
    assert done.stdout.startswith("ganzoo-mygan 1.5, from ")


def test_a_flat_folder(tmp_path, check):
    root = lay_out(tmp_path)
    (root / "src" / "ganzoo_mygan").rename(root / "ganzoo_mygan")
    (root / "src").rmdir()
    # What lies beside the package is not imported in place of others.
    (root / "json.py").write_text("1 / 0")
    check("./ganzoo-mygan", *QUICK)


def test_a_wheel(tmp_path, check):
    root = lay_out(tmp_path)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path], cwd=root, check=True,
        capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    report = json.loads(check(wheel.name, "--json", *QUICK).stdout)
    assert report["passed"]
    assert (report["distribution"], report["version"]) == ("ganzoo-mygan", "1.5")
    cut = tmp_path / "cut.whl"
    cut.write_bytes(wheel.read_bytes()[:900])
    assert "cut.whl is not a whole wheel" in check("cut.whl", code=1).stderr


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("mygann", "no plugin is called 'mygann': did you mean mygan?"),
        ("nothing-like-it", "`pip install -e FOLDER` installs a plugin"),
        ("./nowhere", "nowhere does not exist: give a .whl, or a folder with a pyproject.toml"),
        ("./empty", "empty has no pyproject.toml: give the folder"),
        ("./note.txt", "note.txt is neither a wheel nor a folder"),
        ("./other.whl", "other.whl is no wheel: it has no *.dist-info/METADATA"),
        ("./plain", 'plain is no plugin: pyproject.toml has no [project.entry-points.ganzoo]: add it, with `mygan = '),
        ("./broken", "pyproject.toml cannot be read"),
        ("./nameless", "has no name in [project]: add one"),
        ("./hollow", "names ganzoo_hollow in [project.entry-points.ganzoo], and has neither ganzoo_hollow/ nor"),
        ("./dynamic", "leaves its dependencies to the build: build a wheel and check that"),
    ],
)  # fmt: skip
def test_what_is_no_plugin_gets_one_sentence(tmp_path, check, given, said):
    install(tmp_path / "site", lay_out(tmp_path))
    entry = '[project.entry-points.ganzoo]\nx = "ganzoo_hollow"\n'
    projects = {
        "plain": '[project]\nname = "plain"\n',
        "broken": "[project\n",
        "nameless": "[project]\n",
        "hollow": f'[project]\nname = "hollow"\n{entry}',
        "dynamic": f'[project]\nname = "hollow"\ndynamic = ["dependencies"]\n{entry}',
    }
    for name, text in projects.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(text)
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.txt").write_text("hello")
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as wheel:
        wheel.writestr("some.py", "")
    done = check(given, code=1, site=tmp_path / "site")
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_an_unknown_check_is_refused(check):
    assert "no check is called 'shape': did you mean shapes?" in check("dcgan", "--check", "shape", code=2).stderr
