"""What the command line does, for Python: train, resume, report, lists. Importing it imports no torch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.data.sources.locate import absolute
from ganzoo.engine.processes import Processes
from ganzoo.errors import ConfigError, GanzooError, RunError
from ganzoo.runs.asked import asked
from ganzoo.runs.building import Decoding, advise, build, settle
from ganzoo.runs.creating import new_run, refuse_taken
from ganzoo.runs.inputs import keep_inputs
from ganzoo.runs.observers.callbacks import load_callbacks, reload_callbacks
from ganzoo.runs.observers.display import Display, QuietDisplay, Unbroken, choose_display
from ganzoo.runs.plan import Plan
from ganzoo.runs.resuming import check_same, data_of, warn_of_other_threads
from ganzoo.runs.run import Run, all_runs
from ganzoo.runs.together import agree, begun_by, follow, launch_of, on_host, same_command
from ganzoo.utils.files import check_ending
from ganzoo.utils.last_model import remember_model
from ganzoo.utils.places import CONFIG, RUNS

if TYPE_CHECKING:
    from ganzoo.registry.stores.protocol import Listing
    from ganzoo.runs.report.compare import Comparison
    from ganzoo.runs.trainer import Trainer


def train(
    variant: str | None = None,
    *,
    config: str | Path | Mapping[str, Any] | None = None,
    like: str | Path | Run | None = None,
    preset: str | None = None,
    out: str | Path | None = None,
    display: Display | None = None,
    decoding: Decoding | None = None,
    **options: Any,
) -> Run:
    """Train a variant; the options are those of `ganzoo train VARIANT`, with underscores.

    Args:
        variant: Its name; None: the one that `config` or `like` has.
        config: A TOML, YAML or JSON file of options, or a mapping with the same keys; see docs/config.md.
        like: A run, its directory, or its name in `./runs`: all of its options are taken.
        preset: `"paper"`, `"laptop"` or another of the variant's; None: as a rule `laptop` on a CPU, else `paper`.
        out: The run's directory; None: the next free one in `./runs`.
        display: What to show; None: what suits stdout.
        decoding: Told how the decoding of the data gets on.
        **options: `data`, `images`, `lr`, `seed`, ...; they win over those of `config` and `like`.

    Returns:
        The finished run.

    Raises:
        GanzooError: For whatever is the caller's to fix; see `ganzoo.errors`.
    """
    processes = Processes.of_environment()
    display = _display(display, processes)
    variant, preset, options = asked(variant, preset, options, config, like)
    plan = Plan.resolve(variant, preset, options)
    place = Path(out) if out else None
    launch = launch_of(processes, variant, preset, options)
    with processes.joined():
        same_command(processes, f"ganzoo train {variant}")
        begun = begun_by(launch, processes, place)
        if begun is not None:
            display.log(f"torchrun has started this training again: it goes on in {begun}")
            return _go_on(begun, {}, processes, display, decoding)
        if place is not None:
            processes.share(partial(refuse_taken, place))
        return _begin(plan, place, launch, processes, display, decoding)


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
            `device`, `data` and `data_root` (where the same data is now), `data_memory`, `data_disk`, `workers`,
            `eval_every` (0: no more), `eval_metrics`, `eval_samples`, `sample_every`, `checkpoint_every`, `keep`,
            `log_every`.

    Raises:
        ConfigError: If an option is refused, or is none of these.
        RunError: If there is no such run, another process holds it, or its data has changed or is gone.
    """
    processes = Processes.of_environment()
    with processes.joined():
        same_command(processes, f"ganzoo resume {run}")
        return _go_on(run, options, processes, _display(display, processes), decoding)


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


def compare(*runs: str | Path | Run, html: str | Path | None = None) -> Comparison:
    """Compare runs of any kind, of which some may still be trained.

    Args:
        *runs: Two to ten: runs, their directories, or their names in `./runs`.
        html: Write all of it, with curves and samples, into this HTML file, which needs nothing else.

    Returns:
        What differs in their configs, their final and best figures, and how these rank where they were judged alike;
        `to_dict()` gives plain values.

    Raises:
        ConfigError: If there are fewer than two, more than ten, or one twice.
        RunError: If one is no run, or its journal cannot be read.
        GanzooError: If the file cannot be written.
    """
    from ganzoo.runs.report.compare import Comparison
    from ganzoo.runs.report.compare_page import write_comparison

    if html is not None:
        check_ending(Path(html), ".html", ".htm", what="--html")
        if Path(html).is_dir():
            raise ConfigError(f"--html (={html}) is a folder: name a file in it, such as {Path(html) / 'compare.html'}")
    found = Comparison.of([run if isinstance(run, Run) else Run.open(Path(run)) for run in runs])
    if html is not None:
        try:
            write_comparison(found, Path(html))
        except OSError as error:
            raise GanzooError(f"{error.filename or html} cannot be written: {error.strerror or error}") from error
    return found


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


def _display(display: Display | None, processes: Processes) -> Display:
    return Unbroken(display or choose_display(quiet=False)) if processes.first else QuietDisplay()


def _begin(
    plan: Plan,
    place: Path | None,
    launch: str | None,
    processes: Processes,
    display: Display,
    decoding: Decoding | None,
) -> Run:
    from ganzoo.engine import device as devices
    from ganzoo.engine.slices import Slices
    from ganzoo.runs.trainer import Trainer

    device = devices.choose(plan.training.device, processes.accelerator)
    slices = Slices(plan.training.slices or processes.count, processes)
    plan = replace(plan, training=plan.training.model_copy(update={"slices": slices.count}))
    processes.connect(device)
    start = None
    if plan.training.from_ is not None and processes.first:
        from ganzoo.runs.starting import find

        start = find(plan.training.from_, plan.variant.name)
        # The run may be resumed from another folder, and a name may come to stand for something else.
        plan = replace(plan, training=plan.training.model_copy(update={"from_": start.reference}))
    # Before the data is decoded and a run is made: what cannot be loaded is known at once, and leaves nothing behind.
    callbacks = load_callbacks(plan.training) if processes.first else []
    named = plan.preset
    plan, dataset = processes.in_turn(partial(settle, plan, device, display, decoding))
    if named is None:
        note = plan.config.preset_notes.get(str(plan.preset), "")
        said = f"preset {plan.preset} (for {device.type} and {dataset.spec.name}; --preset chooses another)"
        display.log(f"{said}: {note}" if note else said)
    for sentence in advise(plan, dataset.spec):
        display.log(sentence)
    agree(processes, plan, dataset.spec, display.log)
    training = build(plan, dataset, device, display.log, fresh=processes.first, start=start, slices=slices)
    system = devices.describe(device) | {"processes": processes.count, "launch": launch}
    config = plan.to_config(dataset.spec, system)
    if not processes.first:
        run = processes.share(lambda: Run(Path(), config))
        follow(training, processes)
        return run
    with new_run(config, place) as run, run.locked():
        keep_inputs(run, dataset, display.log)
        trainer = Trainer(run, training, display, callbacks, processes)
        trainer.check()
        processes.share(lambda: run)
        _drive(trainer)
    return run


def _go_on(
    run: str | Path, options: dict[str, Any], processes: Processes, display: Display, decoding: Decoding | None
) -> Run:
    with ExitStack() as held:
        opened = processes.share(partial(_open, run, options, held))
        plan = Plan.of_run(opened)
        # Looked for once, as every byte of it is hashed.
        newest, finished = processes.share(partial(_newest, opened, display))
        if finished:
            return opened
        from ganzoo.engine import device as devices
        from ganzoo.engine.slices import Slices
        from ganzoo.runs.trainer import Trainer

        target = devices.choose(plan.training.device, processes.accelerator)
        slices = Slices(plan.training.slices or 1, processes)
        processes.connect(target)
        dataset = processes.in_turn(partial(data_of, opened, plan, target, display, decoding))
        check_same(opened, dataset.spec)
        agree(processes, plan, dataset.spec, display.log)
        warn_of_other_threads(opened, devices.describe(target), display)
        callbacks = reload_callbacks(plan.training, display.log) if processes.first else []
        fresh = newest is None and processes.first
        training = build(plan, dataset, target, display.log, fresh=fresh, slices=slices)
        if not processes.first:
            follow(training, processes)
            return opened
        keep_inputs(opened, dataset, display.log)
        trainer = Trainer(opened, training, display, callbacks, processes)
        trainer.check()
        try:
            opened.config.write(opened.path / CONFIG)
        except OSError as error:
            raise RunError(f"{error.filename or opened.path} cannot be written: {error.strerror or error}") from error
        trainer.restore(newest)
        _drive(trainer)
    return opened


def _open(run: str | Path, options: dict[str, Any], held: ExitStack) -> Run:
    """The run with what is to change; it stays locked as long as `held` is."""
    opened = Run.open(Path(run))
    held.enter_context(opened.locked())
    config = opened.config.changed(**{name: value for name, value in options.items() if value is not None})
    if "data" in options or "data_root" in options:
        config = config.model_copy(update={"data": absolute(config.data)})
    return replace(opened, config=config)


def _newest(run: Run, display: Display) -> tuple[Path | None, bool]:
    """The newest valid checkpoint, and whether it is the end."""
    newest = run.checkpoints.newest_valid(display.log)
    if newest is None or newest != run.checkpoints.newest() or not run.is_finished():
        return newest, False
    shown, asked = int(newest.name), run.total_images
    of = f"its {shown:,} images" if shown == asked else f"{shown:,} images, and {asked:,} are asked for"
    display.log(f"{run.path} is finished: it has {of}; --images trains it longer")
    return newest, True


def _drive(trainer: Trainer) -> None:
    # All begin with one state: weights that were drawn on other machines may differ in their last bits.
    trainer.processes.share(lambda: on_host(trainer.training) if trainer.processes.count > 1 else None)
    remember_model(trainer.run.path)
    trainer.train()
