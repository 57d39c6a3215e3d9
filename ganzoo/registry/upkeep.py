"""Search for models; verify, remove and prune those that are here. Imports no torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from warnings import warn

from ganzoo.errors import RegistryError
from ganzoo.registry import library, settings
from ganzoo.registry.listings import local_packages, searches
from ganzoo.registry.stores.protocol import Listing


def search(text: str, *, hub: bool = True, skipped: Callable[[str], None] = warn) -> list[Listing]:
    """Search the built-in models, the registries that were added, and the Hub.

    Args:
        text: Part of a name, a variant or a data set, in upper or lower case; empty: all.
        hub: Ask the Hugging Face Hub too.
        skipped: Told in a sentence of each place that could not be searched.
    """
    found: list[Listing] = []
    for name, search_in in searches(hub=hub):
        try:
            found += search_in(text)
        except RegistryError as error:
            skipped(f"not searched: {name}: {error}")
    return found


def verify(model: str | None = None) -> Iterator[tuple[str, str]]:
    """Read every byte of a model, or of all that are here, and compare it with its manifest.

    Args:
        model: A reference; None: all built-in and pulled models.

    Yields:
        The reference of each, and what is wrong with it: nothing, if it is empty.

    Raises:
        ConfigError: If the reference is none, or means a run.
        RegistryError: If there is no such model.
    """
    for reference, open_package in local_packages(model):
        try:
            open_package().verify()
        except RegistryError as error:
            yield reference, str(error)
        else:
            yield reference, ""


def remove(model: str) -> list[Listing]:
    """Remove a pulled model from this machine. Built-in models and runs are never touched.

    Args:
        model: A reference; of several states that were pulled all that fit.

    Returns:
        What was removed.

    Raises:
        RegistryError: If no pulled model has that name, or it cannot be removed.
    """
    removed = []
    for receipt in library.matching(model):
        removed.append(Listing(receipt.reference, size_bytes=receipt.size_bytes(), where="pulled"))
        library.remove(receipt)
    return removed


def prune() -> list[str]:
    """Remove pulled states that no name or tag stands for any more, and leftovers of interrupted pulls.

    Returns:
        The references of the states that were removed.
    """
    return [receipt.reference for receipt in library.prune()]


def add_registry(name: str, place: str) -> str:
    """Give a name to a folder with models or to an account on the Hub, so that `name/MODEL` is a model.

    Args:
        name: Lower-case letters, digits and hyphens.
        place: An existing folder, or `hf://org`.

    Returns:
        The place as it was kept, a folder in full.

    Raises:
        RegistryError: If one of them is refused, or the name is taken by another place.
    """
    scheme, separator, _ = place.partition("://")
    if separator and scheme != "file":
        from ganzoo.registry import references

        # It says which schemes there are.
        references.open_scheme(scheme, offline=True)
    return settings.add_registry(name, place)
