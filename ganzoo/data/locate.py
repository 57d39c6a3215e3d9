"""What `--data` names: a bundled set, a torchvision set, a toy mixture, or a path."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ganzoo.core.home import home
from ganzoo.data.arrays import npz
from ganzoo.data.bundled import DIGESTS, mnist
from ganzoo.data.files import Archive, Container, Folder, file_source
from ganzoo.data.mixtures import MIXTURES
from ganzoo.data.options import DataOptions
from ganzoo.data.source import Source
from ganzoo.data.stacked import COUNTS, stacked_mnist
from ganzoo.data.torchvision_sets import known_sets, simplify, spelled, torchvision_set
from ganzoo.data.vectors import MIXTURE_COUNT, VectorSource, mixture_source
from ganzoo.errors import ConfigError, DataError

_ALLOWED = (
    "--data takes mnist, stacked-mnist, a torchvision set (fashion-mnist, cifar10, svhn, ...), a toy mixture "
    f"({', '.join(MIXTURES)}), a folder of images, a .zip of one, or an .npz"
)


@dataclass(frozen=True, slots=True)
class Located:
    """A set that was found but not opened.

    Args:
        identity: Values of JSON that change when the set does; what they are is cheap to find out.
        open: Opens it.
        cheap: Opening takes no download and no import of torch.
    """

    identity: tuple[object, ...]
    open: Callable[[], Source | VectorSource]
    cheap: bool = True


def locate(options: DataOptions) -> Located:
    """Find the set. A name wins over a path of the same spelling; `./name`, `../name`, `~/name` is always a path.

    Raises:
        ConfigError: If nothing has that name, or the set has no such split.
        DataError: If the path holds nothing that can be used.
    """
    text = options.data
    name = simplify(text)
    if os.sep not in text and "/" not in text and not text.startswith("~"):
        if name == "mnist":
            return Located(("mnist", options.split, *DIGESTS.values()), partial(mnist, options.split))
        if name == "stackedmnist":
            identity = ("stacked-mnist", options.split, COUNTS[options.split], *DIGESTS.values())
            return Located(identity, partial(stacked_mnist, options.split))
        if name in MIXTURES:
            _one_part(name, options)
            return Located(("mixture", name, MIXTURE_COUNT), partial(mixture_source, MIXTURES[name]))
        if name in known_sets():
            return _torchvision(known_sets()[name], options)
        if not Path(text).exists():
            raise ConfigError(_unknown(text, name))
    path = Path(text).expanduser()
    if not path.exists():
        raise ConfigError(f"{path} does not exist: {_ALLOWED}")
    found = _path(path)
    _one_part(str(path), options)
    return found


def _one_part(what: str, options: DataOptions) -> None:
    if options.split == "test":
        raise ConfigError(f"--split test: {what} has one part only, so use --split train or --split all")


def _torchvision(class_name: str, options: DataOptions) -> Located:
    root = (options.data_root or home() / "data" / "torchvision").expanduser()
    identity = ("torchvision", class_name, str(root.resolve()), options.split)
    return Located(identity, partial(torchvision_set, class_name, root, options.split), cheap=False)


def _path(path: Path) -> Located:
    if path.is_dir():
        return _files(Folder(path))
    if path.suffix.lower() == ".zip":
        return _files(Archive(path))
    if path.suffix.lower() == ".npz":
        stat = path.stat()
        return Located(("npz", str(path.resolve()), stat.st_size, stat.st_mtime_ns), partial(npz, path))
    raise DataError(f"{path} is not a folder, a .zip or an .npz: {_ALLOWED}")


def _files(container: Container) -> Located:
    entries = container.entries()
    listing = json.dumps([(entry.name, entry.size, entry.stamp) for entry in entries])
    identity = ("files", str(container.path.resolve()), hashlib.sha256(listing.encode()).hexdigest())
    return Located(identity, partial(file_source, container, entries))


def _unknown(text: str, name: str) -> str:
    spellings = {known: spelled(class_name) for known, class_name in known_sets().items()}
    spellings |= {"stackedmnist": "stacked-mnist", **{mixture: mixture for mixture in MIXTURES}}
    close = difflib.get_close_matches(name, spellings, n=3)
    meant = f" Did you mean {' or '.join(spellings[match] for match in close)}?" if close else ""
    return f"no data set, folder or file is called {text!r}.{meant} {_ALLOWED}"
