"""`ganzoo report` as typed, and the page in a browser."""

import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from ganzoo.cli.runs.report import report
from ganzoo.errors import ConfigError, GanzooError, RunError

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WITHOUT_TORCH = """
import sys
from ganzoo.cli.app import main
try:
    main()
except SystemExit as end:
    assert not end.code
assert "torch" not in sys.modules
"""


@pytest.mark.slow
def test_it_prints_the_paths_and_imports_no_torch(real):
    arguments = ["report", real.path, "--animation", real.path / "progress.gif"]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_TORCH, *arguments], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [str(real.path / "report.html"), str(real.path / "progress.gif")]
    assert (real.path / "report.html").is_file()
    assert (real.path / "progress.gif").is_file()


def test_an_error_is_one_line(ganzoo, tmp_path):
    (tmp_path / "empty").mkdir()
    assert ganzoo("report", "empty", code=1).err.startswith("error: empty is not a run")


def test_what_cannot_be_is_refused(real, make, tmp_path):
    with pytest.raises(ConfigError, match=r"must be a file that ends in \.webp or \.gif"):
        report(real.path, animation=tmp_path / "x.mp4")
    with pytest.raises(ConfigError, match=r"is a folder: name a file in it, such as .*run/report\.html"):
        report(real.path, out=real.path)
    with pytest.raises(RunError, match="has no samples yet"):
        report(make().path, animation=tmp_path / "x.gif")
    (tmp_path / "file").touch()
    with pytest.raises(GanzooError, match="file cannot be written"):
        report(real.path, out=tmp_path / "file/x.html")
    config = real.path / "config.json"
    config.write_text(config.read_text().replace('"training"', '"t"'))
    with pytest.raises(RunError, match=r"config\.json: training is missing, and every run has it"):
        report(real.path)


def browse(page, folder, *flags):
    """Console messages of a page; its picture is `shot.png`."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", *flags]
    command += ["--enable-logging=stderr", "--v=0", f"--user-data-dir={folder / 'profile'}"]
    command += [f"--screenshot={folder / 'shot.png'}", "--window-size=800,1200", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return re.findall(r".*CONSOLE.*", done.stderr)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("flags", [[], ["--force-dark-mode"]])
def test_a_browser_shows_it_without_complaint(real, page, tmp_path, flags):
    page(real)
    path = tmp_path / "out/page.html"
    assert browse(path, tmp_path, *flags) == []
    with Image.open(tmp_path / "shot.png") as shot:
        corner = shot.convert("L").getpixel((2, 2))
        assert shot.size == (800, 1200)
        assert len(shot.convert("RGB").getcolors(1 << 24)) > 100
    assert (corner < 64) is bool(flags)
    if not flags:
        # The same eyes see a complaint where there is one, and the page's policy lets nothing be fetched.
        path.write_text(path.read_text().replace("<main>", '<main><img src="http://localhost:9/x.png">'))
        assert "Content Security Policy" in " ".join(browse(path, tmp_path))
