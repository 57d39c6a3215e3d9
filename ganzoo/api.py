"""What the command line does, for Python: `train`, `resume`. Importing it imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo import data
from ganzoo.core.data_spec import DataSpec
from ganzoo.errors import RunError
from ganzoo.runs.observers.callbacks import load_callbacks, reload_callbacks
from ganzoo.runs.observers.display import Display, choose_display
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run
from ganzoo.utils.last_model import remember_model
from ganzoo.utils.places import CONFIG

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset
    from ganzoo.engine.training import Training
    from ganzoo.runs.trainer import Trainer

Decoding = Callable[[str, int, int], None]
"""Told a label, how many are decoded, and of how many."""


def train(
    variant: str,
    *,
    preset: str | None = None,
    out: str | Path | None = None,
    display: Display | None = None,
    decoding: Decoding | None = None,
    **options: Any,
) -> Run:
    """Train a variant; the options are those of `ganzoo train VARIANT`, with underscores.

    Args:
        variant: Its name.
        preset: `"paper"`, `"laptop"` or another of the variant's; None: as a rule `laptop` on a CPU, else `paper`.
        out: The run's directory; None: the next free one in `./runs`.
        display: What to show; None: what suits stdout.
        decoding: Told how the decoding of the data gets on.
        **options: `data`, `images`, `lr`, `seed`, ...

    Returns:
        The finished run.

    Raises:
        GanzooError: For whatever is the caller's to fix; see `ganzoo.errors`.
    """
    display = display or choose_display(quiet=False)
    plan = Plan.resolve(variant, preset, options)
    from ganzoo.engine import device as devices
    from ganzoo.runs.trainer import Trainer

    device = devices.choose(plan.training.device)
    # Before the data is decoded and a run is made: what cannot be loaded is known at once, and leaves nothing behind.
    callbacks = load_callbacks(plan.training)
    named = plan.preset
    plan, dataset = settle(plan, device, display, decoding)
    if named is None:
        note = plan.config.preset_notes.get(str(plan.preset), "")
        said = f"preset {plan.preset} (for {device.type} and {dataset.spec.name}; --preset chooses another)"
        display.log(f"{said}: {note}" if note else said)
    run = Run.create(plan.to_config(dataset.spec, devices.describe(device)), Path(out) if out else None)
    with run.locked():
        _drive(Trainer(run, build(plan, dataset, device, display.log), display, callbacks))
    return run


def resume(
    run: str | Path,
    *,
    images: int | str | None = None,
    device: str | None = None,
    display: Display | None = None,
    decoding: Decoding | None = None,
) -> Run:
    """Go on with a run from its newest valid checkpoint, as if it had never stopped.

    Args:
        run: The run's directory, or its name in `./runs`.
        images: A new length, to train a run for longer; may be written `"2M"`.
        device: Another device than the run began on.
        display: As in `train`.
        decoding: As in `train`.

    Raises:
        RunError: If there is no such run, another process holds it, or its data has changed.
    """
    display = display or choose_display(quiet=False)
    opened = Run.open(Path(run))
    with opened.locked():
        opened = replace(opened, config=opened.config.changed(images=images, device=device))
        plan = Plan.of_run(opened)
        # Looked for once, as every byte of it is hashed.
        newest = opened.checkpoints.newest_valid(display.log)
        if newest is not None and int(newest.name) >= opened.total_images:
            display.log(
                f"{opened.path} is finished: it has its {opened.total_images:,} images; --images trains it longer"
            )
            return opened
        from ganzoo.engine import device as devices
        from ganzoo.runs.trainer import Trainer

        target = devices.choose(plan.training.device)
        dataset = load_data(plan, target, display, decoding)
        _same_data(opened, dataset.spec)
        _warn_of_other_threads(opened, devices.describe(target), display)
        opened.config.write(opened.path / CONFIG)
        callbacks = reload_callbacks(plan.training, display.log)
        trainer = Trainer(opened, build(plan, dataset, target, display.log), display, callbacks)
        trainer.restore(newest)
        _drive(trainer)
    return opened


def settle(
    plan: Plan, device: torch.device, display: Display, decoding: Decoding | None = None
) -> tuple[Plan, Dataset]:
    """The plan with all that depends on device and data decided, and its data on `device`."""
    dataset = data.load(plan.data, device, decoding, located=plan.located)
    sized = plan.sized(dataset.spec)
    if sized is not plan:
        # Of a torchvision set the native size is known only now; both sizes are in the cache from here on.
        plan, dataset = sized, data.load(sized.data, device, decoding)
    _log_notes(dataset, display)
    # The list of a folder's files need not stay for the whole training.
    return replace(plan.settle(device.type, dataset.spec), located=None), dataset


def load_data(plan: Plan, device: torch.device, display: Display, decoding: Decoding | None) -> Dataset:
    """The plan's data on `device`; what there is to say of it goes to `display`."""
    dataset = data.load(plan.data, device, decoding)
    _log_notes(dataset, display)
    return dataset


def _log_notes(dataset: Dataset, display: Display) -> None:
    for note in dataset.notes:
        display.log(note)


def build(plan: Plan, dataset: Dataset, device: torch.device, warn: Callable[[str], None]) -> Training:
    """Seed torch, call the variant's factory, and put the game on the device."""
    from ganzoo.engine import device as devices
    from ganzoo.engine.training import Training

    devices.seed_all(plan.training.seed, deterministic=plan.training.deterministic)
    game = plan.variant.build(plan.config, dataset.spec)
    return Training(
        game,
        dataset,
        device,
        seed=plan.training.seed,
        conditional=plan.conditional(dataset.spec),
        bf16=plan.training.precision == "bf16",
        compiled=plan.training.compile,
        warn=warn,
    )


def _drive(trainer: Trainer) -> None:
    remember_model(trainer.run.path)
    trainer.train()


def _same_data(run: Run, spec: DataSpec) -> None:
    if spec.digest != run.spec.digest:
        raise RunError(
            f"{run.path} was trained on other data: {run.spec.name} had digest {str(run.spec.digest)[:12]} and has "
            f"{str(spec.digest)[:12]} now. Restore the old data, or start a new run."
        )
    if (spec.shape, spec.classes) != (run.spec.shape, run.spec.classes):
        raise RunError(
            f"{run.path / CONFIG}: spec has the shape {run.spec.shape} and {run.spec.classes} classes, and the data of "
            f"that digest has {spec.shape} and {spec.classes}: the file was changed by hand"
        )


def _warn_of_other_threads(run: Run, system: dict[str, Any], display: Display) -> None:
    for name in ("threads", "torch", "processor", "device"):
        before = run.config.system.get(name)
        if before != system[name]:
            display.log(f"note: {name} was {before} and is {system[name]} now, so this will not be bit-identical")
