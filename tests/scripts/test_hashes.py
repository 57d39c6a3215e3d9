"""hashes.txt is constraints.txt with hashes, and names no host; pip installs by it."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hashes(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("hashes")


def test_every_pin_has_a_hash_and_nothing_else_has(hashes):
    head, *lines = (ROOT / "hashes.txt").read_text().splitlines()
    assert re.fullmatch(r"# By scripts/hashes\.py, for \w+ on \w+, Python 3\.\d+", head)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines)
    assert [line.partition(" ")[0] for line in lines] == hashes.pins(), "run `python scripts/hashes.py`"


def wheel(folder, name):
    """A distribution without any code."""
    import zipfile

    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        info = f"{name}-1.0.dist-info"
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


@pytest.mark.slow
def test_what_is_known_is_kept_and_pip_compares(hashes, monkeypatch, tmp_path, capsys):
    """By pip itself, from a folder instead of an index: another byte in a wheel, and it is refused."""
    for name in ("one", "two"):
        wheel(tmp_path, name)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setattr(hashes, "PINS", tmp_path / "constraints.txt")
    monkeypatch.setattr(hashes, "HASHES", tmp_path / "hashes.txt")
    monkeypatch.setattr(sys, "argv", ["hashes.py"])
    (tmp_path / "constraints.txt").write_text("# pins\none==1.0\ntwo==1.0\n")
    (tmp_path / "hashes.txt").write_text("one==1.0 --hash=sha256:kept\n")
    hashes.main()
    assert "2 of 2 pins have a hash" in capsys.readouterr().out
    one, two = (tmp_path / "hashes.txt").read_text().splitlines()[1:]
    assert one == "one==1.0 --hash=sha256:kept"
    (tmp_path / "two.txt").write_text(f"{two}\n")
    command = [sys.executable, "-m", "pip", "install", "--target", tmp_path / "there", "--require-hashes", "--no-deps"]
    assert subprocess.run([*command, "-r", tmp_path / "two.txt"], capture_output=True).returncode == 0
    with (tmp_path / "two-1.0-py3-none-any.whl").open("ab") as file:
        file.write(b"x")
    done = subprocess.run([*command, "-r", tmp_path / "two.txt", "--upgrade"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "DO NOT MATCH" in done.stderr
    (tmp_path / "constraints.txt").write_text("three==1.0\n")
    with pytest.raises(SystemExit, match=r"no hash: three==1\.0"):
        hashes.main()
