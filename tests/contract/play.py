"""Plays probe games: `python -m contract.play FOLDER DATA MODE PROBE...`.

Each is trained to the end in `FOLDER/unbroken`, and in `FOLDER/broken` until it kills itself in round 7 (SIGKILL), and
resumed there; each of the three in a process of its own, forked from this one, which has imported torch and computed
nothing. What came of them goes to stdout, a JSON object of exit codes.
"""

import json
import os
import signal
import sys
import traceback
from pathlib import Path

from contract.probe_common import plugin

import ganzoo
from ganzoo import plugins
from ganzoo.runs.observers.display import QuietDisplay

IMAGES = {"growing": 64, "pretrained": 192}
"""Of ten rounds or a few more: 80 where a round is one batch of eight."""


class KillingDisplay(QuietDisplay):
    """Kills its process as hard as can be, before anything of round 7 is written."""

    def __init__(self):
        self.rounds = 0

    def advance(self, images):
        self.rounds += 1
        if self.rounds == 7:
            os.kill(os.getpid(), signal.SIGKILL)


class StrictDisplay(QuietDisplay):
    """A probe that falls back to eager has not shown that it compiles."""

    def log(self, text):
        if "--compile" in text:
            raise AssertionError(text)


def play(action, folder, data, compiled, probe):
    plugins.registry().register(plugin(f"contract.probe_{probe}"), f"probe-{probe}")
    display = KillingDisplay() if action == "kill" else StrictDisplay()
    out = Path(folder) / probe
    if action == "resume":
        ganzoo.resume(out, display=display)
        return
    options = {"images": IMAGES.get(probe, 80), "checkpoint_every": 16, "keep": 100, "device": "cpu"}
    ganzoo.train("probe", data=data, preset="paper", out=out, compile=compiled == "compile", display=display, **options)


def forked(*arguments):
    """The exit code of a process that plays."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        play(*arguments)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def main(folder, data, mode, *probes):
    codes = {}
    for probe in probes:
        unbroken, broken = (Path(folder) / kind for kind in ("unbroken", "broken"))
        codes[probe] = [
            forked("train", unbroken, data, mode, probe),
            forked("kill", broken, data, mode, probe),
            forked("resume", broken, data, mode, probe),
        ]
    print(json.dumps(codes))


if __name__ == "__main__":
    main(*sys.argv[1:])
