"""From a plan to its data and its training, for all that begin one. Importing it imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ganzoo import data
from ganzoo.errors import ConfigError
from ganzoo.runs.observers.display import Display
from ganzoo.runs.plan import Plan

if TYPE_CHECKING:
    import torch

    from ganzoo.core.data_spec import DataSpec
    from ganzoo.core.game import Game
    from ganzoo.data.dataset import Dataset
    from ganzoo.engine.slices import Slices
    from ganzoo.engine.training import Training
    from ganzoo.registry.opening import Opened

FEW = 100
"""Images below which no augmentation saves a training from learning them by heart."""

Decoding = Callable[[str, int, int], None]
"""Told a label, how many are decoded, and of how many."""


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


def build(
    plan: Plan,
    dataset: Dataset,
    device: torch.device,
    warn: Callable[[str], None],
    *,
    fresh: bool = True,
    start: Opened | None = None,
    slices: Slices | None = None,
) -> Training:
    """Seed torch, call the variant's factory, and put the game on the device.

    Args:
        plan: Settled.
        dataset: On `device`.
        device: Where everything is to be.
        warn: Takes one line for the user.
        fresh: No checkpoint will be loaded, so the weights of `--from` are, if they are asked for.
        start: What `--from` names, where that was opened before.
        slices: How batches are cut; None: as the plan says, all for this process.
    """
    from ganzoo.engine import device as devices
    from ganzoo.engine.slices import Slices
    from ganzoo.engine.training import Training
    from ganzoo.runs import starting

    devices.seed_all(plan.training.seed, deterministic=plan.training.deterministic)
    game = plan.variant.build(plan.config, dataset.spec)
    if plan.training.from_ is not None:
        game = starting.without_ramp_up(game)
    slices = slices or Slices(plan.training.slices or 1)
    _check_slices(plan, game, slices, dataset.spec)
    training = Training(
        game,
        dataset,
        device,
        seed=plan.training.seed,
        conditional=plan.conditional(dataset.spec),
        mirror=plan.training.mirror,
        bf16=plan.training.precision == "bf16",
        compiled=plan.training.compile,
        augmentation=plan.training.augmentation,
        slices=slices,
        warn=warn,
    )
    if plan.training.freeze_d:
        starting.freeze_discriminator(training, plan.training.freeze_d)
    if fresh and plan.training.from_ is not None:
        opened = start or starting.find(plan.training.from_, plan.variant.name)
        starting.take_weights(training, plan, opened, warn)
    return training


def _check_slices(plan: Plan, game: Game, slices: Slices, spec: DataSpec) -> None:
    """Refuse slices that are not equal, or that the variant would refuse as batches."""
    if slices.count == 1:
        return
    for size, parts in sorted({(stage.batch_size, stage.micro_batches) for stage in game.stages}):
        slices.check(size, parts)
        given = {**dict(plan.config), "batch_size": size // slices.count}
        try:
            type(plan.config).parse(given).check(spec)
        except ConfigError as error:
            raise ConfigError(
                f"--slices {slices.count} leaves {given['batch_size']} of a batch of {size} to a slice: {error}"
            ) from error


def advise(plan: Plan, spec: DataSpec) -> list[str]:
    """Sentences on what a training of these images will run into, before it does."""
    settings = plan.training.augmentation
    if spec.kind != "image":
        return []
    said, batch = [], plan.config.batch_size
    if spec.count < batch:
        said.append(f"a batch of {batch} holds more than the {spec.count} images of {spec.name}: --batch-size is less")
    if spec.count < FEW:
        said.append(
            f"{spec.name} has {spec.count} images: the discriminator will soon know each by heart, and the generator "
            "copies them or collapses; some hundreds are needed, or --from a trained model"
        )
    elif spec.count < 5_000 and settings is None:
        said.append(f"{spec.name} has {spec.count:,} images: --mirror and --augment diffaug are made for so few")
    if settings is not None and spec.channels == 1 and {"color", "c"} & set(settings.policy.operations):
        said.append("gray images have neither hue nor saturation: of the colors, brightness and contrast change")
    return said
