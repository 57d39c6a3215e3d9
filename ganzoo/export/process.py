"""`OnnxProcess`: an ONNX file that is computed by `worker`, within limits of time and memory. Imports no torch."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy
from numpy.typing import NDArray

from ganzoo.errors import GanzooError
from ganzoo.export.worker import receive, send

LIMIT_S = 120.0
"""The longest that loading a file, or one batch of it, may take."""
MEMORY_BYTES = 8 * 2**30
"""The most memory that computing a file may take, besides eight times its own size."""


class OnnxProcess:
    """One file, loaded.

    Args:
        data: Of the file, read and checked by the caller: what is computed is what was checked.
        path: Of the file, for messages.

    Raises:
        GanzooError: If it cannot be loaded within the limits.
    """

    def __init__(self, data: bytes, path: Path) -> None:
        self._path = path
        with tempfile.NamedTemporaryFile(suffix=".onnx") as file:
            file.write(data)
            file.flush()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ganzoo.export.worker", file.name, str(MEMORY_BYTES + 8 * len(data))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            self._close = weakref.finalize(self, _end, self._process)
            self.inputs: list[tuple[str, str, list[Any]]] = [tuple(given) for given in self._answer("load")["inputs"]]
            """Name, type and shape of each."""

    def run(self, given: Sequence[NDArray[Any]], most_bytes: int) -> NDArray[Any]:
        """The first output of a batch.

        Args:
            given: An array for each of `inputs`.
            most_bytes: That the output may have.

        Raises:
            GanzooError: If it cannot be computed within the limits.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            for array in given:
                send(self._process.stdin, array)
        except OSError:
            pass  # it is gone, and the answer says why
        told = self._answer("compute")
        if numpy.dtype(told["type"]).itemsize * math.prod(told["shape"]) > most_bytes:
            self._close()
            raise GanzooError(f"{self._path} gave {told['type']} {tuple(told['shape'])}, more than its metadata says")
        return receive(self._process.stdout, told)

    def _answer(self, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            self._process.kill()

        timer = threading.Timer(LIMIT_S, end)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if late.is_set():
            raise GanzooError(
                f"{self._path}: onnxruntime did not {what} it within {LIMIT_S:.0f} s, the longest allowed"
            )
        if not line.endswith(b"\n"):
            self._close()
            raise GanzooError(
                f"{self._path}: onnxruntime died when it should {what} it (with {self._process.returncode}): it may "
                f"have asked for more than {MEMORY_BYTES // 2**30} GiB of memory"
            )
        told: dict[str, Any] = json.loads(line)
        if "error" in told:
            words = first_line(told["error"])
            raise GanzooError(f"{self._path}: onnxruntime cannot {what} it: {words}")
        return told


def first_line(text: object) -> str:
    """What an error of a library says, cut to a length that fits into a sentence."""
    lines = str(text).strip().splitlines()
    return (lines[0] if lines else type(text).__name__)[:300].rstrip(". ")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue
    process.wait()
