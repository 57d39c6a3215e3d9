"""From a run to a model package: the same run gives the same bytes."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo import plugins
from ganzoo.core.data_spec import DataSpec
from ganzoo.core.entries import Evaluated, evaluations_of
from ganzoo.errors import ConfigError, RegistryError
from ganzoo.models.trained import Trained
from ganzoo.plugins.modalities import modality_of
from ganzoo.registry.opening import Opened
from ganzoo.registry.packages import card
from ganzoo.registry.packages.names import CARD, CONFIG, DISCRIMINATOR, MANIFEST, SAMPLES, WEIGHTS
from ganzoo.registry.packages.package import Package
from ganzoo.registry.packages.tensors import read_header
from ganzoo.runs.checkpoint import load_state, load_tensors
from ganzoo.runs.config import RunConfig
from ganzoo.runs.run import Run
from ganzoo.sampling.inputs import INPUTS
from ganzoo.sampling.settings import grid_latents
from ganzoo.utils.version import __version__

if TYPE_CHECKING:
    from torch import Tensor

    from ganzoo.core.networks import Generator

_LIBRARIES = ("numpy", "safetensors", "torch")

GRID = 8
"""Columns of the sample grid of images."""


def package_run(
    run: Run,
    folder: Path,
    *,
    best: bool = False,
    half: bool = False,
    discriminator: bool = False,
    license: str | None = None,
    data_license: str | None = None,
    reference: str | None = None,
    evaluations: Mapping[str, Evaluated | None] | None = None,
) -> Package:
    """Write a package of a run's average generator.

    Args:
        run: With at least one checkpoint.
        folder: To be made; must not exist or be empty.
        best: Its best checkpoint, if it was evaluated, instead of the last.
        half: Store weights in 16 bits; they are widened to 32 when they are loaded.
        discriminator: Let the discriminator's weights go with it, for those who train on.
        license: Of the weights: an SPDX identifier, or words.
        data_license: Of the data that was learned, or where it is from; None: what is known of it.
        reference: Under which it will be pulled, for its card; None: the run's name.
        evaluations: `final` and `best`; None: those that the run recorded.

    Returns:
        The package, verified.

    Raises:
        RunError: If the run has no such checkpoint.
        RegistryError: If the folder is in use or cannot be written.
    """
    model = Trained.from_run(run, best=best)
    if data_license is not None:
        model = replace(model, spec=replace(model.spec, license=data_license))
    found = _recorded(run) if evaluations is None else evaluations
    try:
        _claim(folder)
        files = {WEIGHTS: _weights(model.generator.state_dict(), half=half), CONFIG: _config(run, model)}
        if discriminator:
            files[DISCRIMINATOR] = _weights(load_tensors(_checkpoint(run, model), "discriminator"), half=half)
        if model.inputs is not None:
            files[INPUTS] = (run.path / INPUTS).read_bytes()
        for name, data in files.items():
            (folder / name).write_bytes(data)
        header, _ = read_header(folder / WEIGHTS)
        tensors = {name: header[name][0].model_dump(mode="json") for name in model.generator.state_dict()}
        manifest = _manifest(run, model, files, tensors, found, best=best, license=license)
        (folder / MANIFEST).write_bytes(_json(manifest))
        package = Package.open(folder)
        # Drawn from what was stored, so that the grid shows the effect of 16 bits too.
        _save_grid(Trained.from_package(package), folder / SAMPLES)
        write_card(package, reference or run.path.name)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise RegistryError(f"{folder} cannot be written: {error.strerror or error}") from error
    package.verify()
    return package


def prepare(
    opened: Opened,
    folder: Path,
    *,
    best: bool,
    half: bool,
    discriminator: bool,
    license: str | None,
    data_license: str | None,
    reference: str,
) -> Package:
    """A package of whatever a reference leads to, in a folder of its own, with a card for the place it goes to.

    Args:
        opened: A run or a package.
        folder: To be made.
        best: As for `package_run`; this, `half`, `discriminator` and `data_license` are refused if the model is a
            package already.
        half: As for `package_run`.
        discriminator: As for `package_run`.
        data_license: As for `package_run`.
        license: As for `package_run`; None: what the package says.
        reference: Under which it will be pulled.

    Raises:
        GanzooError: If the run cannot be packaged, or the folder cannot be written.
    """
    if opened.run is not None:
        run = Run.open(opened.run)
        return package_run(
            run, folder, best=best, half=half, discriminator=discriminator, license=license,
            data_license=data_license, reference=reference,
        )  # fmt: skip
    assert opened.package is not None
    if best or half or discriminator or data_license is not None:
        raise ConfigError(
            f"{opened.reference} is a package already: --best, --fp16, --with-discriminator and --data-license are for "
            "runs"
        )
    try:
        for name in opened.package.files():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(opened.package.folder / name, folder / name)
        if license is not None:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            (folder / MANIFEST).write_bytes(_json({**manifest, "license": license}))
        package = Package.open(folder)
        write_card(package, reference)
    except OSError as error:
        raise RegistryError(f"{folder} cannot be written: {error.strerror or error}") from error
    package.verify()
    return package


def write_card(package: Package, reference: str, notes: str = "") -> None:
    """Write the card, or renew its generated parts.

    Args:
        package: Whose.
        reference: Under which it will be pulled.
        notes: What a reader should know of it; stands below the generated part of a new card.
    """
    variant = plugins.registry().find(package.manifest.variant)
    path = package.folder / CARD
    old = path.read_text(encoding="utf-8") if path.is_file() else ""
    text = card.merge(old, card.write(package.manifest, reference, variant.title, variant.paper))
    path.write_text(f"{text}\n{notes}\n" if notes and not old else text, encoding="utf-8")


def _claim(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RegistryError(f"{folder} exists already: name another folder, or remove it")
    folder.mkdir(parents=True, exist_ok=True)


def _weights(state: Mapping[str, Tensor], *, half: bool) -> bytes:
    import safetensors.torch

    return safetensors.torch.save({name: _stored(tensor, half=half) for name, tensor in state.items()})


def _stored(tensor: Tensor, *, half: bool) -> Tensor:
    import torch

    kept = tensor.detach().cpu().contiguous()
    return kept.to(torch.float16) if half and kept.is_floating_point() else kept.clone()


def _checkpoint(run: Run, model: Trained) -> Path:
    """That the model was loaded from, and verified then."""
    return run.checkpoints.folder / f"{model.images:010d}"


def _config(run: Run, model: Trained) -> bytes:
    state = load_state(_checkpoint(run, model))
    return _json(
        {
            "library_name": "ganzoo",
            "architecture": model.variant,
            "ganzoo_api": 1,
            "data": _public(model.spec),
            "stage": {"resolution": state["resolution"], "fade": float(state["fade"])},
            "model_args": run.config.options.model_dump(mode="json"),
        }
    )


def _manifest(
    run: Run,
    model: Trained,
    files: Mapping[str, bytes],
    tensors: Mapping[str, Any],
    evaluations: Mapping[str, Evaluated | None],
    *,
    best: bool,
    license: str | None,
) -> dict[str, Any]:
    owner = run.config.plugin
    return {
        "schema": 1,
        "variant": model.variant,
        "plugin": {"distribution": owner.distribution, "version": owner.version},
        "files": {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in files.items()
        },
        "tensors": dict(tensors),
        "data": _public(model.spec),
        "images": model.images,
        "seed": run.config.training.seed,
        "checkpoint": "best" if best else "final",
        "ema": str(model.ema),
        "training": without_folders(run.config),
        "system": {key: str(value) for key, value in run.config.system.items()},
        "libraries": {"ganzoo": __version__, **{name: importlib.metadata.version(name) for name in _LIBRARIES}},
        "final": _figures(evaluations.get("final")),
        "best": _figures(evaluations.get("best")),
        "license": license,
        **_settable(model.generator),
    }


def _settable(generator: Generator) -> dict[str, Any]:
    """What `--set` takes, for whoever does not build the network; nothing of a generator without parts and options."""
    parts = {"latent": asdict(generator.latent)} if generator.latent.named else {}
    options = {name: asdict(option) for name, option in generator.sampling_options.items()}
    return {**parts, **({"sampling_options": options} if options else {})}


def without_folders(config: RunConfig) -> dict[str, Any]:
    """What a run was asked for, as anybody could ask it: with no folders of a machine."""
    asked = config.model_dump(mode="json", include={"preset", "options", "training", "data"})
    asked["data"]["data_root"] = None
    if "/" in config.data.data or os.path.exists(config.data.data):
        asked["data"]["data"] = config.spec.name
    if config.training.from_ is not None and os.path.exists(config.training.from_):
        asked["training"]["from_"] = Path(config.training.from_).name
    return asked


def _recorded(run: Run) -> dict[str, Evaluated | None]:
    """The run's own evaluations: at its end, and at its best."""
    evaluations = evaluations_of(run.journal.read(ticks=0))
    final = [evaluated for evaluated in evaluations if evaluated.images == run.images()]
    best = [evaluated for evaluated in evaluations if evaluated.best]
    return {"final": final[-1] if final else None, "best": best[-1] if best else None}


def _figures(evaluated: Evaluated | None) -> dict[str, Any] | None:
    if evaluated is None:
        return None
    numbers = {name: value for name, value in evaluated.metrics.items() if not isinstance(value, list)}
    provenance = None if evaluated.provenance is None else asdict(evaluated.provenance)
    return {"images": evaluated.images, "values": numbers, "provenance": provenance}


def _public(spec: DataSpec) -> dict[str, Any]:
    # Notes name files of this machine.
    return {name: value for name, value in spec.to_dict().items() if name != "notes"}


def _save_grid(model: Trained, path: Path) -> None:
    from ganzoo.models.translation import save_translations
    from ganzoo.viz.grid import label_rows, save_image
    from ganzoo.viz.samples import picture

    if model.spec.source is not None:
        save_translations(model, path)
        return
    modality = modality_of(model.spec.kind)
    if modality.plotted:
        save_image(picture(model.generate(model.generator.latent.draw(modality.count, 0)), model, GRID), path)
        return
    classes = model.spec.classes if model.conditional else 0
    latents = grid_latents(model.generator.latent, GRID, min(classes, 2 * GRID) or math.ceil(modality.count / GRID))
    labels = label_rows(GRID, classes, len(latents) // GRID).tolist() if classes else None
    save_image(picture(model.generate(latents, labels), model, GRID), path)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()
