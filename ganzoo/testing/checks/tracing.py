"""The check that phases compile. It raises `Nonconforming`."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from ganzoo.testing.checks.phases import batch_of, drop_gradients, phases_of, stages, step_of
from ganzoo.testing.forms import Form
from ganzoo.testing.outcome import Nonconforming, packages_of

PLACE = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


def check_trace(form: Form) -> None:
    """Loss and backward of each phase are one graph for `--compile`. Nothing is compiled: the graph runs eager."""
    game = form.build()
    for network in game.trained().values():
        network.train()
    for stage, resolution in stages(form, game):
        for phase in phases_of(game, stage):
            drop_gradients(game)
            try:
                step_of(game, phase).compile(batch_of(form, game, phase, resolution), backend="eager")
            # Whatever the tracer raises: what is wrong with the loss itself was found before.
            except Exception as error:
                raise Nonconforming(_said(form, phase.name, error)) from None
            finally:
                torch._dynamo.reset()


def _said(form: Form, phase: str, error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    places = [
        f" in {file.parent.name}/{file.name} line {line}"
        for file, line in ((Path(found["file"]), found["line"]) for found in PLACE.finditer(str(error)))
        if packages_of(form.variant) & set(file.parts)
    ]
    return (
        f"{form}: the phase {phase!r} cannot be traced whole, {type(error).__name__}: {lines[0][:200]}"
        f"{places[-1] if places else ''}: in losses and networks have no Python branch on values, no .item(), no print "
        "and no code outside torch"
    )
