"""What the processes of one training do together, besides rounds: see `ganzoo.engine.processes`. Imports no torch."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from signal import Signals
from typing import TYPE_CHECKING, Any

from ganzoo import plugins
from ganzoo.core.data_spec import DataSpec
from ganzoo.engine.processes import OVER, SAVE, Processes
from ganzoo.errors import CheckpointError, RunError, TrainingInterrupted
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run, all_runs
from ganzoo.runs.signals import StopSignals
from ganzoo.utils.places import CONFIG
from ganzoo.utils.version import __version__

if TYPE_CHECKING:
    from ganzoo.engine.training import Tensors, Training

CLOCKS_SECONDS = 60
"""By which clocks may differ before it is said. Nothing depends on them."""


def follow(training: Training, processes: Processes) -> None:
    """Train along in a process that is not the first, until that says that it is over.

    Raises:
        TrainingInterrupted: If a signal to any of the processes ended it.
        ProcessEnded: If another process ended.
    """
    stopped = 0
    try:
        training.restore(*processes.share(lambda: on_host(training)))
        with StopSignals() as signals:
            while (word := processes.largest(int(signals.received or 0))) != OVER:
                if word == SAVE:
                    whole_state(training, processes)
                elif word:
                    stopped = word
                else:
                    training.round()
    finally:
        training.close()
    if stopped:
        raise TrainingInterrupted(
            f"stopped by {Signals(stopped).name} with the first process, which says what was saved", 128 + stopped
        )


def on_host(training: Training) -> tuple[Tensors, dict[str, Any]]:
    """Its state; a tensor of a device would arrive on the sender's."""
    tensors, counters = training.state()
    return {file: {name: value.cpu() for name, value in named.items()} for file, named in tensors.items()}, counters


def whole_state(training: Training, processes: Processes) -> tuple[Tensors, dict[str, Any]]:
    """The state of a training, of which each process holds all but other processes' slices; called in all at once.

    Raises:
        CheckpointError: In the first process, if others have other weights.
    """
    tensors, counters = training.state()
    if processes.count == 1:
        return tensors, counters
    own = {name: value.cpu() for name, value in tensors.pop("slices", {}).items()}
    digest = _digest(tensors)
    found = processes.gather((digest, own))
    different = [rank for rank, (other, _) in enumerate(found) if other != digest]
    if different and processes.first:
        raise CheckpointError(
            f"the processes have drifted apart: at {training.images:,} images process {different[0]} has other weights "
            f"than the first, so nothing is saved of this moment. Equal machines, and equal versions on them, are what "
            f"keeps them together"
        )
    if own:
        tensors["slices"] = {name: value for _, part in found for name, value in part.items()}
    return tensors, counters


def _digest(tensors: Tensors) -> str:
    import torch

    total = hashlib.sha256()
    for file, named in sorted(tensors.items()):
        for name, value in sorted(named.items()):
            total.update(f"{file}/{name}".encode())
            total.update(value.detach().cpu().reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def same_command(processes: Processes, command: str) -> None:
    """Refuse processes that were given another command; the first that all do together.

    Raises:
        RunError: In every process.
    """
    for rank, other in enumerate(processes.gather(command)):
        if other != command:
            raise RunError(
                f"one process was given `{command}`, and process {rank} `{other}`: give all of them one command"
            )


def launch_of(processes: Processes, variant: str, preset: str | None, given: Mapping[str, Any]) -> str | None:
    """What a run records of the start of torchrun that made it, and of the command; None without torchrun."""
    command = json.dumps([processes.launch, variant, preset, dict(given)], sort_keys=True, default=str)
    return hashlib.sha256(command.encode()).hexdigest()[:16] if processes.launch else None


def begun_by(launch: str | None, processes: Processes, place: Path | None) -> Path | None:
    """The run that was begun by this same start of torchrun, which has started its processes again since.

    Args:
        launch: As of `launch_of`.
        processes: All of them look.
        place: The run's directory, None where that was left to us.

    Raises:
        RunError: If it lies on another machine.
    """
    if launch is None:
        return None
    found = processes.gather(_find(launch, place, finished=place is not None or processes.restarts > 0))
    elsewhere = [(rank, path) for rank, path in enumerate(found) if path is not None]
    if elsewhere and found[0] is None:
        rank, path = elsewhere[0]
        raise RunError(
            f"this training began in {path} on the machine of process {rank}, and goes on on another, which does not "
            "have it: give --out a folder that all machines share"
        )
    return found[0]


def _find(launch: str, place: Path | None, *, finished: bool) -> Path | None:
    runs = all_runs() if place is None else [Run.open(place)] if (place / CONFIG).is_file() else []
    mine = [run for run in runs if run.config.system.get("launch") == launch]
    return next((run.path for run in mine if finished or not run.is_finished()), None)


def agree(processes: Processes, plan: Plan, spec: DataSpec, log: Callable[[str], None]) -> None:
    """Refuse processes that would not train the same; called in all at once.

    Args:
        processes: All.
        plan: Settled.
        spec: Of the data as this process has it.
        log: Told what differs and does no harm.

    Raises:
        RunError: In every process: which one differs, and in what.
    """
    if processes.count == 1:
        return
    import torch

    owner = plugins.registry().plugin_of(plan.variant.name)
    training = plan.training.model_dump(mode="json", exclude={"device", "from_", "callbacks", "tensorboard"})
    facts = {
        "ganzoo": __version__,
        owner.distribution: owner.version,
        "torch": torch.__version__,
        "options": json.dumps([plan.config.model_dump(mode="json"), training], sort_keys=True),
        "data": f"{spec.name} with digest {str(spec.digest)[:12]}",
    }
    found = processes.gather((facts, time.time()))
    for rank, (others, seconds) in enumerate(found):
        if abs(seconds - found[0][1]) > CLOCKS_SECONDS:
            log(f"note: clocks of the first process and process {rank} differ by {seconds - found[0][1]:.0f} s")
        for name, value in found[0][0].items():
            other = others.get(name, "none")
            if other != value:
                what = "were given other options" if name == "options" else f"have {name} {value} and {other}"
                raise RunError(
                    f"the first process and process {rank} {what}: all processes of a training need the same options, "
                    "versions and data"
                )
