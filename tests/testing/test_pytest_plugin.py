"""The three lines of a plugin author's tests, in pytest processes of their own."""

import os
import subprocess
import sys

import pytest
from testing.test_command import install
from testing.wrong import VARIANTS, lay_out

pytestmark = pytest.mark.slow

THREE_LINES = """
import pytest
from ganzoo.testing import Case

@pytest.mark.ganzoo_plugin("ganzoo_mygan")
def test_conformance(conformance: Case) -> None:
    conformance.run()
"""


@pytest.fixture
def suite(tmp_path):
    """Run pytest on a test file, as a third party would who has the distributions in `site`."""

    def run(source, *arguments):
        tests = tmp_path / "tests"
        tests.mkdir()
        (tests / "test_mygan.py").write_text(source)
        environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "GANZOO_HOME": str(tmp_path / "home")}
        command = [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-W", "error"]
        return subprocess.run(
            [*command, "-v", *arguments, tests], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    return run


def test_a_sound_plugin_passes(tmp_path, suite):
    install(tmp_path / "site", lay_out(tmp_path))
    done = suite(THREE_LINES, "-k", "not onnx")
    assert done.returncode == 0, done.stdout + done.stderr
    for case in ("mygan-import", "mygan-descriptor", "mygan-paper-8x8x1-round-trip", "mygan-paper-32x32x3-sizes"):
        assert f"test_conformance[{case}] PASSED" in done.stdout


def test_a_wrong_one_fails_with_what_was_seen_and_no_line_of_the_kit(tmp_path, suite):
    install(tmp_path / "site", lay_out(tmp_path, wrong=VARIANTS["no-laptop"]))
    done = suite(THREE_LINES, "-k", "options or requirement")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout
    assert "Nonconforming: mygan: MyConfig has no preset 'laptop': add it to `presets`" in done.stdout
    assert "ganzoo/testing" not in done.stdout


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (THREE_LINES, "no plugin is called 'ganzoo_mygan': "),
        (THREE_LINES.replace("@pytest", "#"), 'no plugin is named: write @pytest.mark.ganzoo_plugin("ganzoo_mygan")'),
    ],
)
def test_what_is_missing_is_said_in_one_sentence(suite, source, said):
    done = suite(source)
    assert done.returncode != 0
    assert said in done.stdout
    assert "Traceback" not in done.stdout
    assert ".py:" not in done.stdout.partition("short test summary")[0].replace("tests/test_mygan.py:", "")


def test_what_is_skipped_is_skipped_in_pytest(suite):
    done = suite(THREE_LINES.replace("ganzoo_mygan", "dcgan"), "-k", "requirement or public-names", "-rs")
    assert "1 passed, 1 skipped" in done.stdout
    assert "dcgan comes with torch-ganzoo itself" in done.stdout


def test_neither_the_plugin_nor_the_kit_imports_anything_large():
    code = "import sys, ganzoo.testing, ganzoo.testing.pytest_plugin, ganzoo.testing.report; print(sorted(sys.modules))"
    seen = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert "'ganzoo.testing.report'" in seen
    for heavy in ("torch", "numpy", "pydantic"):
        assert f"'{heavy}'" not in seen
