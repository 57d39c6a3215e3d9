"""What `--data` names: a set that a plugin provides (ganzoo's own come so too), a torchvision set, or a path."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ganzoo.core.data_spec import Note
from ganzoo.core.descriptors import DataSource
from ganzoo.data.options import DataOptions
from ganzoo.data.sources import from_plugins
from ganzoo.data.sources.base import SampleSource, Source, one_part
from ganzoo.data.sources.containers import Archive, Container, Folder, file_stamp, kind_of, path_stamp
from ganzoo.data.sources.domains import LAYOUTS, HalfSource, domains, leave_out
from ganzoo.data.sources.folder import FileSource, file_source
from ganzoo.data.sources.listing import Listing, list_files
from ganzoo.data.sources.npz import npz
from ganzoo.data.sources.table import table
from ganzoo.data.sources.torchvision_sets import known_sets, simplify, spelled, torchvision_set
from ganzoo.errors import ConfigError, DataError
from ganzoo.utils.nearest import did_you_mean
from ganzoo.utils.places import home


@dataclass(frozen=True, slots=True)
class Located:
    """A set that was found but not opened.

    Args:
        identity: Values of JSON that change when the set does; what they are is cheap to find out.
        open: Opens it.
        cheap: Opening takes no download and no import of torch.
        source: What provides it, where that is a plugin.
        notes: What the look at its files told.
        sources: Where the images are that these are made of; None where they are made of none.
    """

    identity: tuple[object, ...]
    open: Callable[[], Source | SampleSource]
    cheap: bool = True
    source: DataSource | None = None
    notes: tuple[Note, ...] = ()
    sources: Located | None = None

    def without(self, gone: Collection[int]) -> Located:
        """The same files but for some, by number."""
        left = partial(_without, self.open, frozenset(gone))
        return replace(self, identity=(*self.identity, "without", *sorted(gone)), open=left)

    def blamed(self) -> AbstractContextManager[None]:
        """In here, what is wrong with a plugin's data is said with the plugin's name."""
        return nullcontext() if self.source is None else from_plugins.blamed(self.source)


def locate(options: DataOptions) -> Located:
    """Find the set. A name wins over a path of the same spelling; `./name`, `../name`, `~/name` is always a path.

    Raises:
        ConfigError: If nothing has that name, it could be several sets, or a path has no such split.
        DataError: If the path holds nothing that can be used.
        PluginError: If the plugin that provides the set is not used.
    """
    if options.source == "none" and options.direction is not None:
        raise ConfigError(
            f"--direction {options.direction} says which of two images is made of the other, and here images are made "
            "of none: leave it out"
        )
    text = options.data
    name, _, argument = text.partition(":")
    if os.sep not in name and "/" not in name and not name.startswith("~"):
        if options.source != "none" and not os.path.lexists(text):
            raise ConfigError(f"{text} is no folder and no .zip, and images of images are learned from {LAYOUTS}")
        source = None if options.source != "none" else from_plugins.find(name)
        if source is not None:
            return _from_plugin(source, argument, options.split)
        if options.source == "none" and simplify(text) in known_sets():
            return _torchvision(known_sets()[simplify(text)], options)
        if not os.path.lexists(text):
            raise ConfigError(_unknown(text, simplify(name)))
    return _path(text, options)


def absolute(options: DataOptions) -> DataOptions:
    """The same set whatever the working directory is: its path in full, where it is one."""
    text = options.data
    name = text.partition(":")[0]
    bare = os.sep not in name and "/" not in name and not name.startswith("~")
    named = bare and (from_plugins.find(name) is not None or simplify(text) in known_sets())
    update: dict[str, object] = {} if named else {"data": _in_full(text)}
    if options.data_root is not None:
        update["data_root"] = Path(_in_full(str(options.data_root)))
    return options.model_copy(update=update)


def _in_full(text: str) -> str:
    try:
        found = os.path.abspath(Path(text).expanduser())
        # What a config cannot hold may stand above the working directory.
        found.encode()
    except (OSError, RuntimeError, ValueError):
        return text
    return found


def _from_plugin(source: DataSource, argument: str, split: str) -> Located:
    from_plugins.check_argument(source, argument)
    if split == "val":
        raise ConfigError(f"--split val: {source.name} has no such part, so use --split train, test or all")
    opening = partial(from_plugins.open_source, source, argument, split)
    return Located(from_plugins.identity(source, argument, split), opening, source.cheap, source)


def _torchvision(class_name: str, options: DataOptions) -> Located:
    root = (options.data_root or home() / "data" / "torchvision").expanduser()
    # Its files lie in a folder that is called much like the set, beside those of other sets.
    folders = sorted(root.glob("*")) if root.is_dir() else []
    stamps = [path_stamp(str(folder)) for folder in folders if simplify(folder.name).startswith(simplify(class_name))]
    identity = ("torchvision", class_name, str(root.resolve()), options.split, stamps)
    return Located(identity, partial(torchvision_set, class_name, root, options.split), cheap=False)


def _path(text: str, options: DataOptions) -> Located:
    try:
        path = Path(text).expanduser()
        mode = path.stat().st_mode
        resolved = str(path.resolve())
    # A home of nobody, a link in a circle, a null byte, a folder that may not be entered, ...
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise ConfigError(f"{text} does not exist: {_allowed()}") from error
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError(f"{text!r} cannot be looked at ({reason}): {_allowed()}") from error
    if stat.S_ISDIR(mode):
        return _files(Folder(path), options)
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is a {kind_of(mode)} and not data: {_allowed()}")
    if path.suffix.lower() == ".zip":
        return _files(Archive(path), options)
    if options.source != "none":
        raise DataError(f"{path} is no folder and no .zip, and images of images are learned from {LAYOUTS}")
    if path.suffix.lower() == ".npz":
        one_part(str(path), options.split)
        status = path.stat()
        identity = ("npz", resolved, status.st_size, *file_stamp(status))
        return Located(identity, partial(npz, path, options.range, options.dtype))
    if path.name.lower().endswith((".csv", ".csv.gz")):
        one_part(str(path), options.split)
        status = path.stat()
        return Located(("csv", resolved, status.st_size, *file_stamp(status)), partial(table, path))
    raise DataError(f"{path} is not a folder, a .zip, an .npz or a .csv: {_allowed()}")


def _files(container: Container, options: DataOptions) -> Located:
    found, split = list_files(container), options.split
    identity = ("files", str(container.path.resolve()), split, found.digest)
    if options.source == "none":
        return Located(identity, partial(file_source, container, found, split), notes=found.notes)
    backwards = options.direction == "BtoA"
    sides = [
        Located((*identity, options.source, backwards, side), partial(_side, container, found, options, side), notes=())
        for side in ("sources", "targets")
    ]
    return replace(sides[1], notes=found.notes, sources=sides[0])


def _side(container: Container, found: Listing, options: DataOptions, side: str) -> Source:
    assert options.source != "none"
    backwards = options.direction == "BtoA"
    sources, targets = domains(container, found, options.split, options.source, backwards=backwards)
    return sources if side == "sources" else targets


def _without(opened: Callable[[], Source | SampleSource], gone: frozenset[int]) -> Source:
    source = opened()
    assert isinstance(source, FileSource | HalfSource)
    return leave_out(source, gone)


def _unknown(text: str, name: str) -> str:
    spellings = {known: spelled(class_name) for known, class_name in known_sets().items()}
    spellings |= {simplify(source.name): from_plugins.typed(source) for source in from_plugins.known_sources().values()}
    meant = did_you_mean(name, spellings, most=3, spelled=spellings).replace("did", " Did", 1)
    return f"no data set, folder or file is called {text!r}.{meant} {_allowed()}"


def _allowed() -> str:
    names = ", ".join(map(from_plugins.typed, from_plugins.known_sources().values()))
    return (
        f"--data takes {names}, a torchvision set (fashion-mnist, cifar10, svhn, ...), a folder of images, a .zip of "
        "one, an .npz, or a table as .csv"
    )
