"""From a reference to something that can be loaded: a run's folder, or a verified package. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ganzoo import plugins
from ganzoo.errors import RegistryError
from ganzoo.registry import library
from ganzoo.registry.packages import archive
from ganzoo.registry.packages.copying import Progress, no_progress
from ganzoo.registry.packages.manifest import Manifest
from ganzoo.registry.packages.package import Package
from ganzoo.registry.references import Source, locate
from ganzoo.utils.digests import digest_of
from ganzoo.utils.files import replacing_folder
from ganzoo.utils.places import home
from ganzoo.utils.shell import typed


@dataclass(frozen=True, slots=True)
class Opened:
    """What a reference leads to, here on this machine.

    Args:
        name: Of the model.
        reference: What to type to get exactly this one.
        run: The folder, of a run.
        package: Verified, of anything else.
        fetched: It was pulled now.
    """

    name: str
    reference: str
    run: Path | None = None
    package: Package | None = None
    fetched: bool = False


def open_reference(
    text: str, *, offline: bool = False, update: bool = False, progress: Progress = no_progress
) -> Opened:
    """Find a model, and fetch it here if it is not here yet.

    Args:
        text: A reference, see `ganzoo.registry.references`.
        offline: Ask no network.
        update: Ask a store what a name stands for now, even if it was pulled.
        progress: Told how a transfer gets on.

    Raises:
        ConfigError: If the reference is none, or ambiguous.
        RegistryError: If there is no such model, or it cannot be fetched or must not be loaded.
    """
    source = locate(text, offline=offline)
    if source.kind == "run":
        assert source.path is not None
        return Opened(source.path.resolve().name, str(source.path), run=source.path)
    if source.kind == "archive":
        assert source.path is not None
        return Opened(source.path.stem, text, package=_unpacked(source.path))
    if source.kind == "package":
        return _open_folder(source)
    assert source.store is not None
    receipt, fetched = library.pull(source.store, source.name, source.revision, update=update, progress=progress)
    name = receipt.name.rpartition("/")[2]
    return Opened(name, receipt.reference, package=receipt.open(), fetched=fetched)


def _open_folder(source: Source) -> Opened:
    assert source.path is not None
    for receipt in library.pulled():
        if receipt.folder == source.path:
            return Opened(receipt.name.rpartition("/")[2], receipt.reference, package=receipt.open())
    package = Package.open(source.path)
    package.verify()
    return Opened(source.path.resolve().name, source.typed, package=package)


def _unpacked(path: Path) -> Package:
    """A zip's package, unpacked once: the folder's name is the zip's digest."""
    try:
        target = home() / "models" / "archives" / digest_of(path)[:24]
        with library.locked(target):
            if not target.is_dir():
                with replacing_folder(target) as staging:
                    archive.unpack(path, staging)
    except OSError as error:
        raise RegistryError(f"{error.filename or path} cannot be used: {error.strerror or error}") from error
    package = Package.open(target)
    package.verify()
    return package


def missing_variant(manifest: Manifest) -> str:
    """What a model still needs before it can be sampled: the variant, where no plugin provides it; empty otherwise."""
    name, plugin = manifest.variant, manifest.plugin
    if name in plugins.registry().variants:
        return ""
    likely = f"ganzoo-{name}" if plugin.distribution in ("", plugins.DISTRIBUTION) else plugin.distribution
    install, made_with = typed("pip", "install", likely), f"{plugin.distribution or 'a plugin'} {plugin.version}"
    return (
        f"needs the variant {name!r}, which no installed plugin provides. It was made with {made_with}; "
        f"nobody has verified that distribution: look at it before you type `{install}`"
    )
