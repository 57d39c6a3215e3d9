"""`check_plugin`: the whole kit in a process of its own, and what came of it. Imports no torch."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ganzoo.testing.cases import known_checks
from ganzoo.testing.checks.table import CHECKS, Check
from ganzoo.testing.plugin import find_plugins
from ganzoo.testing.probe import environment
from ganzoo.testing.unpack import is_path, staged
from ganzoo.utils.version import __version__

Status = Literal["passed", "failed", "skipped"]
Progress = Callable[[int, int, str], None]
"""Called with cases done, cases in all, and the id of the case that begins."""


@dataclass(frozen=True)
class Result:
    """What came of one case.

    Args:
        check: What was asked.
        subject: Name of the plugin, variant or form.
        status: `"passed"`, `"failed"` or `"skipped"`.
        seen: What was seen and how to fix it, or why it was skipped; empty if it passed.
        seconds: It took so long.
    """

    check: Check
    subject: str
    status: Status
    seen: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        values = {"check": self.check.name, "subject": self.subject, "status": self.status, "seen": self.seen}
        return {**values, "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Report:
    """What the kit says of a plugin.

    Args:
        plugin: What was given: a name, or a path.
        distribution: That provides it, and `version` of that.
        version: Likewise.
        wanted: The checks that were asked for.
        results: In the order in which they came.
    """

    plugin: str
    distribution: str
    version: str
    wanted: tuple[Check, ...]
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Something was checked, and nothing failed."""
        return bool(self.results) and all(result.status != "failed" for result in self.results)

    @property
    def checks(self) -> list[Check]:
        """Those that were asked for, and those that had to be made because others could not."""
        made = {result.check for result in self.results}
        return [check for check in CHECKS if check in self.wanted or check in made]

    def results_of(self, check: Check) -> list[Result]:
        """Of one check."""
        return [result for result in self.results if result.check == check]

    def status_of(self, check: Check) -> str:
        """`"failed"` if it failed once, `"not run"` if there was nothing to ask it of."""
        seen = {result.status for result in self.results_of(check)}
        return next((status for status in ("failed", "passed", "skipped") if status in seen), "not run")

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "plugin": self.plugin,
            "distribution": self.distribution,
            "version": self.version,
            "ganzoo": __version__,
            "passed": self.passed,
            "checks": [self._row(check) for check in self.checks],
            "results": [result.to_dict() for result in self.results],
        }

    def _row(self, check: Check) -> dict[str, Any]:
        results = self.results_of(check)
        return {
            "name": check.name,
            "why": check.why,
            "level": check.level,
            "status": self.status_of(check),
            "count": len(results),
            "failed": sum(result.status == "failed" for result in results),
            "seconds": round(sum(result.seconds for result in results), 3),
        }


def check_plugin(plugin: str | Path, checks: Collection[str] = (), progress: Progress | None = None) -> Report:
    """Run the kit in a process of its own, on one thread.

    Args:
        plugin: Name of an installed plugin, distribution or import package; or the path of a source folder with a
            pyproject.toml or of a wheel, which need not be installed and goes before an installed one.
        checks: Names of those that are wanted; empty: all.
        progress: Is told how it gets on.

    Raises:
        PluginError: If it is no plugin.
        ConfigError: If there is no such check.
    """
    wanted = known_checks(checks)
    with _located(plugin) as (name, distribution, version, places):
        results = list(_run(name, [check.name for check in wanted], places, progress or _silent))
    return Report(str(plugin), distribution, version, wanted, tuple(results))


@contextmanager
def _located(plugin: str | Path) -> Iterator[tuple[str, str, str, list[str]]]:
    """Name to check, distribution, version, and what goes before everything that is installed."""
    if is_path(plugin):
        with staged(Path(plugin)) as stage:
            yield stage.distribution, stage.distribution, stage.version, [str(stage.folder)]
    else:
        first = find_plugins(str(plugin))[0]
        yield str(plugin), first.distribution, first.version, []


def _run(name: str, checks: list[str], places: list[str], progress: Progress) -> Iterator[Result]:
    """Start the process and read what it says, a line for the beginning and the end of each case."""
    by_name = {check.name: check for check in CHECKS}
    command = [sys.executable, "-P", "-m", "ganzoo.testing.process", name, *checks]
    begun = {"check": "import", "subject": name}
    done = total = 0
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command, env=environment(*places), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = json.loads(line)
                if "status" in said:
                    done += 1
                    yield Result(by_name[said.pop("check")], **said)
                elif "total" in said:
                    total = said["total"]
                else:
                    begun = said
                    progress(done, total, f"{said['subject']}-{said['check']}")
            code = process.wait()
        finally:
            process.kill()
        if code:
            errors.seek(0)
            last = (errors.read().decode(errors="replace").strip().splitlines() or ["nothing more is known"])[-1]
            seen = f"{begun['subject']}: ended the process of the kit with exit code {code} ({last}): fix it"
            yield Result(by_name[begun["check"]], begun["subject"], "failed", seen)


def _silent(done: int, total: int, what: str) -> None:
    pass
