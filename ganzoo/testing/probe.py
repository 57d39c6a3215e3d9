"""Imports one module in a process of its own, and says what that did: `look` starts it, `main` is the process."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from ganzoo.testing.outcome import place_in, raised

SECONDS = 120
"""An import that takes longer has hung."""


@dataclass
class Seen:
    """What importing a module did.

    Args:
        asked: The first of the refused modules that it asked for, and `where` the plugin's line that did.
        where: Likewise.
        raised: `raised ZeroDivisionError: ... in ganzoo_mygan/__init__.py line 3`; empty if it was imported.
        printed: The beginning of what went to stdout and stderr.
    """

    asked: str = ""
    where: str = ""
    raised: str = ""
    printed: str = ""


def look(module: str, refused: tuple[str, ...]) -> Seen:
    """Import a module where `refused` ones cannot be imported."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "seen.json"
        command = [sys.executable, "-P", "-m", "ganzoo.testing.probe", module, str(report), *refused]
        try:
            done = subprocess.run(
                command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return Seen(raised=f"took more than {SECONDS} seconds")
        if not report.exists():
            return Seen(raised=f"ended its process with exit code {done.returncode}")
        return Seen(**json.loads(report.read_text(encoding="utf-8")))


def environment(*places: str) -> dict[str, str]:
    """For a process that sees what this one sees, and `places` before it; all plugins enabled, one thread."""
    path = os.pathsep.join([*places, *(place for place in sys.path if place)])
    kept = {name: value for name, value in os.environ.items() if name not in ("GANZOO_PLUGINS", "GANZOO_TRACE_PLUGINS")}
    return {**kept, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"}


class _Refuser:
    """A finder that refuses modules, and remembers the first that was asked for."""

    def __init__(self, refused: list[str], packages: set[str], seen: Seen) -> None:
        self._refused, self._packages, self._seen = refused, packages, seen

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name in self._refused:
            if not self._seen.asked:
                self._seen.asked, self._seen.where = name, place_in(sys._getframe(), self._packages)
            raise ImportError(f"{name} is refused while plugins are imported")


def main() -> None:
    """`python -m ganzoo.testing.probe MODULE REPORT.json REFUSED...`."""
    module, report, *refused = sys.argv[1:]
    packages, seen = {module.partition(".")[0]}, Seen()
    sys.meta_path.insert(0, _Refuser(refused, packages, seen))
    with tempfile.TemporaryFile() as printed:
        for stream in (1, 2):
            os.dup2(printed.fileno(), stream)
        try:
            importlib.import_module(module)
        except BaseException as error:
            seen.raised = raised(error, packages)
        sys.stdout.flush()
        sys.stderr.flush()
        printed.seek(0)
        seen.printed = printed.read(200).decode(errors="replace").strip()
    Path(report).write_text(json.dumps(asdict(seen)), encoding="utf-8")
    # Threads that the module may have started keep nothing waiting.
    os._exit(0)


if __name__ == "__main__":
    main()
