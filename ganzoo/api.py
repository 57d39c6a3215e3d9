"""What the command line does, for Python: train, resume, report, lists. Importing it imports no torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.core.data_spec import DataSpec
from ganzoo.data.sources.locate import absolute
from ganzoo.errors import ConfigError, DataError, GanzooError, RunError
from ganzoo.runs.building import Decoding, advise, build, load_data, settle
from ganzoo.runs.creating import new_run, refuse_taken
from ganzoo.runs.inputs import keep_inputs
from ganzoo.runs.observers.callbacks import load_callbacks, reload_callbacks
from ganzoo.runs.observers.display import Display, Unbroken, choose_display
from ganzoo.runs.plan import Plan
from ganzoo.runs.run import Run, all_runs
from ganzoo.utils.files import check_ending
from ganzoo.utils.last_model import remember_model
from ganzoo.utils.places import CONFIG, RUNS
from ganzoo.utils.shell import typed

if TYPE_CHECKING:
    import torch

    from ganzoo.data.dataset import Dataset
    from ganzoo.registry.stores.protocol import Listing
    from ganzoo.runs.trainer import Trainer


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
    display = Unbroken(display or choose_display(quiet=False))
    plan = Plan.resolve(variant, preset, options)
    place = Path(out) if out else None
    if place is not None:
        refuse_taken(place)
    from ganzoo.engine import device as devices
    from ganzoo.runs.trainer import Trainer

    device = devices.choose(plan.training.device)
    start = None
    if plan.training.from_ is not None:
        from ganzoo.runs.starting import find

        start = find(plan.training.from_, plan.variant.name)
        # The run may be resumed from another folder, and a name may come to stand for something else.
        plan = replace(plan, training=plan.training.model_copy(update={"from_": start.reference}))
    # Before the data is decoded and a run is made: what cannot be loaded is known at once, and leaves nothing behind.
    callbacks = load_callbacks(plan.training)
    named = plan.preset
    plan, dataset = settle(plan, device, display, decoding)
    if named is None:
        note = plan.config.preset_notes.get(str(plan.preset), "")
        said = f"preset {plan.preset} (for {device.type} and {dataset.spec.name}; --preset chooses another)"
        display.log(f"{said}: {note}" if note else said)
    for sentence in advise(plan, dataset.spec):
        display.log(sentence)
    training = build(plan, dataset, device, display.log, start=start)
    config = plan.to_config(dataset.spec, devices.describe(device))
    with new_run(config, place) as run, run.locked():
        keep_inputs(run, dataset, display.log)
        trainer = Trainer(run, training, display, callbacks)
        trainer.check()
        _drive(trainer)
    return run


def resume(
    run: str | Path,
    *,
    display: Display | None = None,
    decoding: Decoding | None = None,
    **options: Any,
) -> Run:
    """Go on with a run from its newest valid checkpoint, as if it had never stopped.

    Args:
        run: The run's directory, or its name in `./runs`.
        display: As in `train`.
        decoding: As in `train`.
        **options: What is to change, as in `train`; the run's `config.json` records it. `images` (a new length),
            `device`, `data` and `data_root` (where the same data is now), `data_memory`, `workers`, `eval_every` (0: no
            more), `eval_metrics`, `eval_samples`, `sample_every`, `checkpoint_every`, `keep`, `log_every`.

    Raises:
        ConfigError: If an option is refused, or is none of these.
        RunError: If there is no such run, another process holds it, or its data has changed or is gone.
    """
    display = Unbroken(display or choose_display(quiet=False))
    opened = Run.open(Path(run))
    with opened.locked():
        config = opened.config.changed(**{name: value for name, value in options.items() if value is not None})
        if "data" in options or "data_root" in options:
            config = config.model_copy(update={"data": absolute(config.data)})
        opened = replace(opened, config=config)
        plan = Plan.of_run(opened)
        # Looked for once, as every byte of it is hashed.
        newest = opened.checkpoints.newest_valid(display.log)
        if newest is not None and newest == opened.checkpoints.newest() and opened.is_finished():
            shown, asked = int(newest.name), opened.total_images
            of = f"its {shown:,} images" if shown == asked else f"{shown:,} images, and {asked:,} are asked for"
            display.log(f"{opened.path} is finished: it has {of}; --images trains it longer")
            return opened
        from ganzoo.engine import device as devices
        from ganzoo.runs.trainer import Trainer

        target = devices.choose(plan.training.device)
        dataset = _data_of(opened, plan, target, display, decoding)
        _same_data(opened, dataset.spec)
        _warn_of_other_threads(opened, devices.describe(target), display)
        callbacks = reload_callbacks(plan.training, display.log)
        keep_inputs(opened, dataset, display.log)
        trainer = Trainer(opened, build(plan, dataset, target, display.log, fresh=newest is None), display, callbacks)
        trainer.check()
        try:
            opened.config.write(opened.path / CONFIG)
        except OSError as error:
            raise RunError(f"{error.filename or opened.path} cannot be written: {error.strerror or error}") from error
        trainer.restore(newest)
        _drive(trainer)
    return opened


def report(run: str | Path | Run, out: str | Path | None = None, *, animation: str | Path | None = None) -> Path:
    """Write all about a run into one HTML file that needs nothing else: samples, curves, figures, warnings, recipe.

    Args:
        run: The run, its directory, or its name in `./runs`.
        out: The file; None: `report.html` in the run.
        animation: Write the same latents through training too, as this `.webp` or `.gif`.

    Returns:
        The HTML file.

    Raises:
        ConfigError: If a file has a name that cannot be.
        RunError: If there is no such run, or an animation is asked for and it has no samples yet.
        GanzooError: If a file cannot be written.
    """
    from ganzoo.runs.report import write_report
    from ganzoo.viz.animation import animate, check_suffix

    if animation is not None:
        check_suffix(Path(animation))
    opened = run if isinstance(run, Run) else Run.open(Path(run))
    if animation is not None and not opened.samples():
        raise RunError(f"{opened.path} has no samples yet: leave --animation out")
    page = opened.path / "report.html" if out is None else Path(out)
    check_ending(page, ".html", ".htm", what="--out")
    if page.is_dir():
        raise ConfigError(f"--out (={page}) is a folder: name a file in it, such as {page / 'report.html'}")
    try:
        write_report(opened, page)
        if animation is not None:
            animate(opened.samples(), Path(animation))
    except OSError as error:
        raise GanzooError(f"{error.filename or page} cannot be written: {error.strerror or error}") from error
    return page


def list_runs(folder: str | Path = RUNS, *, skipped: Callable[[str], None] = warnings.warn) -> list[Run]:
    """The runs in a folder, by name; `status()` and `images()` of each say how far it is.

    Args:
        folder: Where to look.
        skipped: Told in a sentence of each run whose config cannot be used, and which is left out.
    """
    return all_runs(Path(folder), skipped)


def list_models(folder: str | Path = RUNS, *, skipped: Callable[[str], None] = warnings.warn) -> list[Listing]:
    """The models that `load` takes and that are here: built-in ones, pulled ones, and a folder's runs.

    Args:
        folder: Where to look for runs that have a checkpoint.
        skipped: As in `list_runs`.
    """
    from ganzoo.registry.listings import shared_listings

    runs = (run for run in list_runs(folder, skipped=skipped) if run.checkpoints.newest() is not None)
    return [*shared_listings(), *(run.listing() for run in runs)]


def system_info() -> dict[str, Any]:
    """What this machine has: versions of ganzoo, torch and torchvision, the device that `"auto"` takes, cores, home."""
    import torch
    import torchvision

    from ganzoo.engine import device
    from ganzoo.utils.places import home
    from ganzoo.utils.version import __version__

    facts = {"ganzoo": __version__, **device.describe(device.choose("auto"))}
    return facts | {
        "torchvision": torchvision.__version__,
        "cuda build": torch.version.cuda or "none",
        "home": str(home()),
    }


def _drive(trainer: Trainer) -> None:
    remember_model(trainer.run.path)
    trainer.train()


def _data_of(run: Run, plan: Plan, device: torch.device, display: Display, decoding: Decoding | None) -> Dataset:
    try:
        return load_data(plan, device, display, decoding)
    except (ConfigError, DataError) as error:
        raise RunError(
            f"{run.path} learned {run.spec.name}, which cannot be read from {plan.data.data} ({_clause(error)}). Where "
            f"it lies elsewhere now: {typed('ganzoo', 'resume', run.path)} --data PLACE"
        ) from error


def _clause(error: Exception) -> str:
    return str(error).removesuffix(".")


def _same_data(run: Run, spec: DataSpec) -> None:
    if spec.digest != run.spec.digest:
        raise RunError(
            f"{run.path} was trained on other data: {run.spec.name} had digest {str(run.spec.digest)[:12]} and has "
            f"{str(spec.digest)[:12]} now. Restore the old data, say where it lies by --data, or start a new run."
        )
    if (spec.shape, spec.classes, spec.source) != (run.spec.shape, run.spec.classes, run.spec.source):
        raise RunError(
            f"{run.path / CONFIG}: spec has the shape {run.spec.shape} and {run.spec.classes} classes, and the data of "
            f"that digest has {spec.shape} and {spec.classes}: the file was changed by hand"
        )


def _warn_of_other_threads(run: Run, system: dict[str, Any], display: Display) -> None:
    for name in ("threads", "torch", "processor", "device"):
        before = run.config.system.get(name)
        if before != system[name]:
            display.log(f"note: {name} was {before} and is {system[name]} now, so this will not be bit-identical")
