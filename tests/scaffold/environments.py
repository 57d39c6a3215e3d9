"""Environments of a test's own, with real wheels in them, that borrow torch and the rest from the running one."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

SITES = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
LOCAL = ("--no-deps", "--no-index")
TINY = ("--images", 200, "--limit", 200, "--batch-size", 20, "--latent-dim", 6, "--width", 4, "--device", "cpu")
"""Options of a training that takes a second."""


class Environment:
    """A virtual environment.

    Args:
        folder: Where it is made; None: the running one.
        ganzoo: It borrows the ganzoo of the running environment too, installed in place as that is.
    """

    def __init__(self, folder: Path | None, *, ganzoo: bool = True) -> None:
        self.python = Path(sys.executable)
        if folder is None:
            return
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.python = folder / "bin" / "python"
        (self.site,) = (folder / "lib").glob("python*/site-packages")
        # A path alone gives a folder's packages; its own .pth files, which give what is installed in place, are read
        # only for a site directory.
        lines = [f"import site; site.addsitedir({site!r})" if ganzoo else site for site in SITES]
        (self.site / "borrowed.pth").write_text("\n".join(lines) + "\n")

    def install(self, wheel: Path) -> None:
        subprocess.run([*PIP, "--python", self.python, "install", "--force-reinstall", *LOCAL, wheel], check=True)

    def run(self, *arguments: object, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        """`python ARGUMENTS` in a folder, with the ganzoo home `home` there; it must end with that code."""
        done = subprocess.run(
            [self.python, *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "GANZOO_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def ganzoo(self, *arguments: object, folder: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = self.run("-c", "from ganzoo.cli.app import main; main()", *arguments, folder=folder, code=code)
        assert "Traceback" not in done.stderr
        return done


def build(source: Path, wheels: Path) -> Path:
    """The wheel of a source tree, made with the backend that is installed here."""
    subprocess.run([*PIP, "wheel", "--no-build-isolation", *LOCAL, "--wheel-dir", wheels, source], check=True)
    (wheel,) = wheels.glob("*.whl")
    return wheel


def travel(environment: Environment, variant: str, here: Path, *sampling: object) -> str:
    """Train a little, push to a folder, pull and sample in the home of `here/there`; the model's reference."""
    there = here / "there"
    for folder in (there, here / "zoo"):
        folder.mkdir()
    environment.ganzoo("train", variant, *TINY, "--out", "run", "--quiet", folder=here)
    reference = str(here / "zoo" / f"{variant}-tiny")
    environment.ganzoo("push", "run", reference, folder=here)
    pulled = environment.ganzoo("pull", reference, folder=there).stdout
    assert f"{variant} on mnist (1x28x28)" in pulled
    environment.ganzoo("sample", reference, *sampling, "--count", 4, "--out", "samples.png", folder=there)
    assert (there / "samples.png").read_bytes().startswith(b"\x89PNG")
    return reference
