"""`check`: all that can be said of a set before a training, and whether one would be refused. Imports no torch."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ganzoo.core.data_spec import Note
from ganzoo.data.color import to_eight_bits
from ganzoo.data.decode import cores, decode, refuse_dark
from ganzoo.data.guard import BadImageError, check_size, naming
from ganzoo.data.images import header
from ganzoo.data.notes import as_notes, few
from ganzoo.data.options import DataOptions
from ganzoo.data.pairs import check_sizes, source_options
from ganzoo.data.select import choose_fit, select
from ganzoo.data.sources.base import ArraySource, SampleSource, Source
from ganzoo.data.sources.folder import FileSource
from ganzoo.data.sources.locate import Located, locate
from ganzoo.errors import DataError, GanzooError

_THUMB = 16
# Neighbors in a film differ by a fraction of what two images of a set differ by.
_FILM_IMAGES, _FILM_PART = 512, 0.3
_FEW, _SOME = 1_000, 10_000


@dataclass(frozen=True, slots=True)
class Check:
    """What `check` found.

    Args:
        data: As `--data` was given.
        kind: `"image"` or `"vector"`; empty where the set could not be opened.
        count: Samples of the split, with those that cannot be used.
        sizes: How many images have which size, as `640x480`.
        channels: How many are `gray`, and how many `color`.
        classes: How many samples each class has; empty without labels.
        splits: How many images each split has; empty where there are none.
        broken: Why an image cannot be used, one sentence each.
        duplicates: Groups of images that are the same, pixel for pixel.
        looks: What the set looks like.
        advice: What would help a training.
        notes: What a training would be told.
        refused: Why a training would be refused; None: it would not.
        sources: The same of the images that these are made of, with `--source`; None: they are made of none.
    """

    data: str
    kind: str = ""
    count: int = 0
    sizes: dict[str, int] | None = None
    channels: dict[str, int] | None = None
    classes: dict[str, int] | None = None
    splits: dict[str, int] | None = None
    broken: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, ...], ...] = ()
    looks: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    refused: str | None = None
    sources: Check | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Look:
    """One image: its size when upright, whether it is gray, a digest of its pixels, and a thumbnail `(16, 16, 3)`."""

    size: str
    ratio: float
    gray: bool
    digest: bytes
    thumb: NDArray[np.int16]


def check(options: DataOptions | str, progress: Callable[[str, int, int], None] | None = None) -> Check:
    """Look at every image of a set, and try what a training would do with it.

    Args:
        options: As for a training, or what `--data` takes.
        progress: As of `ganzoo.data.load`.

    Raises:
        ConfigError: If nothing has that name, or it has no such split.
    """
    options = DataOptions.parse({"data": options}) if isinstance(options, str) else options
    told = progress or (lambda *_: None)
    try:
        located = locate(options)
    except DataError as error:
        return Check(options.data, refused=str(error))
    found = _check(located, options, told)
    if located.sources is None or not found.count:
        return found
    sized = source_options(located, options)
    sources = _check(located.sources, sized, told)
    refused = None
    try:
        if options.source == "paired":
            check_sizes(located)
    except DataError as error:
        refused = str(error)
    return replace(found, sources=sources, refused=refused or found.refused or sources.refused)


def _check(located: Located, options: DataOptions, told: Callable[[str, int, int], None]) -> Check:
    """One set."""
    try:
        with located.blamed():
            source = located.open()
    except DataError as error:
        return Check(options.data, refused=str(error))
    labels = {} if source.labels is None else Counter(source.labels.tolist())
    common: dict[str, Any] = {
        "data": options.data,
        "count": len(source),
        "classes": {name: labels.get(label, 0) for label, name in enumerate(source.class_names)},
        "notes": (*located.notes, *as_notes(source.notes)),
    }
    if isinstance(source, SampleSource):
        return Check(**common, kind=source.kind, refused=_refusal_of_samples(source, options))
    looks = _look_at_all(source, options, told)
    seen = [look for look in looks if isinstance(look, _Look)]
    refused, notes = _refusal(source, located, options, told)
    groups: defaultdict[bytes, list[str]] = defaultdict(list)
    for index, look in enumerate(looks):
        if isinstance(look, _Look):
            groups[look.digest].append(source.title(index))
    duplicates = tuple(tuple(group) for group in groups.values() if len(group) > 1)
    return Check(
        **{**common, "notes": notes or common["notes"]},
        kind="image",
        sizes=dict(Counter(look.size for look in seen).most_common()),
        channels=dict(Counter("gray" if look.gray else "color" for look in seen)),
        splits=dict(source.splits) if isinstance(source, FileSource) else {},
        broken=tuple(look for look in looks if isinstance(look, str)),
        duplicates=duplicates,
        looks=tuple(_looks(source, seen)),
        advice=tuple(_advice(len(seen), common["classes"], duplicates)),
        refused=refused,
    )


def _look_at_all(source: Source, options: DataOptions, progress: Callable[[str, int, int], None]) -> list[_Look | str]:
    """A look at each image, or why it cannot be used."""
    looks: list[_Look | str] = []
    threads = max(1, cores() if options.workers is None else options.workers)
    with ThreadPoolExecutor(threads) as pool:
        for look in pool.map(partial(_look, source, options), range(len(source))):
            looks.append(look)
            if len(looks) % 100 == 0 or len(looks) == len(source):
                progress(f"looking at {source.name}", len(looks), len(source))
    return looks


def _look(source: Source, options: DataOptions, index: int) -> _Look | str:
    title = source.title(index)
    try:
        with naming(title):
            if isinstance(source, ArraySource) and source.kept:
                return _look_at_array(source, index)
            image = source.open(index)
            check_size(*image.size, title, options.max_pixels)
            flat, _ = to_eight_bits(image, title, None if source.scaled else options.range, set())
            shown = header(image)
            # Of more than 8 bits, where different values may become the same.
            pixels = image if image.mode[0] in "IF" else flat
            digest = hashlib.sha256(f"{pixels.mode} {pixels.size}".encode() + pixels.tobytes()).digest()
            thumb = np.asarray(flat.convert("RGB").resize((_THUMB, _THUMB))).astype(np.int16)
    except BadImageError as error:
        return str(error)
    gray = shown.channels == 1
    return _Look(f"{shown.width}x{shown.height}", shown.width / shown.height, gray, digest, thumb)


def _look_at_array(source: ArraySource, index: int) -> _Look:
    """A look at channels that are no colors of 8 bits: at the first, from its lowest to its highest value."""
    planes = source.images[index]
    first = planes[..., 0].astype(np.float64)
    levels = (255 * (first - first.min()) / (np.ptp(first) or 1)).astype(np.uint8)
    thumb = np.asarray(Image.fromarray(levels).convert("RGB").resize((_THUMB, _THUMB))).astype(np.int16)
    height, width, channels = planes.shape
    digest = hashlib.sha256(f"{planes.shape}".encode() + planes.tobytes()).digest()
    return _Look(f"{width}x{height}", width / height, channels == 1, digest, thumb)


def _refusal(
    source: Source, located: Located, options: DataOptions, progress: Callable[[str, int, int], None]
) -> tuple[str | None, tuple[Note, ...]]:
    """Why a training would be refused, by doing what it does; and what it would be told."""
    threads = max(1, cores() if options.workers is None else options.workers)
    try:
        with located.blamed():
            selection = select(source, options)
            fit, _ = choose_fit(source, selection, options)
            found = decode(
                source, selection, fit, keep=False, skip_bad=options.skip_bad, threads=threads, progress=progress
            )
            if located.source is None:
                refuse_dark(found.notes)
    except GanzooError as error:
        return str(error), ()
    return None, (*located.notes, *selection.notes, *found.notes)


def _refusal_of_samples(source: SampleSource, options: DataOptions) -> str | None:
    from ganzoo.data.samples import read_samples

    try:
        read_samples(source, options)
    except GanzooError as error:
        return str(error)
    return None


def _looks(source: Source, seen: Sequence[_Look]) -> list[str]:
    if not seen:
        return []
    found = []
    if all(look.ratio == 2 for look in seen):
        found.append(
            "every image is twice as wide as high: pairs side by side, as of pix2pix? The middle would be cut out"
        )
    color = [look for look in seen if not look.gray]
    if color and all(np.ptp(look.thumb, axis=2).max() == 0 for look in color):
        found.append("the color images are gray: --channels 1 needs a third of the memory")
    if _is_film(seen):
        found.append("images that follow each other are much alike: frames of a video? Few of them are worth as much")
    names = source.class_names
    if len(names) > 1 and all(name.isdecimal() for name in names):
        found.append("the classes are numbers, and are ordered as numbers")
    if twins := _same_names(source):
        found.append(f"the folders {few(twins)} have files of the same names: pairs of images, and not classes?")
    return found


def _is_film(seen: Sequence[_Look]) -> bool:
    thumbs = [look.thumb for look in seen[:_FILM_IMAGES]]
    if len(thumbs) < 16:
        return False
    far = len(thumbs) // 2
    near = np.median([np.abs(a - b).mean() for a, b in pairwise(thumbs)])
    distant = np.median([np.abs(a - b).mean() for a, b in zip(thumbs, thumbs[far:], strict=False)])
    return bool(distant > 0 and near < _FILM_PART * distant)


def _same_names(source: Source) -> list[str]:
    """Classes whose files have the same names, unless these are only numbers, as anybody's are."""
    if not isinstance(source, FileSource) or source.labels is None or len(source.class_names) < 2:
        return []
    files: list[set[str]] = [set() for _ in source.class_names]
    for name, label in zip(source.names, source.labels.tolist(), strict=True):
        files[label].add(PurePosixPath(name).stem)
    same = all(names == files[0] for names in files)
    return list(source.class_names) if same and not all(name.isdecimal() for name in files[0]) else []


def _advice(count: int, classes: dict[str, int], duplicates: Sequence[Sequence[str]]) -> list[str]:
    advice = []
    if count < _SOME:
        word = "few" if count < _FEW else "not many"
        advice.append(
            f"{count} images are {word} for a GAN, whose discriminator learns them by heart: more images help most, "
            "then a small --res; --eval-every keeps the best checkpoint, and `ganzoo nearest` shows what was copied"
        )
    small = [name for name, images in classes.items() if 0 < images < 50]
    if small and len(classes) > 1:
        advice.append(f"{len(small)} of {len(classes)} classes have fewer than 50 images: {few(small)}")
    if classes and max(classes.values()) > 10 * max(1, min(classes.values())):
        advice.append("the largest class has more than ten times the images of the smallest: --classes leaves some out")
    if duplicates:
        more = sum(len(group) - 1 for group in duplicates)
        advice.append(f"{more} images are exact copies of others, and count as often as they are there")
    return advice
