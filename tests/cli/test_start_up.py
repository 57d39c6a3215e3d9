"""What starts without torch, in processes of their own."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

CODE = """
import sys
from ganzoo.cli.app import main
sys.argv = ["ganzoo", *sys.argv[1:]]
code = 0
try:
    main()
except SystemExit as left:
    code = left.code or 0
print(*(name for name in ("torch", "pydantic", "numpy") if name in sys.modules), file=sys.stderr)
sys.exit(code)
"""


def run(tmp_path, *arguments, code=CODE):
    environment = {**os.environ, "GANZOO_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("--version", 0), ("--help", 0), ("list", 0), ("list --json", 0), ("list --help", 0), ("plugins", 0),
        ("export --help", 0), ("models", 0), ("models verify", 0), ("pull --help", 0), ("pull dcgan-mnist", 0),
        ("push --help", 0), ("search mnist --offline", 0), ("registry list", 0), ("pull nonsense", 1),
        ("plugins --json", 0), ("runs", 0), ("runs --json", 0), ("runs --help", 0), ("info dcgan", 0), ("info", 2),
        ("info --help", 0), ("train --help", 0), ("train dcgan --help", 0), ("resume --help", 0), ("sample --help", 0),
        ("sweep --help", 0), ("sweep nothing.toml", 2), ("eval --help", 0), ("report --help", 0),
        ("eval x --metrics fdi", 2), ("train --config nothing.toml", 2), ("info dcgan --schema", 0),
        ("train dcgan --lr -1", 2), ("train dcgan --speed 9", 2), ("train dcgann", 2), ("trian", 2),
        ("train dcgan --preset fast", 2), ("train dcgan --res 48", 2), ("train dcgan --images 5 --epochs 1", 2),
        ("train dcgan --data nowhere", 2), ("train vanilla --device cpu --keep 0", 2),
        # Only the preset that a CPU takes refuses it.
        ("train r3gan --group-size 48 --device cpu", 2), ("resume nothing", 1),
        ("sample", 1), ("sample --grid 3x3 -n 10", 2), ("sample --grid 0x3", 2), ("sample -n 0", 2),
        ("interpolate --help", 0), ("arithmetic --help", 0), ("nearest --help", 0), ("interpolate --seeds 1", 2),
        ("arithmetic --plus 1,2", 2), ("sample --seeds x", 2), ("sample --truncation 0", 2),
    ],
)  # fmt: skip
def test_no_torch(tmp_path, line, code):
    done = run(tmp_path, *line.split())
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    *said, modules = done.stderr.splitlines()
    assert "torch" not in modules.split()
    assert "\x1b" not in done.stdout + done.stderr
    if code:
        assert any(text in done.stderr for text in ("error:", "Error")), done.stderr
    else:
        assert said == []
    if line.startswith(("list", "--version")):
        assert modules == ""
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "home" / "data").exists()


def test_importing_the_package_imports_nothing_large(tmp_path):
    code = "import sys, ganzoo; dir(ganzoo); print([m for m in sys.modules if m in ('torch', 'pydantic', 'numpy')])"
    assert run(tmp_path, code=code).stdout == "[]\n"


def test_every_public_name_exists(tmp_path):
    code = "import ganzoo; print(all(hasattr(ganzoo, name) for name in ganzoo.__all__), hasattr(ganzoo, 'nothing'))"
    assert run(tmp_path, code=code).stdout == "True False\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("train dcgann", "error: no variant is called 'dcgann': did you mean dcgan? `ganzoo list` shows all."),
        ("trian", "error: no command is called 'trian': did you mean train? `ganzoo --help` shows all."),
        ("train dcgan --lr -1", "error: --lr (=-1) must be greater than 0"),
        ("train dcgan --preset fast", "error: no preset is called 'fast': choose one of paper, classic, laptop"),
        ("train dcgan --images 5 --epochs 1", "error: --images and --epochs both set the length: give one of them"),
        ("sample --grid 3x3 -n 10", "error: --grid 3x3 holds 9 samples, and -n asks for 10"),
    ],
)
def test_an_error_is_one_sentence(tmp_path, line, sentence):
    assert run(tmp_path, *line.split()).stderr.splitlines()[0] == sentence


def test_debug_shows_the_traceback_wherever_it_stands(tmp_path):
    for arguments in (("--debug", "resume", "nothing"), ("resume", "nothing", "--debug")):
        done = run(tmp_path, *arguments)
        assert done.returncode == 1
        assert "Traceback" in done.stderr
        assert "error: nothing is not a run" in done.stderr


def test_help_shows_defaults_and_presets_of_a_variant(tmp_path):
    shown = " ".join(run(tmp_path, "train", "dcgan", "--help").stdout.split())
    assert "--width" in shown
    assert "default 128; │ │ classic 64; laptop 32" in shown
