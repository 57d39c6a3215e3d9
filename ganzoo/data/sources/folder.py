"""A folder of images, or a `.zip` of one: which images, with which labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

from ganzoo.core.data_spec import Note
from ganzoo.data.arrays import Labels, class_order
from ganzoo.data.images import BadImageError
from ganzoo.data.sources.base import Source
from ganzoo.data.sources.containers import Container
from ganzoo.data.sources.labels import apply_table, read_tables
from ganzoo.data.sources.layout import Layout, arrange, check_classes, is_numbering
from ganzoo.data.sources.listing import EXTENSIONS, Listing, can_read_heic
from ganzoo.errors import DataError
from ganzoo.utils.text import printable


@dataclass(frozen=True, eq=False, kw_only=True)
class FileSource(Source):
    """Image files of a folder or an archive.

    Args:
        container: Where they lie.
        names: Of the files, in the order of the labels.
        splits: How many images each split has; empty where there are none.
    """

    container: Container
    names: tuple[str, ...]
    splits: tuple[tuple[str, int], ...] = ()

    def __len__(self) -> int:
        return len(self.names)

    def title(self, index: int) -> str:
        return self.container.title(self.names[index])

    def open(self, index: int) -> Image.Image:
        data = self.container.read(self.names[index])
        if not data:
            raise BadImageError(f"{self.title(index)} is empty (0 bytes)")
        if can_read_heic():
            from pillow_heif import register_heif_opener

            register_heif_opener()
        return Image.open(BytesIO(data))


def file_source(container: Container, listing: Listing, split: str = "train") -> FileSource:
    """The images of a split, labeled by a file beside them or by the first folder below what all share.

    Raises:
        ConfigError: If there is no such split.
        DataError: If there is no image, or what folders or labels mean cannot be told.
    """
    path = container.path
    if not listing.images:
        seen = "".join(f"; {note}" for note in listing.notes)
        raise DataError(f"{path} has no image in it; images end in {', '.join(sorted(EXTENSIONS))}{seen}")
    layout = arrange(str(path), listing.images, split)
    labels, class_names, notes = _labels(container, listing, layout, split)
    return FileSource(
        name=printable(path.resolve().name if path.is_dir() else path.stem),
        container=container,
        names=layout.names,
        labels=labels,
        class_names=tuple(map(printable, class_names)),
        notes=(*layout.notes, *notes),
        splits=tuple(layout.splits.items()),
    )


def _labels(
    container: Container, listing: Listing, layout: Layout, split: str
) -> tuple[Labels | None, tuple[str, ...], Sequence[Note]]:
    place = str(container.path)
    table = read_tables(container, listing.labels, layout.places)
    if table.labels:
        labels, names, notes = apply_table(table, layout.names, layout.everything)
        return labels, names, (*table.notes, *notes)
    if not any(layout.every):
        return None, (), table.notes
    if table.origin or is_numbering(layout.every, layout.everything):
        why = (
            f"{table.origin} has no labels" if table.origin else "the numbers of the files run on from one to the next"
        )
        text = f"the folders of {place} part an archive and are not classes, as {why}: all images are without labels"
        return None, (), (*table.notes, Note("labels", text))
    check_classes(place, layout.every, split)
    loose = [name for name, parts in zip(layout.everything, layout.every, strict=True) if not parts]
    if loose:
        text = (
            f"{place} has images beside its sub-folders ({len(loose)}, first: {loose[0]}), so sub-folders are not "
            "taken as classes: all images are used, without labels"
        )
        return None, (), (*table.notes, Note("labels", text, len(loose), ""))
    classes = tuple(sorted({parts[0] for parts in layout.every}, key=class_order))
    number = {folder: label for label, folder in enumerate(classes)}
    return np.array([number[parts[0]] for parts in layout.folders], np.int64), classes, table.notes
