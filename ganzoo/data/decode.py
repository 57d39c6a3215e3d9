"""The one pass over a source: decodes in parallel, finds what cannot be used, and takes the digest."""

from __future__ import annotations

import hashlib
import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ganzoo.data.arrays import content_digest
from ganzoo.data.images import CONVERSIONS, BadImageError, Fit, Pixels, Prepared, naming, prepare
from ganzoo.data.select import Selection, fit_words, leave_out, nothing_left
from ganzoo.data.sources.base import ArraySource, Source

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many images are done, and of how many."""

_CHUNK = 256
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the pass found.

    Args:
        pixels: `(n, C, H, W)`; None if they were not to be kept.
        skipped: Positions in the selection that were left out.
        words: How the images came to their shape.
        notes: Sentences for the user.
        digest: As of `content_digest`.
    """

    pixels: Pixels | None
    skipped: tuple[int, ...]
    words: str
    notes: tuple[str, ...]
    digest: str


@dataclass
class _Tally:
    done: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    sizes: set[tuple[int, int]] = field(default_factory=set)
    skipped: list[int] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, prepared: Prepared, title: str) -> None:
        self.sizes.add(prepared.size)
        self.done.update(prepared.done)
        for conversion in prepared.done:
            self.first.setdefault(conversion, title)

    def notes(self, total: int) -> tuple[str, ...]:
        notes = [
            f"{self.done[conversion]} of {total} images {sentence} (first: {self.first[conversion]})"
            for conversion, sentence in CONVERSIONS.items()
            if self.done[conversion]
        ]
        if self.skipped:
            shown = "; ".join(self.reasons[:_SHOWN]) + ("; ..." if len(self.reasons) > _SHOWN else "")
            notes.append(f"{len(self.skipped)} of {total} files were skipped: {shown}")
        return tuple(notes)


def cores() -> int:
    """Cores that this process may use, at most 8: decoding more than that in parallel waits for the disk."""
    usable = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    return min(usable, 8)


def decode(
    source: Source, selection: Selection, fit: Fit, *, keep: bool, skip_bad: bool, threads: int, progress: Progress
) -> Decoded:
    """Decode the selected images in their order, and keep them or only look at them.

    Raises:
        DataError: Naming the first image that cannot be used; with `skip_bad` only if none can.
    """
    total = len(selection.indices)
    label = f"{'decoding' if keep else 'checking'} {source.name}"
    pixels = np.empty((total, *fit.shape), np.uint8) if keep else None
    hasher, tally, filled = hashlib.sha256(), _Tally(), 0
    progress(label, 0, total)
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, total, _CHUNK):
            chunk = selection.indices[start : start + _CHUNK]
            block = source.block(chunk, fit) if isinstance(source, ArraySource) else None
            if block is None:
                block = _decode_chunk(source, chunk, start, fit, skip_bad, pool, tally)
            else:
                tally.sizes.add((source.header(0).width, source.header(0).height))
            hasher.update(block.data)
            if pixels is not None:
                pixels[filled : filled + len(block)] = block
            filled += len(block)
            progress(label, start + len(chunk), total)
    if filled == 0:
        raise nothing_left(source)
    labels = None if selection.labels is None else np.delete(selection.labels, tally.skipped)
    return Decoded(
        pixels=None if pixels is None else pixels[:filled],
        skipped=tuple(tally.skipped),
        words=fit_words(fit, tally.sizes),
        notes=tally.notes(total),
        digest=content_digest(hasher, (filled, *fit.shape), labels),
    )


def attempt(source: Source, fit: Fit, index: int) -> Prepared | BadImageError:
    """Decode one image; a refusal is returned, not raised, so that it can cross to another thread or process."""
    try:
        with naming(source.title(index)):
            return prepare(source.open(index), source.title(index), fit)
    except BadImageError as error:
        return error


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
    return np.stack(good) if good else np.empty((0, *fit.shape), np.uint8)
