"""Forks `ganzoo` commands off a process that has imported torch: each is a real process, without seconds of start-up.

Reads orders as JSON lines from stdin, and answers each with a number: the pid of a command, or its exit code.
"""

import json
import os
import resource
import signal
import sys

import matplotlib.figure  # noqa: F401
import torchvision  # noqa: F401

import ganzoo.engine.trainer  # noqa: F401
from ganzoo.cli.app import main


def command(folder, log, arguments, file_bytes, environment):
    os.chdir(folder)
    os.environ.update(environment)
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
    sys.exit()


for line in iter(sys.stdin.readline, ""):
    order = json.loads(line)
    if "wait" in order:
        answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
    else:
        answer = os.fork()
        if answer == 0:
            command(**order)
    print(answer, flush=True)
