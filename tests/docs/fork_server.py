"""Runs pages, and the `ganzoo` commands in them, in forks of one process that has imported torch.

Answers on the listening socket whose number is its argument. A request is one JSON object with three open
files for stdin, stdout and stderr; the answer is the exit code. With `arguments` it is a command, with `blocks` a page.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from typing import Any

import matplotlib.figure  # noqa: F401
import shorter
import torch
import torchvision  # noqa: F401

import ganzoo.api
import ganzoo.metrics.evaluation
import ganzoo.models.evaluation
import ganzoo.runs.trainer
from ganzoo.cli.app import main


def command(arguments: list[str]) -> None:
    sys.argv = ["ganzoo", *shorter.command(arguments)]
    main()


def page(blocks: list[dict[str, Any]]) -> None:
    """Run the blocks in turn: those of Python in one namespace, those of the shell in a shell each."""
    train, resume = ganzoo.api.train, ganzoo.api.resume
    ganzoo.train = lambda variant=None, **options: train(variant, **shorter.training(variant, **options))
    ganzoo.resume = lambda run, **options: resume(run, **{**options, "images": shorter.MORE_IMAGES})
    evaluate = ganzoo.models.evaluation.evaluate
    ganzoo.evaluate = ganzoo.models.evaluation.evaluate = lambda *subject, **options: evaluate(
        *subject, **{**options, **shorter.EVALUATION}
    )
    namespace: dict[str, Any] = {"__name__": "__main__"}
    for block in blocks:
        print(f"--- {block['place']}\n{block['text']}---", flush=True)
        if block["language"] == "sh":
            code = subprocess.run(["bash", "-euo", "pipefail", "-c", block["text"]]).returncode
        else:
            code = run_python(block, namespace)
        if code:
            print(f"{block['place']}: exit code {code}", flush=True)
            sys.exit(1)


def run_python(block: dict[str, Any], namespace: dict[str, Any]) -> int:
    try:
        exec(compile(block["text"], block["place"], "exec", dont_inherit=True), namespace)
    except SystemExit as exit:
        return int(exit.code or 0)
    except Exception:
        traceback.print_exc()
        return 1
    return 0


def serve(request: dict[str, Any], files: list[int]) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if "blocks" in request:
        page(request["blocks"])
    else:
        command(request["arguments"])


def answer(connection: socket.socket, listening: socket.socket) -> None:
    """Fork what is asked for, and tell how it ended."""
    message, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())
        os._exit(0)
    listening.close()
    connection.close()
    code = 0
    try:
        serve(json.loads(message), files)
    except SystemExit as exit:
        code = int(exit.code or 0)
    # What Python does at its end, but for taking torch apart, which takes two seconds.
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def listen(listening: socket.socket) -> None:
    """Answer until the process that asks is gone."""
    # Nobody waits for those who answer.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    listening.settimeout(5)
    parent = os.getppid()
    while os.getppid() == parent:
        try:
            connection, _ = listening.accept()
        except TimeoutError:
            continue
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(connection, listening)
        connection.close()


if __name__ == "__main__":
    # The first optimizer imports for a second.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)], fused=True)
    # So that no fork copies all pages only to look for garbage in them.
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[1])) as given:
        listen(given)
