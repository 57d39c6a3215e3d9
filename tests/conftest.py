"""`ganzoo` commands as real processes, cheap enough to start many of them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from engine.runs import TINY, save_noise

# Before torch is imported: bits depend on the number of threads, and two busy OpenMP teams on few cores starve.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Who asks for commands starts processes, and is left out by `-m "not slow"`.

    Files that take long come first, so that at the end, where processes share out what is left, it is in small pieces.
    """
    for item in items:
        if {"forge", "sandboxes"} & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)
    long = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path.name != "test_conformance.py" and item.path not in long)


class Command:
    """A `ganzoo` command that runs, or ran."""

    def __init__(self, forge: Forge, pid: int, log: Path) -> None:
        self.pid, self._forge, self._log = pid, forge, log
        self.code: int | None = None

    def wait(self) -> int:
        """The exit code, negative for a signal."""
        if self.code is None:
            self.code = self._forge.ask({"wait": self.pid})
        return self.code

    def kill(self, number: int) -> None:
        # Only the forge reaps it, so the pid is still its own.
        os.kill(self.pid, number)

    @property
    def out(self) -> str:
        return self._log.with_suffix(".out").read_text()

    @property
    def err(self) -> str:
        return self._log.with_suffix(".err").read_text()


class Forge:
    """See `forge.py`."""

    def __init__(self, logs: Path) -> None:
        self._logs, self._count = logs, 0
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", Path(__file__).with_name("engine") / "forge.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order: dict[str, Any]) -> int:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def start(
        self,
        folder: Path,
        arguments: tuple[object, ...],
        file_bytes: int = 0,
        environment: dict[str, str] | None = None,
    ) -> Command:
        self._count += 1
        log = self._logs / str(self._count)
        order = {"folder": str(folder), "log": str(log), "arguments": [str(a) for a in arguments]}
        environment = {"GANZOO_HOME": str(folder / "home")} | (environment or {})
        pid = self.ask(order | {"file_bytes": file_bytes, "environment": environment})
        return Command(self, pid, log)

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def forge(tmp_path_factory):
    started = Forge(tmp_path_factory.mktemp("logs"))
    yield started
    started.close()


@pytest.fixture
def home(tmp_path_factory, monkeypatch):
    """A ganzoo home of the test's own, for what it does in this process."""
    path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("GANZOO_HOME", str(path))
    return path


@pytest.fixture
def start(forge, tmp_path):
    """`start("train", "dcgan", ...)`: begin a command in `tmp_path`, with a ganzoo home of its own."""
    commands = []

    def begin(*arguments, folder=tmp_path, file_bytes=0, environment=None):
        commands.append(forge.start(folder, arguments, file_bytes, environment))
        return commands[-1]

    yield begin
    for command in commands:
        if command.code is None:
            with contextlib.suppress(ProcessLookupError):
                command.kill(9)
            command.wait()


@pytest.fixture
def ganzoo(start):
    """`ganzoo("train", "dcgan", ..., code=0)`: run a command to its end."""

    def run(*arguments, code=0, **options):
        command = start(*arguments, **options)
        assert command.wait() == code, command.out + command.err
        assert "Traceback" not in command.err
        return command

    return run


@pytest.fixture
def tiny(tmp_path):
    """Data in `tmp_path`, and the options of the smallest training."""
    save_noise(tmp_path)
    return SimpleNamespace(train=TINY)


@pytest.fixture
def site(tmp_path):
    """A folder for plugins of the test's own, as pip would fill it."""
    path = tmp_path / "site"
    path.mkdir()
    return path
