"""Images that are made of other images: which of a folder's or an archive's files are sources, and which are targets.

root/{train,val,test}/*.jpg           source on the left, target on the right of one image (pix2pix)
root/A/{train,...}/n.jpg, root/B/...  files of the same names, splits outside or inside (pix2pix)
root/{trainA,trainB,testA,testB}/     two sets (CycleGAN, CUT)
root/{lr,hr}/, {input,target}/, ...   files of the same names, where the target may be larger by a whole factor
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from PIL import Image, ImageOps

from ganzoo.core.data_spec import Note
from ganzoo.data.images import BadImageError
from ganzoo.data.notes import few
from ganzoo.data.sources.base import Source
from ganzoo.data.sources.containers import Container
from ganzoo.data.sources.folder import FileSource
from ganzoo.data.sources.layout import ROLES, SPLITS, told
from ganzoo.data.sources.listing import Listing
from ganzoo.errors import ConfigError, DataError
from ganzoo.utils.text import printable

Pairing = Literal["paired", "unpaired"]

LAYOUTS = (
    "images with source and target side by side, folders A and B with files of the same names, or trainA and trainB; "
    "docs/data.md shows each"
)


class _Place(NamedTuple):
    """Where an image belongs: its split and its domain, empty where there is none, and what pairs have in common."""

    name: str
    split: str
    domain: str
    key: str


@dataclass(frozen=True, eq=False, kw_only=True)
class HalfSource(Source):
    """One half of images that hold two side by side.

    Args:
        whole: The images, twice as wide as high.
        left: Whether it is the left half.
    """

    whole: FileSource
    left: bool

    def __len__(self) -> int:
        return len(self.whole)

    def title(self, index: int) -> str:
        return self.whole.title(index)

    def open(self, index: int) -> Image.Image:
        image = ImageOps.exif_transpose(self.whole.open(index))
        width, height = image.size
        if width != 2 * height:
            raise BadImageError(
                f"{self.title(index)} is {width}x{height}, and two images side by side are twice as wide as high"
            )
        return image.crop((0, 0, height, height) if self.left else (height, 0, width, height))


def domains(
    container: Container, listing: Listing, split: str, pairing: Pairing, *, backwards: bool
) -> tuple[Source, Source]:
    """The sources and the targets of a split.

    Args:
        container: Where the files lie.
        listing: Of it.
        split: `"train"`, `"val"`, `"test"` or `"all"`.
        pairing: Whether each target has a source of its own.
        backwards: Sources are B and targets are A: `--direction BtoA`.

    Returns:
        Of pairs, source i is that of target i.

    Raises:
        ConfigError: If there is no such split.
        DataError: If the folders are no such layout, or files have no partner.
    """
    place = str(container.path)
    if not listing.images:
        raise DataError(f"{place} has no image in it")
    found = list(_places(listing.images))
    names = sorted({image.domain for image in found if image.domain})
    if not names:
        if pairing == "unpaired":
            raise DataError(f"{place} is one set of images, and two are needed: put them into trainA and trainB")
        whole = _source(container, [image.name for image in _of_split(place, found, split)])
        left, right = (HalfSource(name=whole.name, whole=whole, left=left) for left in (True, False))
        return (right, left) if backwards else (left, right)
    first, second = _two_sets(container, found, _ordered(place, names), split, pairing)
    return (second, first) if backwards else (first, second)


def leave_out(source: FileSource | HalfSource, gone: Collection[int]) -> FileSource | HalfSource:
    """The same images but for some, by number."""
    if isinstance(source, HalfSource):
        whole = leave_out(source.whole, gone)
        assert isinstance(whole, FileSource)
        return replace(source, whole=whole)
    return replace(source, names=tuple(name for index, name in enumerate(source.names) if index not in gone))


def _two_sets(
    container: Container, found: Sequence[_Place], names: tuple[str, str], split: str, pairing: Pairing
) -> tuple[Source, Source]:
    place = str(container.path)
    sides = [[image for image in found if image.domain == name] for name in names]
    chosen = [_of_split(place, side, split) for side in sides]
    for name, side, other in zip(names, chosen, reversed(chosen), strict=True):
        if not side:
            raise DataError(f"{place} has no {split} image in {name}, and {len(other)} in the other set")
    if pairing == "paired":
        _check_partners(place, names, chosen)
    stray = [image for image in found if image.domain not in names]
    text = f"{len(stray)} images of {place} lie in neither {names[0]} nor {names[1]} and are not used"
    notes = (Note("ignored", text, len(stray), stray[0].name),) if stray else ()
    first, second = (sorted(side, key=lambda image: image.key) for side in chosen)
    return (
        _source(container, [image.name for image in first]),
        _source(container, [image.name for image in second], notes),
    )


def _check_partners(place: str, names: tuple[str, str], chosen: Sequence[Sequence[_Place]]) -> None:
    keys = [{image.key for image in side} for side in chosen]
    if any(len(side) > len(known) for side, known in zip(chosen, keys, strict=True)):
        raise DataError(f"{place} has two images of one name with different endings in {names[0]} or {names[1]}")
    alone = [
        image.name
        for side, other in zip(chosen, reversed(keys), strict=True)
        for image in side
        if image.key not in other
    ]
    if alone:
        raise DataError(
            f"{len(alone)} images of {place} have no partner of the same name in the other of {names[0]} and "
            f"{names[1]}: {few(alone, 5)}; move them away, or give them one"
        )


def _places(names: Sequence[str]) -> Iterator[_Place]:
    """Of each image; folders that all share say nothing."""
    folders = [PurePosixPath(name).parts[:-1] for name in names]
    shared = 0
    while all(len(parts) > shared and parts[shared] == folders[0][shared] for parts in folders):
        shared += 1
    # The folder of a split, or of a domain, may be the only one; what it is called is not lost by that.
    above = [part for part in folders[0][:shared] if part.lower() in SPLITS]
    for name, parts in zip(names, folders, strict=True):
        split, domain, rest = (SPLITS[above[-1].lower()] if above else ""), "", []
        for part in parts[shared:]:
            joined = re.fullmatch(r"([a-z]+)[_-]?([ab])", part.lower())
            if joined is not None and joined[1] in SPLITS:
                split, domain = SPLITS[joined[1]], joined[2].upper()
            elif part.lower() in SPLITS:
                split = SPLITS[part.lower()]
            elif not domain:
                domain = part
            else:
                rest.append(part)
        yield _Place(name, split, domain, "/".join((*rest, PurePosixPath(name).stem)))


def _of_split(place: str, images: Sequence[_Place], split: str) -> list[_Place]:
    counts = {kind: sum(image.split == kind for image in images) for kind in ("train", "val", "test")}
    known = {kind: count for kind, count in counts.items() if count}
    if split == "all":
        return list(images)
    if not known:
        if split != "train":
            raise ConfigError(f"--split {split}: {place} has one part only, so use --split train or --split all")
        return list(images)
    if split not in known and images:
        raise ConfigError(f"--split {split}: {place} has {told(known)}: use one of these, or --split all")
    return [image for image in images if image.split == split]


def _ordered(place: str, names: Sequence[str]) -> tuple[str, str]:
    """The domains A and B: as their names say it, else in alphabetical order."""
    if len(names) > 2:
        # The tool that puts pairs side by side leaves its results beside A and B.
        names = [name for name in names if name.lower() in ("a", "b")]
    if len(names) != 2:
        raise DataError(f"{place} is no layout of two sets of images: it may have {LAYOUTS}")
    first, second = names
    for sources, targets in ROLES:
        if first.lower() in targets and second.lower() in sources:
            return second, first
    return first, second


def _source(container: Container, names: Sequence[str], notes: tuple[Note, ...] = ()) -> FileSource:
    path = container.path
    name = printable(path.resolve().name if path.is_dir() else path.stem)
    return FileSource(name=name, container=container, names=tuple(names), notes=notes)
