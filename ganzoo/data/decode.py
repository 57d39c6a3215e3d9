"""The one pass over a source: decodes in parallel, finds what cannot be used, and takes the digest."""

from __future__ import annotations

import hashlib
import math
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ganzoo.core.data_spec import Note
from ganzoo.data.arrays import content_digest
from ganzoo.data.color import Extent, suggest
from ganzoo.data.guard import BadImageError, naming
from ganzoo.data.images import CONVERSIONS, Fit, Pixels, Prepared, pad, prepare
from ganzoo.data.notes import Notes
from ganzoo.data.planes import prepare_planes
from ganzoo.data.select import Selection, fit_words, leave_out, nothing_left
from ganzoo.data.sources.base import ArraySource, Source
from ganzoo.errors import DataError

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many images are done, and of how many."""

_CHUNK, _CHUNK_BYTES = 256, 256 << 20
_SHOWN = 3
# Below this part of white, as the brightest pixel of a whole set, nothing is to be seen: 12 bits in 16, masks in 8.
_DARK_PARTS = {255: 8, 65535: 4}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the pass found.

    Args:
        pixels: `(n, C, H, W)`; None if they were not to be kept.
        skipped: Positions in the selection that were left out.
        words: How the images came to their shape.
        notes: What was converted and skipped, and what is odd.
        digest: As of `content_digest`.
    """

    pixels: Pixels | None
    skipped: tuple[int, ...]
    words: str
    notes: tuple[Note, ...]
    digest: str


class _Tally:
    def __init__(self) -> None:
        self.done = Notes(CONVERSIONS)
        self.sizes: set[tuple[int, int]] = set()
        self.extents: dict[int, Extent] = {}
        self.skipped: list[int] = []
        self.reasons: list[str] = []

    def add(self, prepared: Prepared, title: str) -> None:
        self.sizes.add(prepared.size)
        self.done.add(prepared.done, title)
        self.widen(prepared.extent)

    def widen(self, extent: Extent) -> None:
        """Take the values of some images into those of the set."""
        known = self.extents.get(extent.top, extent)
        self.extents[extent.top] = Extent(extent.top, min(known.low, extent.low), max(known.high, extent.high))

    def notes(self, total: int, said: tuple[Note, ...]) -> tuple[Note, ...]:
        """What was converted, what was `said` of the whole set, and what was skipped."""
        notes = (*self.done.result(total), *said)
        if not self.skipped:
            return notes
        shown = "; ".join(self.reasons[:_SHOWN]) + ("; ..." if len(self.reasons) > _SHOWN else "")
        text = f"{len(self.skipped)} of {total} files were skipped: {shown}"
        return (*notes, Note("skipped", text, len(self.skipped)))


def cores() -> int:
    """Cores that this process may use, at most 8: decoding more than that in parallel waits for the disk."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(usable, 8)


def decode(
    source: Source,
    selection: Selection,
    fit: Fit,
    *,
    keep: bool,
    skip_bad: bool,
    threads: int,
    progress: Progress,
    write: Callable[[Pixels], None] | None = None,
) -> Decoded:
    """Decode the selected images in their order, and keep them or only look at them; `write` is given them in blocks.

    Raises:
        DataError: Naming the first image that cannot be used; with `skip_bad` only if none can.
    """
    total = len(selection.indices)
    label = f"{'decoding' if keep or write else 'checking'} {source.name}"
    pixels = np.empty((total, *fit.shape), fit.dtype) if keep else None
    hasher, tally, filled = hashlib.sha256(), _Tally(), 0
    step = max(1, min(_CHUNK, _CHUNK_BYTES // math.prod(fit.shape)))
    progress(label, 0, total)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, total, step):
            chunk = selection.indices[start : start + step]
            block = _take_block(source, chunk, fit, tally)
            if block is None:
                block = _decode_chunk(source, chunk, start, fit, skip_bad, pool, tally)
            hasher.update(block.data)
            if write is not None:
                write(block)
            if pixels is not None:
                pixels[filled : filled + len(block)] = block
            filled += len(block)
            progress(label, start + len(chunk), total)
    if filled == 0:
        raise nothing_left(source)
    labels = None if selection.labels is None else np.delete(selection.labels, tally.skipped)
    said = _shapes(tally.sizes, total) if fit.width < 2 * fit.height else ()
    if fit.kept:
        said = (
            *said,
            Note(
                "kept", f"{filled} of {filled} images are stored as {fit.dtype}, {fit.channels} channels each", filled
            ),
        )
    elif fit.values is None and not source.scaled:
        said = (*check_extents(source.name, tally.extents.values(), filled), *said)
    return Decoded(
        pixels=None if pixels is None else pixels[:filled],
        skipped=tuple(tally.skipped),
        words=fit_words(fit, tally.sizes),
        notes=tally.notes(total, said),
        digest=content_digest(hasher, (filled, *fit.shape), labels),
    )


def attempt(source: Source, fit: Fit, index: int) -> Prepared | BadImageError:
    """Decode one image; a refusal is returned, not raised, so that it can cross to another thread or process."""
    try:
        with naming(source.title(index)) as warned:
            prepared = _prepared(source, fit, index)
    except BadImageError as error:
        return error
    return replace(prepared, done=prepared.done | {f"were read with a warning: {text}" for text in warned})


def _prepared(source: Source, fit: Fit, index: int) -> Prepared:
    if not fit.kept:
        return prepare(source.open(index), source.title(index), fit)
    stored = source.images[index] if isinstance(source, ArraySource) else source.open(index)
    return prepare_planes(stored, source.title(index), fit)


def check_extents(name: str, extents: Iterable[Extent], count: int) -> tuple[Note, ...]:
    """Notes about a set that uses a part of the values there could be.

    Args:
        name: Of the set.
        extents: Its lowest and highest values, of files of 8 and of 16 bits.
        count: Of its images: one may well be dark.

    Returns:
        Of the kind `dark` where images would be nearly black, else of the kind `range`.
    """
    notes = []
    for extent in extents:
        seen = f"{name} has pixels from {extent.low:g} to {extent.high:g}, where 0 to {extent.top} could be"
        advice = f"--range {suggest(extent.low, extent.high)} makes these black to white"
        if extent.low == extent.high:
            notes.append(Note("range", f"every pixel of {name} is {extent.low:g}"))
        elif extent.high <= extent.top / _DARK_PARTS[extent.top]:
            kept = f"--range 0,{extent.top} keeps them as they are"
            notes.append(Note("dark", f"{seen}, so its images would be nearly black: {advice}, {kept}"))
        elif count > 1 and (extent.high <= extent.top / 2 or extent.high - extent.low <= extent.top / 4):
            notes.append(Note("range", f"{seen}: {advice}"))
    return tuple(notes)


def refuse_dark(notes: Iterable[Note]) -> None:
    """Refuse files whose images would be nearly black. Of a plugin's set that is noted only: it may know its values.

    Raises:
        DataError: With what to type.
    """
    for note in notes:
        if note.kind == "dark":
            raise DataError(note.text)


def _shapes(sizes: set[tuple[int, int]], total: int) -> tuple[Note, ...]:
    if not all(width == 2 * height for width, height in sizes):
        return ()
    text = f"{total} of {total} images are twice as wide as high: if they are two side by side, the middle is cut out"
    return (Note("shape", text, total),)


def _take_block(source: Source, chunk: NDArray[np.int64], fit: Fit, tally: _Tally) -> Pixels | None:
    """Images of an array at once, where that can be."""
    block = source.block(chunk, fit) if isinstance(source, ArraySource) else None
    if block is None:
        return None
    first, seen = source.title(int(chunk[0])), source.header(0)
    tally.sizes.add((seen.width, seen.height))
    tally.widen(Extent(255, int(block.min()), int(block.max())))
    if seen.channels < fit.channels:
        tally.done.add(["gray"], first, len(block))
    if block.shape[1:] != fit.shape:
        block, edged = pad(block)
        if edged:
            tally.done.add(["edge"], first, edged)
    return block


def _decode_chunk(
    source: Source, chunk: NDArray[np.int64], start: int, fit: Fit, skip_bad: bool, pool: Executor, tally: _Tally
) -> Pixels:
    good = []
    indices = chunk.tolist()
    for offset, outcome in enumerate(pool.map(partial(attempt, source, fit), indices)):
        if isinstance(outcome, Prepared):
            tally.add(outcome, source.title(indices[offset]))
            good.append(outcome.pixels)
        elif skip_bad:
            tally.skipped.append(start + offset)
            tally.reasons.append(str(outcome))
        else:
            raise leave_out(outcome) from outcome
    return np.stack(good) if good else np.empty((0, *fit.shape), fit.dtype)
