"""Which samples of a source are used, and the shape they are converted to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import DataSpec, Note, labels_named
from ganzoo.data.arrays import Labels
from ganzoo.data.guard import BadImageError, check_size, naming
from ganzoo.data.images import Fit, Header, res_text
from ganzoo.data.memory import check_size_fits
from ganzoo.data.notes import as_notes, few
from ganzoo.data.options import DataOptions
from ganzoo.data.sources.base import ArraySource, Source
from ganzoo.errors import ConfigError, DataError

if TYPE_CHECKING:
    from ganzoo.data.sources.base import SampleSource

# Any number would do; it must never change, or a `--limit` would mean other images.
_LIMIT_SEED = 0


@dataclass(frozen=True, slots=True)
class Selection:
    """The samples that `--classes` and `--limit` leave.

    Args:
        indices: `(n,)` int64 into the source, ascending.
        labels: `(n,)` renumbered from 0, None when there are none.
        class_names: In label order.
        notes: What the source says, and what was left out.
    """

    indices: NDArray[np.int64]
    labels: Labels | None
    class_names: tuple[str, ...]
    notes: tuple[Note, ...]


def select(source: Source | SampleSource, options: DataOptions) -> Selection:
    """Apply `--classes` and `--limit`.

    Raises:
        ConfigError: If classes are asked for that do not exist.
        DataError: If the classes asked for have no image.
    """
    indices = np.arange(len(source))
    labels, names, notes = source.labels, source.class_names, [*as_notes(source.notes)]
    if options.classes is not None:
        if labels is None:
            raise ConfigError(f"--classes: {source.name} has no labels, so no classes can be chosen")
        chosen = _class_numbers(source, options.classes)
        indices = np.flatnonzero(np.isin(labels, chosen))
        names = tuple(names[number] for number in chosen)
        if len(indices) == 0:
            raise DataError(f"{source.name} has no image of the classes {', '.join(names)}")
    if options.limit is not None and options.limit < len(indices):
        # RandomState and not default_rng: numpy promises that its stream never changes.
        order = np.random.RandomState(_LIMIT_SEED).permutation(len(indices))
        indices = np.sort(indices[order[: options.limit]])
    elif options.limit is not None and options.limit > len(indices):
        notes.append(Note("limit", f"--limit {options.limit} is more than the {len(indices)} there are: all are used"))
    if labels is not None:
        labels = labels[indices]
        labels = labels if options.classes is None else np.searchsorted(chosen, labels).astype(np.int64)
        notes += _odd_classes(labels, names)
    return Selection(indices, labels, names, tuple(notes))


def choose_fit(source: Source, selection: Selection, options: DataOptions) -> tuple[Fit, Header]:
    """The shape of the set, and the header of the image that decides what the options leave open: the first.

    Raises:
        DataError: If that image cannot be used, or with `--skip-bad` if none can.
    """
    for index in selection.indices.tolist():
        try:
            with naming(source.title(index)):
                seen = source.header(index)
            check_size(seen.width, seen.height, source.title(index), options.max_pixels)
            channels = _channels(source, seen, options)
            width, height = options.size or (seen.width, seen.height)
            fit = Fit(
                channels=channels,
                width=width,
                height=height,
                resize=options.res is not None,
                convert=options.channels is not None,
                first=source.title(index),
                values=None if source.scaled else options.range,
                max_pixels=options.max_pixels,
                dtype=np.dtype(options.dtype),
            )
            check_size_fits(fit.shape)
            return fit, seen
        except BadImageError as error:
            if not options.skip_bad:
                raise leave_out(error) from error
    raise nothing_left(source)


def _channels(source: Source, seen: Header, options: DataOptions) -> int:
    """How many each image has.

    Raises:
        DataError: If the source cannot give what is asked for.
    """
    array = source if isinstance(source, ArraySource) else None
    if array is not None and array.dtype != options.dtype:
        raise DataError(
            f"--dtype {options.dtype}: the images of {array.place} are {array.dtype}: give --dtype {array.dtype}"
        )
    asked = options.channels or seen.channels
    if array is not None and array.kept:
        if asked != array.shape[3]:
            raise DataError(
                f"{array.place} has {array.shape[3]} channels, which do not become {asked}: only 1 (gray), 3 (color) "
                "and 4 (color and alpha) are made of one another"
            )
    elif asked not in (1, 3, 4):
        raise DataError(f"--channels {asked}: pictures have 1 (gray), 3 (color) or 4 (color and alpha)")
    return asked


def _odd_classes(labels: Labels, names: tuple[str, ...]) -> list[Note]:
    """What should be known of classes before a network learns them."""
    counts = np.bincount(labels, minlength=len(names))
    notes = []
    for number, words in ((0, "no image"), (1, "one image only")):
        odd = [names[label] for label in np.flatnonzero(counts == number)]
        # In a small set that is no wonder.
        if odd and (number == 0 or len(labels) >= 10 * len(names)):
            verb = "has" if len(odd) == 1 else "have"
            notes.append(Note("classes", f"{len(odd)} of {len(names)} classes {verb} {words}: {few(odd)}", len(odd)))
    return notes


def describe(source: Source, selection: Selection, fit: Fit, seen: Header) -> DataSpec:
    """The `DataSpec` as far as it is known without decoding."""
    return DataSpec(
        name=source.name,
        shape=fit.shape,
        count=len(selection.indices),
        condition=labels_named(selection.class_names),
        fit=fit_words(fit, {(seen.width, seen.height)}),
        dtype=fit.dtype.name,
        values=fit.values if fit.kept else None,
        license=source.license,
        notes=selection.notes,
        # It may know gray images alone, or color alone.
        extractor=source.extractor if fit.channels == seen.channels else None,
    )


def fit_words(fit: Fit, sizes: set[tuple[int, int]]) -> str:
    """How images of these sizes (width, height) came to their shape; empty if they are untouched."""
    to = res_text(*fit.size)
    if sizes == {fit.size}:
        return ""
    cropped = f"cropped to the center {'square' if fit.width == fit.height else 'of that ratio'} and resized from"
    if len(sizes) > 1:
        return f"{cropped} several sizes to {to}"
    width, height = next(iter(sizes))
    if fit.pads(width, height):
        return f"padded from {width} to {to}"
    if width * fit.height == height * fit.width:
        return f"resized from {res_text(width, height)} to {to}"
    return f"{cropped} {width}x{height} to {to}"


def leave_out(error: BadImageError) -> DataError:
    """The error of a run without `--skip-bad`."""
    return DataError(f"{error}; --skip-bad leaves such files out")


def nothing_left(source: Source) -> DataError:
    """The error of a set in which every file was skipped."""
    return DataError(f"{source.name}: --skip-bad left no image, none of the files can be used")


def _class_numbers(source: Source | SampleSource, asked: tuple[int | str, ...]) -> list[int]:
    """Ascending class numbers. What is both a name and a number is taken as the name."""
    names = source.class_names
    numbers = set()
    for item in asked:
        if str(item) in names:
            numbers.add(names.index(str(item)))
        elif isinstance(item, int) and 0 <= item < len(names):
            numbers.add(item)
        else:
            raise ConfigError(
                f"--classes: {source.name} has no class {item}, but 0 to {len(names) - 1}: {few(names, 20)}"
            )
    return sorted(numbers)
