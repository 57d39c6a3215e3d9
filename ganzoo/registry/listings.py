"""All models that are here, for lists. Reads JSON alone: `ganzoo list` calls it at start-up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from ganzoo.registry.stores.builtin import BuiltinStore
from ganzoo.registry.stores.protocol import Listing, listing_in, listing_of

if TYPE_CHECKING:
    from ganzoo.registry.library import Pulled
    from ganzoo.registry.packages.package import Package


def shared_listings() -> list[Listing]:
    """Built-in models, and those that were pulled."""
    return [*BuiltinStore().listings(), *_pulled()]


def local_packages(only: str | None = None) -> Iterator[tuple[str, Callable[[], Package]]]:
    """Packages that are here, or the one that a reference means, each with what opens it."""
    if only is not None:
        from ganzoo.errors import ConfigError
        from ganzoo.registry.opening import open_reference

        opened = open_reference(only)
        if opened.package is None:
            raise ConfigError(f"{only} is a run: its checkpoints are verified whenever they are loaded")
        package = opened.package
        yield opened.reference, lambda: package
        return
    from ganzoo.registry import library
    from ganzoo.registry.packages.package import Package

    store = BuiltinStore()
    for name in store.names():
        yield f"{store.prefix}{name}", partial(Package.open, store.folder / name)
    for receipt in library.pulled():
        yield receipt.reference, partial(Package.open, receipt.folder, links_into=receipt.links_into)


def searches(*, hub: bool) -> Iterator[tuple[str, Callable[[str], list[Listing]]]]:
    """How every store is searched for a text, with a name for people."""
    from ganzoo.registry import references, settings

    yield "built in", BuiltinStore().search
    for name in settings.registries():
        yield name, references.registry_store(name).search
    if hub:
        yield "Hub", references.open_scheme("hf", offline=False).search


def _pulled() -> list[Listing]:
    from ganzoo.registry import library

    return [_of_receipt(receipt) for receipt in library.pulled()]


def _of_receipt(receipt: Pulled) -> Listing:
    """By the receipt alone, which spares a file a model, unless the manifest was touched since."""
    if receipt.brief and receipt.has_its_manifest():
        return listing_of(receipt.reference, receipt.brief, "pulled")
    return listing_in(receipt.folder, receipt.reference, "pulled")
