"""What of a folder or an archive is an image, and what is ignored: told in counts."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from ganzoo.core.data_spec import Note
from ganzoo.data.notes import counted, few
from ganzoo.data.sources.containers import Container, File, is_hidden
from ganzoo.errors import DataError, GanzooError
from ganzoo.utils.places import CONFIG, RUNS

EXTENSIONS = frozenset(
    (
        *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff"),
        *(".ppm", ".pgm", ".pbm", ".pnm", ".avif", ".heic", ".heif"),
    )
)
"""Files with these endings are images, in small or capital letters; all others are ignored, as are hidden files."""

LABEL_FILES = ("dataset.json", "metadata.jsonl")
"""Files of these names, and every `.csv`, may hold the labels of the images beside them."""

_HEIC = (".heic", ".heif")
_RUN_KEYS = {"variant", "options", "spec"}
_JOURNAL, _CHECKPOINTS, _TABLE = "metrics.jsonl", "checkpoints", "table.json"


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a container that matter, and sentences about the others.

    Args:
        images: Their names, sorted.
        labels: What may hold labels, sorted by name.
        notes: What was left out.
        digest: Changes when one of these files does.
    """

    images: tuple[str, ...]
    labels: tuple[File, ...]
    notes: tuple[Note, ...]
    digest: str


def list_files(container: Container) -> Listing:
    """Look through a container: the one place where files are found, so that it is done once a set.

    Raises:
        DataError: If it cannot be read, or is a run.
    """
    files = container.files()
    runs = _runs(container, files)
    if "" in runs:
        raise DataError(f"{container.path} is a run of ganzoo and not data: name a folder of images")
    images, labels, hasher = [], [], hashlib.sha256()
    ignored: Counter[str] = Counter()
    first: dict[str, str] = {}
    for file in files:
        # Paths are slow: of an image that is one of a million none is made.
        if runs and any(str(parent) in runs for parent in PurePosixPath(file.name).parents):
            continue
        if file.regular and is_image(file.name):
            images.append(file.name)
            hasher.update(_identity(file))
            continue
        path = PurePosixPath(file.name)
        if file.regular and (path.name in LABEL_FILES or path.suffix.lower() == ".csv"):
            labels.append(file)
            hasher.update(_identity(file))
        elif not is_hidden(path.name) or is_image(path.name.lstrip(".")):
            kind = _kind(file, path)
            ignored[kind] += 1
            first.setdefault(kind, file.name)
    notes = []
    if runs:
        notes.append(
            Note("runs", f"{len(runs)} folders of runs are not data and were left out: {few(sorted(runs))}", len(runs))
        )
    if ignored:
        hint = "" if can_read_heic() or not ignored.keys() & set(_HEIC) else f"; {HEIC_HINT}"
        total = ignored.total()
        text = f"{total} file{'s were' if total > 1 else ' was'} ignored: {counted(ignored)}{hint}"
        most = ignored.most_common(1)[0][0]
        notes.append(Note("ignored", text, total, container.title(first[most])))
    return Listing(tuple(images), tuple(labels), tuple(notes), hasher.hexdigest())


HEIC_HINT = "the extra reads .heic: pip install 'torch-ganzoo[heic]'"


def is_image(name: str) -> bool:
    """Whether a file counts as an image, by its name: not hidden, and with one of the `EXTENSIONS` that can be read."""
    ending = posixpath.splitext(name)[1].lower()
    readable = ending in EXTENSIONS and (ending not in _HEIC or can_read_heic()) and (ending != ".avif" or _avif())
    return readable and not any(map(is_hidden, name.split("/")))


@cache
def can_read_heic() -> bool:
    """Whether the extra is installed."""
    return importlib.util.find_spec("pillow_heif") is not None


@cache
def _avif() -> bool:
    from PIL import features

    return "avif" in features.modules and bool(features.check("avif"))


def _identity(file: File) -> bytes:
    # No name has a null byte in it.
    return file.name.encode("utf-8", "surrogatepass") + b"\0" + file.stamp + b"\0"


def _kind(file: File, path: PurePosixPath) -> str:
    if not file.regular:
        return "no regular file"
    return "hidden" if is_hidden(path.name) else path.suffix.lower() or "no ending"


def _runs(container: Container, files: Iterable[File]) -> set[str]:
    """The folders that are runs, and above them sweeps and the folders `runs`; `""` for the container itself."""
    marks: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        folder, _, name = file.name.rpartition("/")
        if name in (CONFIG, _JOURNAL, _TABLE):
            marks[folder].add(name)
        elif _CHECKPOINTS in folder:
            marks[folder.partition(_CHECKPOINTS)[0].rstrip("/")].add(_CHECKPOINTS)
    runs = {folder for folder, names in marks.items() if _is_run(container, folder, names)}
    above = {str(parent) for run in runs for parent in PurePosixPath(run).parents}
    return runs | {folder for folder in above if PurePosixPath(folder).name == str(RUNS) or _TABLE in marks[folder]}


def _is_run(container: Container, folder: str, marks: set[str]) -> bool:
    if marks >= {_JOURNAL, _CHECKPOINTS}:  # whatever became of its config
        return True
    if CONFIG not in marks:
        return False
    try:
        config = json.loads(container.read(f"{folder}/{CONFIG}".lstrip("/")))
    # What cannot be read or is something else is no run: many programs write a file of that name.
    except (GanzooError, OSError, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and config.keys() >= _RUN_KEYS
