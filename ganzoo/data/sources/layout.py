"""What the folders of a set mean: splits, classes, pairs, or the numbering of an archive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

from ganzoo.core.data_spec import Note
from ganzoo.data.notes import few
from ganzoo.errors import ConfigError, DataError

Parts = tuple[str, ...]

SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
_TRANSLATIONS = (
    ({"input", "inputs"}, {"target", "targets", "output", "outputs", "gt", "groundtruth", "ground_truth"}),
    (
        {"image", "images", "img", "imgs", "jpegimages", "rgb"},
        {
            *("mask", "masks", "label", "labels", "annotation", "annotations", "segmentation", "segmentations"),
            *("gt", "depth", "gtfine", "segmentationclass"),
        },
    ),
    ({"source", "src"}, {"target", "tgt"}),
    ({"noisy", "noise"}, {"clean"}),
    ({"blur", "blurry", "blurred"}, {"sharp"}),
    ({"photo", "photos"}, {"sketch", "sketches"}),
)


ROLES = (({"a"}, {"b"}), ({"lr", "lq"}, {"hr", "hq", "gt"}), *_TRANSLATIONS)
"""Names of folders of sources, and of the targets that are made of them."""

_QUALITIES = ("hr", "lr", "hq", "lq", "gt")


@dataclass(frozen=True, slots=True)
class Layout:
    """The images of a split, and the folders below which they lie.

    Args:
        names: Of the images, in the order of the container.
        folders: Of each image, below what all share and below the split.
        every: As `folders`, of the images of all splits.
        everything: Names of the images of all splits.
        splits: How many images each has; empty where there are none.
        places: Folders in which a file of labels is looked for.
        notes: What was decided.
    """

    names: tuple[str, ...]
    folders: tuple[Parts, ...]
    every: tuple[Parts, ...]
    everything: tuple[str, ...]
    splits: Mapping[str, int]
    places: frozenset[str]
    notes: tuple[Note, ...]


def arrange(place: str, names: Sequence[str], split: str) -> Layout:
    """Take the images of a split.

    Args:
        place: What messages call the container.
        names: Of its images, sorted.
        split: `"train"`, `"val"`, `"test"` or `"all"`.

    Raises:
        ConfigError: If there is no such split.
        DataError: If what the folders mean cannot be told.
    """
    # A path for each of a million names would be slow, and a tuple for each large.
    parts_of = {folder: tuple(filter(None, folder.split("/"))) for folder in {_folder(name) for name in names}}
    folders = [parts_of[_folder(name)] for name in names]
    shared = _shared(folders)
    places = {"/".join(folders[0][:depth]) for depth in range(shared + 1)}
    below = [parts[shared:] for parts in folders]
    of_folder = _splits(place, below)
    if not of_folder:
        if split in ("test", "val"):
            raise ConfigError(f"--split {split}: {place} has one part only, so use --split train or --split all")
        return Layout(tuple(names), tuple(below), tuple(below), tuple(names), {}, frozenset(places), ())
    top = "/".join(folders[0][:shared])
    places |= {f"{top}/{folder}".lstrip("/") for folder in of_folder}
    inside = [(name, of_folder[parts[0]], parts[1:]) for name, parts in zip(names, below, strict=True) if parts]
    counts = Counter(kind for _, kind, _ in inside)
    if split != "all" and split not in counts:
        raise ConfigError(f"--split {split}: {place} has {told(counts)}: use one of these, or --split all")
    depth = _shared([parts for _, _, parts in inside])
    chosen = [(name, parts[depth:]) for name, kind, parts in inside if split in (kind, "all")]
    notes = [Note("splits", f"{place} has splits, {told(counts)}: {split} is used, as --split says", len(chosen))]
    if loose := len(names) - len(inside):
        first = next(name for name, parts in zip(names, below, strict=True) if not parts)
        notes.append(Note("splits", f"{loose} images of {place} lie in no split and are not used", loose, first))
    return Layout(
        names=tuple(name for name, _ in chosen),
        folders=tuple(parts for _, parts in chosen),
        every=tuple(parts[depth:] for _, _, parts in inside),
        everything=tuple(name for name, _, _ in inside),
        splits=dict(counts),
        places=frozenset(places),
        notes=tuple(notes),
    )


def check_classes(place: str, folders: Sequence[Parts], split: str) -> None:
    """Refuse folders that are no classes.

    Args:
        place: What messages call the container.
        folders: Of each image.
        split: That was asked for; `"all"` takes splits inside classes together.

    Raises:
        DataError: Saying what they look like, and what to do.
    """
    tops = {parts[0] for parts in folders if parts}
    if kind := pairs(tops):
        one = min(tops)
        raise DataError(
            f"{place} has the folders {few(sorted(tops))}, which look like {kind} and not like classes: --data "
            f"{place}/{one} takes one of them; rename them if they are classes"
        )
    seconds = {parts[1] for parts in folders if len(parts) > 1}
    kinds = {SPLITS.get(name.lower(), "") for name in seconds}
    if split != "all" and len(kinds) > 1 and "" not in kinds:
        raise DataError(
            f"{place} has splits inside its class folders ({few(sorted(seconds))}): "
            "--split all takes them together; sort them as train/CLASS and test/CLASS to part them"
        )


def pairs(folders: Iterable[str]) -> str:
    """What folders of these names hold together, where they are not classes; else empty."""
    names = {name.lower() for name in folders}
    domains = {
        match[2] if (match := re.fullmatch(r"(train|val|valid|test)?[_-]?([ab])", name)) else "" for name in names
    }
    if domains == {"a", "b"}:
        return "two domains for image-to-image translation, as of CycleGAN and pix2pix,"
    sides = {"".join(word for word in re.split(r"[^a-z]+", name) if word in _QUALITIES) for name in names}
    if len(names) > 1 and sides in ({"hr", "lr"}, {"gt", "lq"}, {"hq", "lq"}, {"lr", "gt"}):
        return "high and low resolution of the same images"
    if any(len(names) == 2 and names & left and names & right for left, right in _TRANSLATIONS):
        return "pairs of images"
    return ""


def is_numbering(folders: Sequence[Parts], names: Sequence[str]) -> bool:
    """Whether folders part a long list, as `00000/ 01000/` of FFHQ and `00000/ 00001/` of StyleGAN's tool do.

    Their names are numbers of one length, and the numbers of the files run on from folder to folder.
    """
    tops = sorted({parts[0] for parts in folders if parts})
    if len(tops) < 2 or len({len(top) for top in tops}) > 1 or not all(re.fullmatch(r"\d{4,}", top) for top in tops):
        return False
    ranges: dict[str, tuple[int, int]] = {}
    for parts, name in zip(folders, names, strict=True):
        found = re.search(r"(\d+)\D*$", PurePosixPath(name).stem)
        if not parts or found is None:
            return False
        low, high = ranges.get(parts[0], (int(found[1]), int(found[1])))
        ranges[parts[0]] = min(low, int(found[1])), max(high, int(found[1]))
    return all(ranges[before][1] < ranges[after][0] for before, after in pairwise(tops))


def _folder(name: str) -> str:
    return name.rpartition("/")[0]


def _splits(place: str, below: Sequence[Parts]) -> dict[str, str]:
    """The split that each top folder is; empty where they are none."""
    tops = dict.fromkeys(parts[0] for parts in below if parts)
    known = {top: SPLITS[top.lower()] for top in tops if top.lower() in SPLITS}
    if len(set(known.values())) < 2:
        return {}
    others = [top for top in tops if top not in known]
    if others:
        raise DataError(
            f"{place} has {few(known)}, which look like splits, beside {few(others)}, which do not: --data "
            f"{place}/{next(iter(known))} takes one of them; move the others away to choose by --split"
        )
    return known


def told(counts: Mapping[str, int]) -> str:
    """Splits and how many images each has, as a part of a sentence."""
    return ", ".join(f"{split} {counts[split]}" for split in ("train", "val", "test") if split in counts)


def _shared(folders: Sequence[Parts]) -> int:
    """How many folders from the top all have in common."""
    # What the first and the last in sorted order share, all share.
    low, high = min(folders), max(folders)
    differ = (depth for depth, (a, b) in enumerate(zip(low, high, strict=False)) if a != b)
    return next(differ, min(len(low), len(high)))
