"""Computes one ONNX file for `session`, in a process of its own that may be ended at any time. Imports no torch.

The file may be a third party's: a graph can loop for ever, or unfold to more than any memory while it is loaded.

    worker.py FILE BYTES

On stdin, for each input of the graph, and on stdout, for the samples: a line of JSON with shape and type, then the
bytes. A line with `error` in place of an answer; the first line has the graph's `inputs`.
"""

from __future__ import annotations

import json
import math
import os
import sys
from typing import IO, Any

import numpy


def limit_memory(limit_bytes: int) -> None:
    """Let this process have no more memory of its own, where the system can."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = limit_bytes if hard == resource.RLIM_INFINITY else min(limit_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def main(path: str, limit_bytes: int, asked: IO[bytes], answers: IO[bytes]) -> None:
    """Load the file, say what it takes, and compute until there is nothing more to read."""
    limit_memory(limit_bytes)

    def answer(**values: Any) -> None:
        answers.write(json.dumps(values).encode() + b"\n")
        answers.flush()

    try:
        session = _session(path)
        inputs = [(given.name, given.type, given.shape) for given in session.get_inputs()]
    except Exception as error:  # its errors have no common base
        answer(error=str(error)[:1000] or type(error).__name__)
        return
    answer(inputs=inputs)
    while asked.peek(1):  # type: ignore[attr-defined]
        given = [receive(asked, json.loads(asked.readline())) for _ in inputs]
        feed = {name: array for (name, _, _), array in zip(inputs, given, strict=True)}
        try:
            samples = session.run(None, feed)[0]
        except Exception as error:
            answer(error=str(error)[:1000] or type(error).__name__)
            continue
        if not isinstance(samples, numpy.ndarray) or samples.dtype.hasobject:
            answer(error="it gives something else than numbers")
        else:
            send(answers, samples)


def send(stream: IO[bytes], array: numpy.ndarray) -> None:
    """Write an array, and what `receive` has to know of it."""
    stream.write(json.dumps({"shape": array.shape, "type": array.dtype.name}).encode() + b"\n")
    stream.write(numpy.ascontiguousarray(array).tobytes())
    stream.flush()


def receive(stream: IO[bytes], told: dict[str, Any]) -> numpy.ndarray:
    """The array that a line has announced."""
    kind = numpy.dtype(told["type"])
    data = stream.read(kind.itemsize * math.prod(told["shape"]))
    return numpy.frombuffer(data, kind).reshape(told["shape"])


def _session(path: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # As torch does, so that one variable holds both.
    options.intra_op_num_threads = int(threads) if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal() else 0
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    # Libraries print, and what they print is no answer.
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    main(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer, own)
