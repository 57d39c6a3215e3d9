"""Runs a probe game in a process of its own: `python -m contract.play ACTION FOLDER DATA MODE PROBE`.

ACTION is `train` (to the end), `kill` (SIGKILL to itself in round 7) or `resume`.
"""

import os
import signal
import sys
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


def main(action, folder, data, compiled, probe):
    plugins.registry().register(plugin(f"contract.probe_{probe}"), f"probe-{probe}")
    display = KillingDisplay() if action == "kill" else StrictDisplay()
    out = Path(folder) / probe
    if action == "resume":
        ganzoo.resume(out, display=display)
        return
    options = {"images": IMAGES.get(probe, 80), "checkpoint_every": 16, "keep": 100, "device": "cpu"}
    ganzoo.train("probe", data=data, preset="paper", out=out, compile=compiled == "compile", display=display, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
