"""Forks `ganzoo` commands off a process that has imported torch: each is a real process, without seconds of start-up.

Reads orders as JSON lines from stdin, and answers each with a number: the pid of a command, or its exit code.
"""

import atexit
import gc
import json
import os
import resource
import signal
import sys
import threading

import matplotlib.figure  # noqa: F401
import torch
import torchvision  # noqa: F401

import ganzoo.runs.trainer  # noqa: F401
from ganzoo.cli.app import main


def command(folder, log, arguments, file_bytes, environment):
    os.chdir(folder)
    os.environ.update(environment)
    # As an interpreter does when it starts.
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    for descriptor, suffix in ((0, None), (1, ".out"), (2, ".err")):
        file = os.open(log + suffix if suffix else os.devnull, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(file, descriptor)
    # A shell starts what it puts in the background with SIGINT ignored; commands under test are in the foreground.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["ganzoo", *arguments]
    if file_bytes:
        # As on a full disk, a write that would make a file larger writes what fits and then fails.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    main()


def leave(code):
    """What Python does at its end, but for taking torch apart, which takes two seconds."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


# The first optimizer imports for a second.
torch.optim.Adam([torch.zeros(1, requires_grad=True)], fused=True)
# So that no fork copies all pages only to look for garbage in them.
gc.freeze()
for line in iter(sys.stdin.readline, ""):
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            try:
                command(**order)
            except SystemExit as left:
                leave(left.code if isinstance(left.code, int) else int(bool(left.code)))
            except BaseException:
                sys.excepthook(*sys.exc_info())
                leave(1)
            leave(0)
    print(answer, flush=True)
